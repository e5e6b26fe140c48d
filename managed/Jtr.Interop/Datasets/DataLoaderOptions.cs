using Jtr.Interop.Training;

namespace Jtr.Interop.Datasets;

/// <summary>How a <see cref="DataLoader"/> makes batches.</summary>
public sealed record DataLoaderOptions
{
    /// <summary>Samples of a batch, 1 to 65,536; where processes share it (<see cref="Ranks"/>), of all together.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>
    /// Which share of every batch this loader makes, 0 or more and below <see cref="Ranks"/>. All loaders together give what one would.
    /// </summary>
    public int Rank { get; init; }

    /// <summary>
    /// Number of processes that share each batch, 1 to 65,536: of b samples, process r has those from r b / n to (r + 1) b / n, rounded
    /// down. Each needs at least one of every batch, also of an epoch's last.
    /// </summary>
    public int Ranks { get; init; } = 1;

    /// <summary>Views of a sample, 1 to 255. JTR reads three, supervised training and evaluation one.</summary>
    public int Views { get; init; } = 3;

    /// <summary>Whether each epoch has an order of its own; otherwise samples come by index.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Says the samples of each epoch and their order; null: as <see cref="Shuffle"/> says.</summary>
    public ISampler? Sampler { get; init; }

    /// <summary>
    /// Whether views are random crops (Nishi et al., CVPR 2024); otherwise all views are the sample as it is, and
    /// <see cref="Flip"/> and <see cref="Color"/> count for nothing.
    /// </summary>
    public bool Augment { get; init; } = true;

    /// <summary>Which views are mirrored at random: published for Cityscapes, not for NYU-v2.</summary>
    public FlipMode Flip { get; init; } = FlipMode.None;

    /// <summary>
    /// Whether the image of each view undergoes two random colour operations after its crop (Nishi et al., CVPR 2024), so that
    /// views differ in more than their place. View 0 lends itself to the other views before its colours change.
    /// </summary>
    public bool Color { get; init; } = true;

    /// <summary>
    /// Turning, blur, noise, jittered colours and holes; null for none of them. Turned is the sample, before its views; the others change
    /// each view behind its colour operations. Not where <see cref="Augment"/> is off.
    /// </summary>
    public AugmentationOptions? Augmentation { get; init; }

    /// <summary>
    /// Gives samples the looks of other domains, one after the other, before anything else; nothing in data with one domain, or where
    /// <see cref="Augment"/> is off.
    /// </summary>
    public IReadOnlyList<AppearanceExchange> Appearance { get; init; } = [];

    /// <summary>
    /// Names of domains, by which <see cref="Batch.Domains"/> counts: those of the trainer (<see cref="DomainOptions.Names"/>). Null: those
    /// of the data set.
    /// </summary>
    public IReadOnlyList<string>? Domains { get; init; }

    /// <summary>
    /// What else happens to each view, in this order, behind crop, flip and colours, also where <see cref="Augment"/> is off. Each function
    /// makes a step and is called once a thread. The crops that a batch tells of know nothing of these steps: with methods that compare
    /// views pixel by pixel, a step should leave pixels in their places.
    /// </summary>
    public IReadOnlyList<Func<IViewStep>> ViewSteps { get; init; } = [];

    /// <summary>Whether an epoch's last batch is left out when it would be smaller than the others.</summary>
    public bool DropLast { get; init; }

    /// <summary>Seed of the run. Order, crops, flips and colours depend on it, the epoch and the sample, and on nothing else.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads that read samples, 1 to 256. By default one a processor, at most 4.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Batches that are made ahead of the one in use, 1 to 1,024. Each takes the memory of a batch.</summary>
    public int Prefetch { get; init; } = 2;

    /// <summary>
    /// Number of the first batch, counted from the start of epoch 0, 0 or more: a resumed run reads nothing of what it has seen.
    /// </summary>
    public long FirstBatch { get; init; }

    /// <summary>Options of an evaluation: every sample once, in order, as it is.</summary>
    /// <param name="batchSize">Samples of a batch.</param>
    public static DataLoaderOptions ForEvaluation(int batchSize = 8) =>
        new()
        {
            BatchSize = batchSize,
            Views = 1,
            Shuffle = false,
            Augment = false,
        };

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names property and range.</exception>
    /// <exception cref="ArgumentNullException"><see cref="ViewSteps"/>, or a place in it, is null.</exception>
    public void Validate()
    {
        Check(nameof(BatchSize), BatchSize, 65536);
        Check(nameof(Ranks), Ranks, JtrProcessGroup.MaxSize);
        OptionRange.Within(nameof(Rank), Rank, 0, Ranks - 1);
        Check(nameof(Views), Views, 255);
        Check(nameof(Workers), Workers, 256);
        Check(nameof(Prefetch), Prefetch, 1024);
        if (FirstBatch < 0)
            throw new ArgumentOutOfRangeException(nameof(FirstBatch), FirstBatch, $"{nameof(FirstBatch)} has to be 0 or more");
        Augmentation?.Validate();
        foreach (AppearanceExchange exchange in OptionRange.NotNull(nameof(Appearance), Appearance))
            OptionRange.NotNull(nameof(Appearance), exchange);
        foreach (Func<IViewStep> step in OptionRange.NotNull(nameof(ViewSteps), ViewSteps))
            OptionRange.NotNull(nameof(ViewSteps), step);
        if (!Enum.IsDefined(Flip))
            throw new ArgumentOutOfRangeException(
                nameof(Flip),
                Flip,
                $"{nameof(Flip)} has to be {string.Join(", ", Enum.GetNames<FlipMode>())}"
            );
    }

    /// <summary>The samples of one of several processes, from the first of them to behind the last.</summary>
    internal static (int Begin, int End) Share(int samples, int rank, int ranks) =>
        ((int)((long)rank * samples / ranks), (int)((rank + 1L) * samples / ranks));

    private static void Check(string property, int value, int largest)
    {
        if (value < 1 || value > largest)
            throw new ArgumentOutOfRangeException(property, value, $"{property} has to be 1 to {largest}");
    }
}
