namespace Jtr.Interop.Training;

/// <summary>What <see cref="Trainer.Load"/> may change of a saved trainer. Null keeps what was saved.</summary>
public sealed record LoadOptions
{
    /// <summary>Where to run.</summary>
    public DeviceKind? Device { get; init; }

    /// <summary>Which GPU, 0 or more.</summary>
    public int? DeviceIndex { get; init; }

    /// <summary>Number format.</summary>
    public Precision? Precision { get; init; }

    /// <summary>
    /// What backward passes compute a second time. A run that is resumed with another value goes on with the same numbers.
    /// </summary>
    public Recomputation? Recomputation { get; init; }

    /// <summary>
    /// Optimiser and schedule, such as a cosine over more steps than were planned. The optimiser's state is kept. Not the way to resume a
    /// run exactly.
    /// </summary>
    public AdamOptions? Optimizer { get; init; }

    /// <summary>
    /// This process among those that go on with the run together, or null. They need not be as many as before; each reads the file.
    /// </summary>
    public JtrProcessGroup? Parallel { get; init; }

    /// <summary>Threads of the arithmetic, of the whole process; null leaves them as they are.</summary>
    public int? Threads { get; init; }
}
