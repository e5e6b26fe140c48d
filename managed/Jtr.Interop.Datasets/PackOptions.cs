namespace Jtr.Interop.Datasets;

/// <summary>What <see cref="PackedDataset.Write"/> may round.</summary>
public enum PackPrecision
{
    /// <summary>
    /// Nothing: a packed data set gives what its source gives, bit for bit. What has at most 256 (65,536) different values in
    /// a sample, such as 8-bit images, class ids and 16-bit depth, takes one (two) bytes a value; the rest float32.
    /// </summary>
    Exact = 0,

    /// <summary>
    /// Images to the nearest 255th (an error of at most 1/510); depth, normals and maps that would take float32 to the
    /// nearest float16 (a relative error of at most 1/2048; unit vectors turn by less than 0.05 degrees), except in samples where that
    /// would make a number infinite or zero. Class ids, tags and the values of regressions stay exact.
    /// </summary>
    Compact = 1,
}

/// <summary>How <see cref="PackedDataset.Write"/> packs.</summary>
public sealed record PackOptions
{
    /// <summary>What may be rounded.</summary>
    public PackPrecision Precision { get; init; } = PackPrecision.Exact;

    /// <summary>
    /// Threads that read and encode samples, 1 to 256. By default one a processor, at most 4. The file does not depend on it.
    /// </summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>
    /// Is told, in the samples' order, of every sample with a file that cannot be read: one whose photograph is damaged is left out, and
    /// a damaged label is a missing label. Null: a damaged file is an error. (A published assignment, whose lines are counted, does not
    /// fit a packed data set that lacks a sample; to read it says so.)
    /// </summary>
    public Action<SkippedSample>? OnSkipped { get; init; }

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names property and range.</exception>
    public void Validate()
    {
        if (!Enum.IsDefined(Precision))
            throw new ArgumentOutOfRangeException(
                nameof(Precision),
                Precision,
                $"{nameof(Precision)} has to be {string.Join(" or ", Enum.GetNames<PackPrecision>())}"
            );
        if (Workers is < 1 or > 256)
            throw new ArgumentOutOfRangeException(nameof(Workers), Workers, $"{nameof(Workers)} has to be 1 to 256");
    }
}
