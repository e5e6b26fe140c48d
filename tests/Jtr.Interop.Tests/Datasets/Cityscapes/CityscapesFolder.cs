using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets.Cityscapes;

/// <summary>Writes Cityscapes in the form of the official archives, 32 x 64 pixels unless told otherwise.</summary>
internal static class CityscapesFolder
{
    public const int Height = 32;
    public const int Width = 64;
    public const int Pixels = Height * Width;

    public const string Camera = """
        { "extrinsic": { "baseline": 0.209313, "pitch": 0.038, "roll": 0.0, "x": 1.7, "y": 0.1, "yaw": -0.0195, "z": 1.22 },
          "intrinsic": { "fx": 2262.52, "fy": 2265.3017905988554, "u0": 1096.98, "v0": 513.137 } }
        """;

    public static CityscapesOptions Options { get; } =
        new()
        {
            Height = Height,
            Width = Width,
            CacheInMemory = false,
        };

    public static string Image(
        this TemporaryFolder folder,
        string city,
        string name,
        int seed = 0,
        int height = Height,
        int width = Width,
        string split = "train"
    ) => folder.Write($"leftImg8bit/{split}/{city}/{name}_leftImg8bit.png", PlainPng.Encode(8, height, width, 3, i => ImageValue(seed, i)));

    public static string Ids(
        this TemporaryFolder folder,
        string city,
        string name,
        Func<int, int> id,
        int bits = 8,
        int height = Height,
        int width = Width,
        string split = "train"
    ) => folder.Write($"gtFine/{split}/{city}/{name}_gtFine_labelIds.png", PlainPng.Encode(bits, height, width, 1, id));

    public static string Disparity(
        this TemporaryFolder folder,
        string city,
        string name,
        Func<int, int> value,
        int bits = 16,
        int height = Height,
        int width = Width,
        string split = "train"
    ) => folder.Write($"disparity/{split}/{city}/{name}_disparity.png", PlainPng.Encode(bits, height, width, 1, value));

    /// <summary>A photograph with both labels.</summary>
    public static void Sample(this TemporaryFolder folder, string city, string name, int seed = 0, string split = "train")
    {
        folder.Image(city, name, seed, split: split);
        folder.Ids(city, name, i => (i + seed) % 34, split: split);
        folder.Disparity(city, name, i => DisparityValue(seed, i), split: split);
    }

    public static int ImageValue(int seed, int i) => (i * 7 + seed * 31) % 256;

    // Every third pixel is invalid; the others cover the whole range of what is stored.
    public static int DisparityValue(int seed, int i) => i % 3 == 0 ? 0 : 1 + (i * 9973 + seed * 31) % 32257;
}
