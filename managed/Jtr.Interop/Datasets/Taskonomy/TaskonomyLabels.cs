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
        byte[] ids = source.ReadPng(1, ids: true).Require8Bits(source.Path, task.Name).Bytes;
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i] > task.ClassCount) throw source.Fault(i, $"class id {ids[i]}, where {task.Name} has 0 (uncertain) to {task.ClassCount},");
        }
        return new PackedIds(source.Nearest<byte>(ids));
    }

    /// <summary>16-bit depths in 1/512 m.</summary>
    public static PackedLabel ReadDepth(LabelSource source)
    {
        ushort[] words = source.Nearest<ushort>(ReadDepthWords(source));
        words.AsSpan().Replace(NoDepth, (ushort)0);
        return new PackedDepth(words, 1.0 / 512);
    }

    /// <summary>16-bit strengths.</summary>
    /// <param name="source">The file.</param>
    /// <param name="task">The task.</param>
    /// <param name="range">The fraction of the range that becomes 1.</param>
    /// <param name="depth">The sample's depth, whose holes are holes of this label, too; or null.</param>
    public static PackedLabel ReadMap(LabelSource source, MapTask task, double range, LabelSource? depth)
    {
        ushort[] words = source.ReadPng(1, ids: true).Require16Bits(source.Path, task.Name).Words;
        float[] values = new float[words.Length];
        double most = ushort.MaxValue * range;
        for (int i = 0; i < values.Length; i++) values[i] = (float)Math.Min(words[i] / most, 1);
        if (depth is not null)
        {
            ushort[] depths = ReadDepthWords(depth);
            for (int i = 0; i < values.Length; i++) values[i] = depths[i] == NoDepth ? float.NaN : values[i];
        }
        float[] resized = source.Bilinear(values, 1);
        // A mean of ones may be rounded to a little more.
        for (int i = 0; i < resized.Length; i++) resized[i] = Math.Min(resized[i], 1);
        return new PackedFloats(resized);
    }

    private static ushort[] ReadDepthWords(LabelSource source) =>
        source.ReadPng(1, ids: true).Require16Bits(source.Path, TaskonomyDomains.DepthZBuffer).Words;
}
