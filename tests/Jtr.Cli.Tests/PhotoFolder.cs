using Jtr.Interop.Visualization;

namespace Jtr.Cli.Tests;

/// <summary>Writes small folders of photographs and labels.</summary>
internal static class PhotoFolder
{
    /// <summary>Photographs of 40 x 50 with class ids 0 to 2 in "seg" and an "edge" map; the last one has no edge label.</summary>
    public static void Write(string root, int count)
    {
        for (int n = 0; n < count; n++)
        {
            RgbImage picture = RgbImage.Create(40, 50);
            picture.Fill(5, 10 * n, 30, 20, new Rgb(200, (byte)(20 * n), 90));
            picture.SavePng(Path.Combine(root, "image", $"photo{n}.png"));
            byte[] ids = new byte[40 * 50];
            for (int i = 0; i < ids.Length; i++)
                ids[i] = (byte)(i / 50 / 14);
            NpyFile.Write(Path.Combine(root, "seg", $"photo{n}.npy"), "|u1", "(40, 50)", ids);
            if (n == count - 1)
                continue;
            RgbImage edge = RgbImage.Create(40, 50);
            edge.Fill(0, 20, 40, 3, Rgb.White);
            float[] values = new float[40 * 50];
            for (int i = 0; i < values.Length; i++)
                values[i] = edge[i / 50, i % 50].R / 255f;
            NpyFile.Write(Path.Combine(root, "edge", $"photo{n}.npy"), "(40, 50)", values);
        }
    }
}
