using System.Diagnostics;
using Jtr.Interop.Datasets;
using Jtr.Interop.Diagnostics;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Training;

public sealed unsafe partial class Trainer
{
    /// <summary>
    /// Trains on a data set, on a thread of its own, up to a total number of steps. Goes on at <see cref="StepCount"/>: a fit that was
    /// interrupted and resumed from its checkpoint with the same options does the same steps as one that was not.
    /// </summary>
    /// <param name="data">The data set; its tasks have the names, kinds and channels of the trainer's.</param>
    /// <param name="options">How long and how.</param>
    /// <param name="progress">Told at most every 100 ms, and about the first and the last step.</param>
    /// <param name="cancellationToken">Ends the fit. If there is a <see cref="FitOptions.CheckpointPath"/>, it is saved first.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the data set does not fit.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the trainer.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="JtrNonFiniteException">A loss was not a finite number; the steps before it stand.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written, or a sample not be read.</exception>
    /// <exception cref="JtrFormatException">A file of the data set is damaged.</exception>
    public Task<FitResult> FitAsync(
        IMultiTaskDataset data, FitOptions options, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        CheckData(data);
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<FitResult>(cancellationToken);

        TaskCompletionSource<FitResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        nint trainer = _handle.Acquire();
        try
        {
            Thread thread = new(() => Run(trainer, data, options, progress, completion, cancellationToken)) { IsBackground = true, Name = "jtr fit" };
            thread.Start();
        }
        catch
        {
            _handle.Release();
            throw;
        }
        return completion.Task;
    }

    /// <summary>The thread of a fit: gives the trainer back, then says how it ended.</summary>
    private void Run(
        nint trainer, IMultiTaskDataset data, FitOptions options, IProgress<TrainingProgress>? progress, TaskCompletionSource<FitResult> completion, CancellationToken cancellationToken)
    {
        FitResult? result = null;
        Exception? failure = null;
        try
        {
            result = Fit(trainer, data, options, progress, cancellationToken);
        }
#pragma warning disable CA1031 // Whatever it was, the awaiting caller gets it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }
        finally
        {
            _handle.Release();
        }

        if (result is not null) completion.SetResult(result);
        else if (failure is OperationCanceledException && cancellationToken.IsCancellationRequested) completion.SetCanceled(cancellationToken);
        else
        {
            TrainingLog.Failed(_logger, StepCount, failure!);
            completion.SetException(failure!);
        }
    }

    private FitResult Fit(nint trainer, IMultiTaskDataset data, FitOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        ulong seed = options.DataSeed ?? Options.Seed;
        DataLoaderOptions defaults = new();
        LabelAssignment? labels = options.Labels ?? (options.Scenario == LabelScenario.AsFound ? null : LabelAssignment.Draw(options.Scenario, data, seed));
        using DataLoader loader = new(data, labels, defaults with
        {
            BatchSize = options.BatchSize,
            Views = Views,
            Augment = options.Augment,
            Flip = options.Flip,
            Colour = options.Colour,
            Seed = seed,
            Workers = options.Workers ?? defaults.Workers,
        });
        long total = options.Steps ?? (long)options.Epochs!.Value * loader.BatchesPerEpoch;
        loader.Seek(StepCount);
        TrainingLog.Started(_logger, Options.Method, data.Count, data.Height, data.Width, StepCount, total, options.BatchSize);

        StepResult? last = null;
        try
        {
            using CancellationTokenRegistration registration = _cancel.Follow(cancellationToken);
            last = Loop(trainer, loader, total, options, progress, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            TrainingLog.Cancelled(_logger, StepCount);
            if (options.CheckpointPath is not null) SaveCore(trainer, options.CheckpointPath, options.CheckpointMetadata);
            throw;
        }
        if (last is not null && options.CheckpointPath is not null) SaveCore(trainer, options.CheckpointPath, options.CheckpointMetadata);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        TrainingLog.Finished(_logger, StepCount, elapsed, last?.Loss ?? double.NaN);
        return new FitResult(StepCount, last, elapsed);
    }

    /// <summary>The steps. Allocates for progress reports and checkpoints only.</summary>
    private StepResult? Loop(nint trainer, DataLoader loader, long total, FitOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        ProgressMeter meter = new(Tasks.Count, total, loader.BatchesPerEpoch);
        double[] taskLoss = new double[Tasks.Count];
        StepResult? last = null;
        while (StepCount < total)
        {
            _handle.ThrowIfDisposed();
            Batch batch = loader.Next(cancellationToken);
            StepResult step;
            try
            {
                step = StepCore(trainer, batch, new StepCapture { TaskLoss = taskLoss }, cancellationToken);
            }
            finally
            {
                loader.Recycle(batch);
            }
            last = step;
            JtrMetrics.TrainingSteps.Add(1);
            if (meter.Add(step, taskLoss))
            {
                TrainingProgress report = meter.Report(step);
                TrainingLog.Progress(_logger, step.Step, report.Loss, report.Supervised, report.Dist, report.Recon, report.LearningRate);
                JtrMetrics.Report(report);
                progress?.Report(report);
            }
            if (options.CheckpointEvery > 0 && step.Step % options.CheckpointEvery == 0 && step.Step < total)
                SaveCore(trainer, options.CheckpointPath!, options.CheckpointMetadata);
        }
        return last;
    }

    /// <summary>Throws unless a data set can be used with this trainer.</summary>
    private void CheckData(IMultiTaskDataset data)
    {
        if (!SameLayout(data.Tasks, Tasks))
            throw new ArgumentException($"the data set has the tasks {Describe(data.Tasks)}; the trainer has {Describe(Tasks)}", nameof(data));
        if (data.Height < 32 || data.Height % 32 != 0 || data.Width < 32 || data.Width % 32 != 0)
            throw new ArgumentException($"the samples of the data set are {data.Height} x {data.Width}; both must be multiples of 32", nameof(data));
        if (data.Count == 0) throw new ArgumentException("the data set has no samples", nameof(data));
    }

    /// <summary>Whether labels and predictions of two sets of tasks lie alike in memory and mean the same.</summary>
    private static bool SameLayout(TaskSet a, TaskSet b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (a.Count != b.Count) return false;
        for (int t = 0; t < a.Count; t++)
        {
            if (a[t].Name != b[t].Name || a[t].Kind != b[t].Kind || a[t].Channels != b[t].Channels) return false;
        }
        return true;
    }

    private static string Describe(TaskSet tasks) => string.Join(", ", tasks.Select(t => $"{t.Name} ({t.Kind}, {t.Channels} channels)"));
}
