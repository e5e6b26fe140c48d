using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Layouts;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Taskonomy;

/// <summary>Decodes the files of Taskonomy's domains; <see cref="TaskonomyDataset"/> says what they hold.</summary>
internal static class TaskonomyLabels
{
    private const ushort NoDepth = ushort.MaxValue;

    /// <summary>8-bit ids: 0 uncertain, else the class plus 1, which is how ids are packed, too.</summary>
    public static PackedLabel ReadClasses(LabelSource source, SegmentationTask task)
    {
        using Raster raster = source.ReadPng(1, ids: true).Require8Bits(source.Path, task.Name);
        ReadOnlySpan<byte> ids = raster.Bytes;
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i] > task.ClassCount)
                throw source.Fault(i, $"class id {ids[i]}, where {task.Name} has 0 (uncertain) to {task.ClassCount},");
        }
        return new PackedIds(source.Nearest(ids));
    }

    /// <summary>16-bit depths in 1/512 m.</summary>
    public static PackedLabel ReadDepth(LabelSource source)
    {
        using Raster raster = ReadDepthRaster(source);
        Pooled<ushort> words = source.Nearest<ushort>(raster.Words);
        words.Span.Replace(NoDepth, (ushort)0);
        return new PackedDepth(words, 1.0 / 512);
    }

    /// <summary>16-bit strengths.</summary>
    /// <param name="source">The file.</param>
    /// <param name="task">The task.</param>
    /// <param name="range">The fraction of the range that becomes 1.</param>
    /// <param name="depth">The sample's depth, whose holes are holes of this label, too; or null.</param>
    public static PackedLabel ReadMap(LabelSource source, MapTask task, double range, LabelSource? depth)
    {
        using Raster raster = source.ReadPng(1, ids: true).Require16Bits(source.Path, task.Name);
        ReadOnlySpan<ushort> words = raster.Words;
        using Pooled<float> pooled = new(words.Length);
        Span<float> values = pooled.Span;
        double most = ushort.MaxValue * range;
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)Math.Min(words[i] / most, 1);
        if (depth is not null)
        {
            using Raster holes = ReadDepthRaster(depth);
            ReadOnlySpan<ushort> depths = holes.Words;
            for (int i = 0; i < values.Length; i++)
                values[i] = depths[i] == NoDepth ? float.NaN : values[i];
        }
        using Pooled<float> resized = source.Bilinear(pooled, 1);
        // A mean of ones may be rounded to a little more.
        foreach (ref float value in resized.Span)
            value = Math.Min(value, 1);
        return new PackedFloats(LabelSource.Planar<float>(resized.Span, 1));
    }

    private static Raster ReadDepthRaster(LabelSource source) =>
        source.ReadPng(1, ids: true).Require16Bits(source.Path, TaskonomyDomains.DepthZBuffer);
}
