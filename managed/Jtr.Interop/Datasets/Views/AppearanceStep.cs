using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>Gives half of the samples the looks of a sample of another domain. One instance a thread.</summary>
/// <param name="data">The data set.</param>
/// <param name="members">The samples of its domains.</param>
/// <param name="exchanges">What changes photographs, in this order.</param>
internal sealed class AppearanceStep(IMultiTaskDataset data, DomainMembers members, IReadOnlyList<AppearanceExchange> exchanges)
{
    private readonly float[] _image = new float[data.Inputs.ImageValues(data.Height, data.Width)];
    private readonly float[] _labels = new float[data.Tasks.LabelValues(data.Height, data.Width)];

    /// <summary>Changes a sample's photograph, or does not.</summary>
    /// <param name="image">[channels, H, W], in place.</param>
    /// <param name="key">What random numbers depend on.</param>
    /// <param name="cancellationToken">Says that nobody waits for the sample any more.</param>
    public void Apply(Span<float> image, ViewKey key, CancellationToken cancellationToken)
    {
        for (int e = 0; e < exchanges.Count; e++)
        {
            // The sample is changed before it has views: each exchange draws from what a view would.
            CounterRandom random = (key with { View = e }).Random(RandomUse.Appearance);
            if (random.NextInt32(2) == 0)
                continue;
            int other = members.DrawOther(key.Sample, ref random);
            data.Read(
                other,
                TaskMask.None,
                new SampleBuffer(data.Tasks, data.Inputs.ImageAlone, data.Height, data.Width, _image, _labels, [], []),
                cancellationToken
            );
            exchanges[e].Apply(image, _image, data.Height, data.Width);
        }
    }
}
