using System.Diagnostics;
using Jtr.Interop.Datasets;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Training;

/// <summary>What a run will need, measured over a few of its steps.</summary>
public sealed record DryRunResult
{
    /// <summary>Weights of the multi-task network.</summary>
    public required long NetworkParameters { get; init; }

    /// <summary>Weights of all networks, those of the method included.</summary>
    public required long Parameters { get; init; }

    /// <summary>Steps that were measured, after one that was not.</summary>
    public required int MeasuredSteps { get; init; }

    /// <summary>Median time of a step, the wait for its batch included.</summary>
    public required TimeSpan StepTime { get; init; }

    /// <summary>
    /// Median time that a step waited for its batch: the threads that read samples are too few, or the disk too slow, where it is not near
    /// 0.
    /// </summary>
    public required TimeSpan WaitTime { get; init; }

    /// <summary>The largest number of bytes that this process had in memory so far, a GPU's not counted.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>The largest number of bytes that tensors used on the GPU; null where the trainer is on the processor.</summary>
    public required long? PeakCudaMemoryBytes { get; init; }

    /// <summary>Bytes of a checkpoint, about.</summary>
    public required long CheckpointBytes { get; init; }

    /// <summary>Steps of the whole run.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>How long they will take, evaluation and checkpoints not included.</summary>
    public TimeSpan TotalTime => StepTime * TotalSteps;
}

/// <summary>Does a few steps of a run to see what it will need. Nothing of it is kept.</summary>
public static class DryRun
{
    /// <summary>Measures.</summary>
    /// <param name="trainer">What to train.</param>
    /// <param name="data">The data set to train on.</param>
    /// <param name="fit">How; checkpoints, validation and <see cref="FitOptions.Keep"/> count for nothing.</param>
    /// <param name="steps">Steps to measure, 1 or more, after one that warms everything up.</param>
    /// <param name="logger">Receives messages, or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the data set does not fit.</exception>
    /// <exception cref="JtrOutOfMemoryException">Network or batch do not fit into memory.</exception>
    /// <exception cref="JtrNonFiniteException">A loss or a gradient was not a finite number.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static DryRunResult Run(
        TrainerOptions trainer,
        IMultiTaskDataset data,
        FitOptions fit,
        int steps = 5,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        fit.Validate();
        using Trainer network = new(trainer, logger);
        network.CheckData(data);
        network.CheckTrained(data, nameof(data));
        using DataLoader loader = network.OpenLoader(data, fit, fit.DataSeed ?? trainer.Seed);
        List<TimeSpan> times = [],
            waits = [];
        for (int i = 0; i <= steps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Batch batch = loader.Next(cancellationToken);
            TimeSpan waited = Stopwatch.GetElapsedTime(start);
            try
            {
                network.Step(batch, cancellationToken);
            }
            finally
            {
                loader.Recycle(batch);
            }
            if (i == 0)
                continue;
            times.Add(Stopwatch.GetElapsedTime(start));
            waits.Add(waited);
        }
        using Process process = Process.GetCurrentProcess();
        return new DryRunResult
        {
            NetworkParameters = network.NetworkParameterCount,
            Parameters = network.ParameterCount,
            MeasuredSteps = steps,
            StepTime = Median(times),
            WaitTime = Median(waits),
            PeakMemoryBytes = process.PeakWorkingSet64,
            PeakCudaMemoryBytes = network.IsOnGpu ? JtrRuntime.GetCudaMemory(trainer.DeviceIndex).PeakBytes : null,
            CheckpointBytes = CheckpointBytes(network),
            TotalSteps = fit.Steps ?? (long)fit.Epochs!.Value * loader.BatchesPerEpoch,
        };
    }

    /// <summary>The state, and two moments of Adam for each weight.</summary>
    private static long CheckpointBytes(Trainer network) =>
        (network.State.Sum(t => t.Count) + 2 * network.ParameterCount)
        * (network.Options.Precision == Precision.Float64 ? sizeof(double) : sizeof(float));

    private static TimeSpan Median(List<TimeSpan> times)
    {
        times.Sort();
        int middle = times.Count / 2;
        return times.Count % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
    }
}
