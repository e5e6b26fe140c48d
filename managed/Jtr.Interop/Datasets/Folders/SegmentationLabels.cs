using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// Class ids: grey or palette PNG of up to 16 bits, or .npy of whole numbers. The void id and, in .npy, -1 say "none".
/// Resized by picking.
/// </summary>
internal static class SegmentationLabels
{
    // SegmentationTask's limit.
    private const int MostClasses = 4096;

    public static PackedLabel Read(LabelSource source, SegmentationTask task, int voidId)
    {
        ushort[] codes = source.IsNpy ? FromNpy(source, task.ClassCount, voidId) : FromPng(source, source.ReadPng(1, ids: true), task.ClassCount, voidId);
        ushort[] resized = source.Nearest<ushort>(codes);
        return task.ClassCount < 256 ? new PackedIds([.. resized.Select(c => (byte)c)]) : new PackedWideIds(resized);
    }

    /// <summary>The largest class id of a file, or -1 if it has none.</summary>
    /// <exception cref="JtrFormatException">The file is damaged, or holds what is no class id.</exception>
    public static int LargestId(string path, int voidId)
    {
        ushort[] codes;
        if (FolderIndex.IsNpy(path))
        {
            int[] shape = NpyReader.ReadShape(path);
            (int height, int width) = shape switch
            {
                [int h, int w] => (h, w),
                [int h, int w, 1] => (h, w),
                [1, int h, int w] => (h, w),
                _ => throw new JtrFormatException(path, $"an array of shape ({string.Join(", ", shape)}), where class ids have (H, W)"),
            };
            codes = FromNpy(new LabelSource(path, height, width, height, width), MostClasses, voidId);
        }
        else
        {
            Raster raster = ImageFiles.ReadLabel(path, ids: true);
            LabelSource source = new(path, raster.Height, raster.Width, raster.Height, raster.Width);
            codes = FromPng(source, source.Check(raster, 1, ids: true), MostClasses, voidId);
        }
        int largest = 0;
        foreach (ushort code in codes) largest = Math.Max(largest, code);
        return largest - 1;
    }

    // Ids plus 1; 0 is none.
    private static ushort[] FromPng(LabelSource source, Raster raster, int classes, int voidId)
    {
        ushort[] codes = new ushort[raster.Length];
        for (int i = 0; i < codes.Length; i++)
        {
            int id = raster[i];
            if (id == voidId) continue;
            if (id >= classes) throw OutOfRange(source, i, id, classes, voidId);
            codes[i] = (ushort)(id + 1);
        }
        return codes;
    }

    private static ushort[] FromNpy(LabelSource source, int classes, int voidId)
    {
        NpyArray array = source.ReadNpy(1).Array;
        double[] values = new double[array.Count];
        array.CopyTo(values);
        ushort[] codes = new ushort[values.Length];
        for (int i = 0; i < codes.Length; i++)
        {
            double id = values[i];
            if (id == voidId || id == -1) continue;
            if (!(id >= 0 && id < classes) || id != Math.Floor(id)) throw OutOfRange(source, i, id, classes, voidId);
            codes[i] = (ushort)((int)id + 1);
        }
        return codes;
    }

    private static JtrFormatException OutOfRange(LabelSource source, int pixel, double id, int classes, int voidId) =>
        source.Fault(pixel, $"class id {id}, which is neither 0 to {classes - 1} nor the void id {voidId},");
}
