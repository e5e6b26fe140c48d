namespace Jtr.Interop.Datasets.Views;

/// <summary>What the random numbers of one view of one sample depend on, and nothing else.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Epoch">0 or more.</param>
/// <param name="Sample">The sample's index in the data set.</param>
/// <param name="View">0 to 255.</param>
internal readonly record struct ViewKey(ulong Seed, long Epoch, int Sample, int View)
{
    /// <summary>The random numbers of one use; those of different uses are independent.</summary>
    public CounterRandom Random(RandomUse use) => new(Seed, use, (ulong)Epoch, (ulong)(uint)Sample << 8 | (byte)View);
}
