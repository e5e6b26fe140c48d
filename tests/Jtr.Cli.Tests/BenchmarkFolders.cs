using Jtr.Interop.Visualization;

namespace Jtr.Cli.Tests;

/// <summary>Writes benchmarks of a few samples of 32 x 32 in the forms in which they are downloaded.</summary>
internal static class BenchmarkFolders
{
    private const int Pixels = 32 * 32;

    /// <summary>NYU-v2 as MTAN has it: class 3 in the upper half, none in the lower; 2 m; normals towards the camera.</summary>
    public static void NyuV2(string root, int train, int val)
    {
        foreach ((string part, int count) in new[] { ("train", train), ("val", val) })
        {
            for (int n = 0; n < count; n++)
            {
                Image(Path.Combine(root, part, "image", $"{n}.npy"));
                NpyFile.Write(
                    Path.Combine(root, part, "label", $"{n}.npy"),
                    "(32, 32)",
                    [.. Enumerable.Range(0, Pixels).Select(i => i < Pixels / 2 ? 3f : -1f)]
                );
                NpyFile.Write(Path.Combine(root, part, "depth", $"{n}.npy"), "(32, 32, 1)", [.. Enumerable.Repeat(2f, Pixels)]);
                NpyFile.Write(
                    Path.Combine(root, part, "normal", $"{n}.npy"),
                    "(32, 32, 3)",
                    [.. Enumerable.Range(0, 3 * Pixels).Select(i => i % 3 == 2 ? -1f : 0f)]
                );
            }
        }
    }

    /// <summary>Cityscapes as MTAN has it.</summary>
    public static void CityscapesNpy(string root)
    {
        foreach (string part in new[] { "train", "val" })
        {
            Image(Path.Combine(root, part, "image", "0.npy"));
            NpyFile.Write(Path.Combine(root, part, "label_7", "0.npy"), "(32, 32)", new float[Pixels]);
            NpyFile.Write(Path.Combine(root, part, "depth", "0.npy"), "(32, 32, 1)", [.. Enumerable.Repeat(0.25f, Pixels)]);
        }
    }

    /// <summary>Cityscapes as its authors publish it: photographs, label ids (road, 7) and 16-bit disparity of 64 pixels.</summary>
    public static void CityscapesLabeled(string root)
    {
        Cityscapes(root);
        foreach (string part in new[] { "train", "val" })
        {
            GreyPng.Write(Path.Combine(root, "gtFine", part, "ulm", "ulm_0_0_gtFine_labelIds.png"), 8, 32, 32, 7);
            GreyPng.Write(Path.Combine(root, "disparity", part, "ulm", "ulm_0_0_disparity.png"), 16, 32, 32, 64 * 256 + 1);
        }
    }

    /// <summary>Taskonomy as its authors publish it: a building with photographs, normals, 16-bit depth of 1.5 m and edges.</summary>
    public static void TaskonomyLabeled(string root)
    {
        Taskonomy(root);
        foreach ((string domain, int value) in new[] { ("depth_zbuffer", 768), ("edge_texture", 30_000) })
            GreyPng.Write(Path.Combine(root, domain, "allensville", $"point_0_view_0_domain_{domain}.png"), 16, 32, 32, value);
    }

    /// <summary>
    /// The tables beside the .mat file of NYU-v2, as text: samples 1 and 3 to train on, 2 to score on; all labels are class 4.
    /// </summary>
    public static void MatTables(string root)
    {
        File.WriteAllText(Path.Combine(root, "train.txt"), "1 3");
        File.WriteAllLines(Path.Combine(root, "classes.txt"), Enumerable.Repeat("4", 894));
    }

    /// <summary>Cityscapes' official photographs.</summary>
    public static void Cityscapes(string root)
    {
        foreach (string part in new[] { "train", "val" })
            RgbImage.Create(32, 32).SavePng(Path.Combine(root, "leftImg8bit", part, "ulm", "ulm_0_0_leftImg8bit.png"));
    }

    /// <summary>Taskonomy's photographs and normals.</summary>
    public static void Taskonomy(string root)
    {
        foreach (string domain in new[] { "rgb", "normal" })
            RgbImage.Create(32, 32).SavePng(Path.Combine(root, domain, "allensville", $"point_0_view_0_domain_{domain}.png"));
    }

    private static void Image(string path) => NpyFile.Write(path, "(32, 32, 3)", [.. Enumerable.Repeat(0.5f, 3 * Pixels)]);
}
