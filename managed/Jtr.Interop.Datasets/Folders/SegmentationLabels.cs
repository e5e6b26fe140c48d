using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// Class ids: grey or palette PNG of up to 16 bits, or .npy of whole numbers. The void id and, in .npy, -1 say "none".
/// Resized by picking.
/// </summary>
internal static class SegmentationLabels
{
    private const string Colors = "colours that stand for classes are not read; palette images are";

    public static PackedLabel Read(LabelSource source, SegmentationTask task, int voidId, ClassValues? values = null)
    {
        using Pooled<ushort> codes = source.IsNpy
            ? FromNpy(source, task.ClassCount, voidId, values)
            : FromPng(source, task.ClassCount, voidId, values);
        Pooled<ushort> resized = source.Nearest<ushort>(codes.Span);
        if (task.ClassCount >= 256)
            return new PackedWideIds(resized);
        Pooled<byte> ids = new(resized.Length);
        Span<byte> to = ids.Span;
        Span<ushort> from = resized.Span;
        for (int i = 0; i < to.Length; i++)
            to[i] = (byte)from[i];
        resized.Dispose();
        return new PackedIds(ids);
    }

    /// <summary>The largest class id of a file, or -1 if it has none.</summary>
    /// <exception cref="JtrFormatException">The file is damaged, or holds what is no class id.</exception>
    public static int LargestId(string path, int voidId)
    {
        Pooled<ushort> codes;
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
            codes = FromNpy(new LabelSource(path, height, width, height, width), SegmentationTask.MaxClasses, voidId, null);
        }
        else
        {
            using Raster raster = ImageFiles.ReadLabel(path, ids: true);
            LabelSource source = new(path, raster.Height, raster.Width, raster.Height, raster.Width);
            codes = FromRaster(source, source.Check(raster, 1, Colors), SegmentationTask.MaxClasses, voidId, null);
        }
        using (codes)
        {
            int largest = 0;
            foreach (ushort code in codes.Span)
                largest = Math.Max(largest, code);
            return largest - 1;
        }
    }

    private static Pooled<ushort> FromPng(LabelSource source, int classes, int voidId, ClassValues? values)
    {
        using Raster raster = source.ReadPng(1, ids: true, Colors);
        return FromRaster(source, raster, classes, voidId, values);
    }

    // Ids plus 1; 0 is none.
    private static Pooled<ushort> FromRaster(LabelSource source, Raster raster, int classes, int voidId, ClassValues? values)
    {
        Pooled<ushort> codes = raster.ToWords();
        Span<ushort> ids = codes.Span;
        for (int i = 0; i < ids.Length; i++)
        {
            int id = ids[i];
            if (values is not null)
            {
                ids[i] = values.Code(id);
                if (ids[i] == 0 && id != voidId)
                    throw OutOfRange(source, i, id, values, voidId);
                continue;
            }
            if (id != voidId && id >= classes)
                throw OutOfRange(source, i, id, classes, voidId);
            ids[i] = (ushort)(id == voidId ? 0 : id + 1);
        }
        return codes;
    }

    private static Pooled<ushort> FromNpy(LabelSource source, int classes, int voidId, ClassValues? classValues)
    {
        using NpyArray array = source.ReadNpy(1).Array;
        Pooled<ushort> codes = new(array.Count);
        Span<double> block = stackalloc double[512];
        for (int start = 0; start < codes.Length; start += block.Length)
        {
            Span<ushort> to = codes.Span[start..];
            Span<double> values = block[..Math.Min(block.Length, to.Length)];
            array.CopyTo(values, start);
            for (int i = 0; i < values.Length; i++)
            {
                double id = values[i];
                bool isNone = id == voidId || id == -1;
                if (classValues is not null)
                {
                    to[i] = classValues.Code(id);
                    if (to[i] == 0 && !isNone)
                        throw OutOfRange(source, start + i, id, classValues, voidId);
                    continue;
                }
                if (!isNone && (!(id >= 0 && id < classes) || id != Math.Floor(id)))
                    throw OutOfRange(source, start + i, id, classes, voidId);
                to[i] = (ushort)(isNone ? 0 : (int)id + 1);
            }
        }
        return codes;
    }

    private static JtrFormatException OutOfRange(LabelSource source, int pixel, double id, ClassValues values, int voidId) =>
        source.Fault(
            pixel,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{id}, which is neither one of the classes' values {string.Join(", ", values.Values)} nor the void id {voidId},"
            )
        );

    private static JtrFormatException OutOfRange(LabelSource source, int pixel, double id, int classes, int voidId) =>
        source.Fault(
            pixel,
            string.Create(CultureInfo.InvariantCulture, $"class id {id}, which is neither 0 to {classes - 1} nor the void id {voidId},")
        );
}
