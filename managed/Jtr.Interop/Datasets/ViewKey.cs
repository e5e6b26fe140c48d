namespace Jtr.Interop.Datasets;

/// <summary>What the random numbers of one view of one sample depend on, and nothing else.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Epoch">0 or more.</param>
/// <param name="Sample">The sample's index in the data set.</param>
/// <param name="View">0 to 255.</param>
public readonly record struct ViewKey(ulong Seed, long Epoch, int Sample, int View)
{
    /// <summary>The place of the step among <see cref="DataLoaderOptions.ViewSteps"/>, from 0. Each has numbers of its own.</summary>
    public int Step { get; init; }

    /// <summary>
    /// The random numbers of the step for this view: the same ones for equal keys, and independent ones for keys that differ in seed,
    /// epoch, sample, view or step. Each call begins them anew.
    /// </summary>
    public CounterRandom Random() => Random((RandomUse)((ulong)RandomUse.ViewStep + (uint)Step));

    /// <summary>The random numbers of one use; those of different uses are independent.</summary>
    internal CounterRandom Random(RandomUse use) => new(Seed, use, (ulong)Epoch, (ulong)(uint)Sample << 8 | (byte)View);
}
