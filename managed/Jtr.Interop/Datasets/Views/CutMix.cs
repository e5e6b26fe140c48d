using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>
/// Puts a box of another sample of the same domain into a sample, with that one's labels (CutMix, Yun et al., ICCV 2019). The box covers a
/// share of the image that is drawn alike from 0 to 1, and has the image's aspect; what would stand out of the image is cut off. One
/// instance a thread.
/// </summary>
/// <param name="data">The data set.</param>
/// <param name="members">The samples of its domains.</param>
/// <param name="labels">The labels that training may see, or null for all.</param>
/// <param name="often">How often a sample gets a box, 0 to 1.</param>
internal sealed class CutMix(IMultiTaskDataset data, DomainMembers members, LabelAssignment? labels, double often)
{
    private readonly float[] _image = new float[data.Inputs.ImageValues(data.Height, data.Width)];
    private readonly float[] _labels = new float[data.Tasks.LabelValues(data.Height, data.Width)];
    private readonly float[] _inputs = new float[data.Inputs.Values(data.Height, data.Width)];
    private readonly byte[] _present = new byte[data.Inputs.Count];

    /// <summary>Changes a sample, or does not.</summary>
    /// <param name="sample">The sample before it has views, in place.</param>
    /// <param name="labeled">The tasks that it is labelled for. In the box they have the other sample's labels, or none.</param>
    /// <param name="key">What random numbers depend on.</param>
    /// <param name="cancellationToken">Says that nobody waits for the sample any more.</param>
    /// <returns>The share of the image that is still the sample's own.</returns>
    public double Apply(SampleBuffer sample, TaskMask labeled, ViewKey key, CancellationToken cancellationToken)
    {
        CounterRandom random = key.Random(RandomUse.CutMix);
        if (random.NextDouble() >= often)
            return 1;
        int other = members.DrawAlike(key.Sample, ref random);
        double side = Math.Sqrt(random.NextDouble());
        (int top, int bottom) = Range(sample.Height, side, random.NextDouble());
        (int left, int right) = Range(sample.Width, side, random.NextDouble());
        if (other == key.Sample || top == bottom || left == right || !HasInputsOf(other, sample))
            return 1;
        SampleBuffer read = new(data.Tasks, data.Inputs, data.Height, data.Width, _image, _labels, _inputs, _present);
        TaskMask theirs = data.Read(other, labeled & (labels?[other] ?? data.Tasks.All), read, cancellationToken);
        int width = sample.Width,
            plane = sample.Height * width;
        Paste(read.Image, sample.Image);
        for (int i = 0; i < sample.Inputs.Count; i++)
        {
            if (sample.InputPresent[i] != 0 && sample.Inputs[i].IsPlanes)
                Paste(read.Input(i), sample.Input(i));
        }
        for (int t = 0; t < sample.Tasks.Count; t++)
        {
            VisionTask task = sample.Tasks[t];
            if (!labeled[t] || task.Kind.Extent != TaskExtent.Pixel)
                continue;
            if (!theirs[t])
                read.Label(t).Fill(task.InvalidLabel);
            Paste(read.Label(t), sample.Label(t));
        }
        return 1 - (double)((bottom - top) * (right - left)) / plane;

        void Paste(ReadOnlySpan<float> from, Span<float> to)
        {
            for (int start = 0; start < to.Length; start += plane)
            for (int y = top; y < bottom; y++)
                from.Slice(start + y * width + left, right - left).CopyTo(to.Slice(start + y * width + left, right - left));
        }
    }

    /// <summary>A side of the box around its middle, within the image.</summary>
    private static (int Begin, int End) Range(int size, double share, double middle)
    {
        double half = share * size / 2,
            at = middle * size;
        return (Math.Clamp((int)Math.Round(at - half), 0, size), Math.Clamp((int)Math.Round(at + half), 0, size));
    }

    /// <summary>
    /// Whether the other sample has the planes beside the photograph that this one has: a box cannot lack what is around it.
    /// </summary>
    private bool HasInputsOf(int other, SampleBuffer sample)
    {
        for (int i = 0; i < sample.Inputs.Count; i++)
        {
            if (sample.InputPresent[i] != 0 && sample.Inputs[i].IsPlanes && !data.HasInput(other, i))
                return false;
        }
        return true;
    }
}
