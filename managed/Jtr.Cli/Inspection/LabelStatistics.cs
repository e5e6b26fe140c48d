using Jtr.Interop.Tasks;

namespace Jtr.Cli.Inspection;

/// <summary>What the labels of one task hold.</summary>
internal sealed class LabelStatistics(VisionTask task)
{
    private double _sum;
    private double _squares;

    /// <summary>The task.</summary>
    public VisionTask Task => task;

    /// <summary>Samples that have a label, of all samples.</summary>
    public int Labeled { get; set; }

    /// <summary>Labels that were read.</summary>
    public int Read { get; private set; }

    /// <summary>Pixels of the labels that were read.</summary>
    public long Pixels { get; private set; }

    /// <summary>Pixels without a value among them.</summary>
    public long Invalid { get; private set; }

    /// <summary>Segmentation: pixels of each class.</summary>
    public long[] Classes { get; } = task is SegmentationTask ? new long[task.Channels] : [];

    /// <summary>Depth, normals and maps: the smallest value, or null when there is none.</summary>
    public float? Lowest { get; private set; }

    /// <summary>Depth, normals and maps: the largest value, or null when there is none.</summary>
    public float? Highest { get; private set; }

    /// <summary>
    /// Depth, normals and maps: the mean of all values, or null when there is none. (Maps and normals have a value for each channel.)
    /// </summary>
    public double? Mean => Pixels > Invalid && Lowest is not null ? _sum / ((Pixels - Invalid) * task.LabelChannels) : null;

    /// <summary>Depth, normals and maps: the standard deviation of all values, or null when there is none.</summary>
    public double? Deviation =>
        Mean is double mean ? Math.Sqrt(Math.Max(_squares / ((Pixels - Invalid) * task.LabelChannels) - mean * mean, 0)) : null;

    /// <summary>Pixels without a value, in percent; NaN while no label was read.</summary>
    public double InvalidPercent => 100.0 * Invalid / Pixels;

    /// <summary>Adds a label.</summary>
    /// <param name="label">[label channels, H, W].</param>
    public void Add(ReadOnlySpan<float> label)
    {
        int plane = label.Length / task.LabelChannels;
        Read++;
        Pixels += plane;
        for (int i = 0; i < plane; i++)
        {
            if (!IsValid(label, i, plane))
            {
                Invalid++;
                continue;
            }
            if (task is SegmentationTask)
                Classes[(int)label[i]]++;
            if (task is SegmentationTask)
                continue;
            for (int c = 0; c < task.LabelChannels; c++)
            {
                float value = label[c * plane + i];
                _sum += value;
                _squares += (double)value * value;
                Lowest = Math.Min(Lowest ?? value, value);
                Highest = Math.Max(Highest ?? value, value);
            }
        }
    }

    private bool IsValid(ReadOnlySpan<float> label, int pixel, int plane)
    {
        switch (task)
        {
            case SegmentationTask:
                return label[pixel] >= 0;
            case DepthTask:
                return label[pixel] != 0;
            case NormalsTask:
                return label[pixel] != 0 || label[plane + pixel] != 0 || label[2 * plane + pixel] != 0;
            default:
                for (int c = 0; c < task.LabelChannels; c++)
                {
                    if (float.IsNaN(label[c * plane + pixel]))
                        return false;
                }
                return true;
        }
    }
}
