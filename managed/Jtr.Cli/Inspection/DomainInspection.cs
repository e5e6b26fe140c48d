using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Inspection;

/// <summary>What the samples of one domain hold.</summary>
/// <param name="name">The domain's name.</param>
/// <param name="tasks">Number of tasks.</param>
/// <param name="channels">Channels of the photographs.</param>
internal sealed class DomainInspection(string name, int tasks, int channels)
{
    private readonly double[] _sums = new double[channels];
    private readonly double[] _squares = new double[channels];
    private long _pixels;

    /// <summary>The domain's name.</summary>
    public string Name => name;

    /// <summary>Its samples.</summary>
    public int Samples { get; private set; }

    /// <summary>For each task the samples that have a label.</summary>
    public int[] Labeled { get; } = new int[tasks];

    /// <summary>Whether a photograph of it was looked at.</summary>
    public bool HasColors => _pixels > 0;

    /// <summary>Mean of each channel over all pixels that were looked at, in [0, 1].</summary>
    public IReadOnlyList<double> Mean => [.. _sums.Select(s => s / _pixels)];

    /// <summary>Their standard deviations.</summary>
    public IReadOnlyList<double> Deviation =>
        [.. _sums.Zip(_squares, (s, q) => Math.Sqrt(Math.Max(0, q / _pixels - s / _pixels * (s / _pixels))))];

    /// <summary>The domains of a data set with their counts, or none where there is but one.</summary>
    public static DomainInspection[] Of(IMultiTaskDataset data)
    {
        if (data.Domains.Count == 1)
            return [];
        DomainInspection[] domains = [.. data.Domains.Select(d => new DomainInspection(d, data.Tasks.Count, data.Inputs.ImageChannels))];
        for (int i = 0; i < data.Count; i++)
        {
            SampleInfo info = data.GetSampleInfo(i);
            domains[info.Domain].Count(info.Labeled);
        }
        return domains;
    }

    /// <summary>Adds the colours of a photograph.</summary>
    /// <param name="image">[C, H, W].</param>
    public void AddColors(ReadOnlySpan<float> image)
    {
        int plane = image.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            foreach (float value in image.Slice(c * plane, plane))
            {
                _sums[c] += value;
                _squares[c] += (double)value * value;
            }
        }
        _pixels += plane;
    }

    private void Count(TaskMask labeled)
    {
        Samples++;
        for (int t = 0; t < Labeled.Length; t++)
            Labeled[t] += labeled[t] ? 1 : 0;
    }
}
