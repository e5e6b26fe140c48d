namespace Jtr.Interop.Datasets;

/// <summary>
/// Says which samples an epoch has and in which order. A function of seed and epoch alone, so that a resumed run sees what an uninterrupted
/// one would have seen.
/// </summary>
public interface ISampler
{
    /// <summary>Writes the samples of an epoch.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">The epoch, counted from 0.</param>
    /// <param name="samples">
    /// Receives an index for each place of the epoch, 0 or more and below its length, which is the number of samples. An index may come
    /// more than once, as where rare samples are drawn more often. What it holds before means nothing.
    /// </param>
    void Fill(ulong seed, long epoch, Span<int> samples);
}

/// <summary>Every sample once, in an order that is another one in each epoch (Fisher and Yates).</summary>
public sealed class ShuffleSampler : ISampler
{
    /// <inheritdoc/>
    public void Fill(ulong seed, long epoch, Span<int> samples)
    {
        CounterRandom random = new(seed, RandomUse.Shuffle, (ulong)epoch);
        for (int i = 0; i < samples.Length; i++)
            samples[i] = i;
        for (int i = samples.Length - 1; i > 0; i--)
        {
            int j = random.NextInt32(i + 1);
            (samples[i], samples[j]) = (samples[j], samples[i]);
        }
    }
}
