namespace Jtr.Interop.Datasets.Packed;

/// <summary>How the numbers of an image or a label are stored. The values are the file's.</summary>
internal enum PlaneEncoding : uint
{
    /// <summary>float32.</summary>
    Float32 = 0,

    /// <summary>A byte b for b / 255.</summary>
    Unit8 = 1,

    /// <summary>A byte b for the class id b - 1.</summary>
    Ids8 = 2,

    /// <summary>A table of at most 256 float32, and a byte for each value's place in it.</summary>
    Table8 = 3,

    /// <summary>A table of at most 65,536 float32, and two bytes for each value's place in it.</summary>
    Table16 = 4,

    /// <summary>float16.</summary>
    Float16 = 5,

    /// <summary>Nothing: an input that the sample lacks.</summary>
    Absent = 6,
}

/// <summary>Sizes of the encodings.</summary>
internal static class PlaneLayout
{
    /// <summary>Every table and every plane begins at a multiple of this: a cache line.</summary>
    public const int Alignment = 64;

    /// <summary>Entries that a table of this encoding may have; 0: it has no table.</summary>
    public static int MostEntries(PlaneEncoding encoding) =>
        encoding switch
        {
            PlaneEncoding.Table8 => 1 << 8,
            PlaneEncoding.Table16 => 1 << 16,
            _ => 0,
        };

    /// <summary>Bytes of one value.</summary>
    public static int ValueBytes(PlaneEncoding encoding) =>
        encoding switch
        {
            PlaneEncoding.Float32 => sizeof(float),
            PlaneEncoding.Table16 or PlaneEncoding.Float16 => sizeof(ushort),
            PlaneEncoding.Absent => 0,
            _ => sizeof(byte),
        };

    /// <summary>Bytes of the table in front of the values, its padding included.</summary>
    public static long TableBytes(int entries) => Aligned((long)entries * sizeof(float));

    /// <summary>Rounds up to a multiple of <see cref="Alignment"/>.</summary>
    public static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
