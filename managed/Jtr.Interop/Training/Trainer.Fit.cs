using System.Diagnostics;
using Jtr.Interop.Datasets;
using Jtr.Interop.Diagnostics;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Training;

public sealed unsafe partial class Trainer
{
    /// <summary>
    /// Trains on a data set, on a thread of its own, up to a total number of steps. Goes on at <see cref="StepCount"/>: a fit that was
    /// interrupted and resumed from its checkpoint with the same options does the same steps as one that was not. However it ends, the
    /// steps that were done are saved at <see cref="FitOptions.CheckpointPath"/>, if there is one.
    /// </summary>
    /// <remarks>
    /// Several processes that train together (<see cref="TrainerOptions.Parallel"/>) all call it, with equal data and options: each reads
    /// its share of the samples, and the steps are those of one process. What ends it in one ends it in all. Rank 0 alone writes
    /// checkpoints and calls <paramref name="progress"/> and the callbacks of the options.
    /// </remarks>
    /// <param name="data">The data set; its tasks have the names, kinds and channels of the trainer's.</param>
    /// <param name="options">How long and how.</param>
    /// <param name="progress">Told at most every 100 ms, and about the first and the last step. What it throws ends the fit.</param>
    /// <param name="cancellationToken">Ends the fit, within a second also where a read of the data set hangs.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the data set does not fit.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the trainer, or processes do not do the same.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, here or in another process.</exception>
    /// <exception cref="JtrNonFiniteException">
    /// A loss, a gradient or, in scoring, a prediction was not a finite number; the steps before it stand. The exception tells the
    /// step, the term and the names of the samples.
    /// </exception>
    /// <exception cref="IOException">
    /// A checkpoint cannot be written, or a sample not be read; or another process ended or does not answer, which the message names.
    /// </exception>
    /// <exception cref="JtrFormatException">A file of the data set is damaged.</exception>
    public Task<FitResult> FitAsync(
        IMultiTaskDataset data,
        FitOptions options,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        CheckData(data);
        CheckTrained(data, nameof(data));
        if (options.Validation is not null)
            CheckData(options.Validation, $"{nameof(options)}.{nameof(FitOptions.Validation)}");
        BeginDomainWeights(options);
        // Others are to hear of it.
        if (cancellationToken.IsCancellationRequested && Options.Parallel is null or { Size: 1 })
            return Task.FromCanceled<FitResult>(cancellationToken);

        return OnOwnThread("jtr fit", trainer => Fit(trainer, data, options, progress, cancellationToken), TellFailure, cancellationToken);

        void TellFailure(Exception failure)
        {
            if (failure is not OperationCanceledException)
                TrainingLog.Failed(_logger, StepCount, failure);
        }
    }

    /// <summary>Takes the trainer for a thread that does some work with it; the task ends after the trainer was given back.</summary>
    private Task<T> OnOwnThread<T>(string name, Func<nint, T> work, Action<Exception>? onFailure, CancellationToken cancellationToken)
        where T : class
    {
        TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        nint trainer = _handle.Acquire();
        try
        {
            Thread thread = new(() => Run(trainer, work, onFailure, completion, cancellationToken)) { IsBackground = true, Name = name };
            thread.Start();
        }
        catch
        {
            _handle.Release();
            throw;
        }
        return completion.Task;
    }

    /// <summary>What such a thread does: the work; gives the trainer back; then says how it ended.</summary>
    private void Run<T>(
        nint trainer,
        Func<nint, T> work,
        Action<Exception>? onFailure,
        TaskCompletionSource<T> completion,
        CancellationToken cancellationToken
    )
        where T : class
    {
        T? result = null;
        Exception? failure = null;
        try
        {
            result = work(trainer);
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

        if (result is not null)
            completion.SetResult(result);
        else if (failure is OperationCanceledException && cancellationToken.IsCancellationRequested)
            completion.SetCanceled(cancellationToken);
        else
        {
            onFailure?.Invoke(failure!);
            completion.SetException(failure!);
        }
    }

    private FitResult Fit(
        nint trainer,
        IMultiTaskDataset data,
        FitOptions options,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        long start = Stopwatch.GetTimestamp();
        ulong seed = options.DataSeed ?? Options.Seed;
        Peers peers = new(trainer, Options.Parallel);
        using DataLoader loader = peers.Together(() => OpenLoader(data, options, seed, StepCount));
        long total = options.Steps ?? (long)options.Epochs!.Value * loader.BatchesPerEpoch;
        FitPosition Position() =>
            new()
            {
                Epoch = StepCount / loader.BatchesPerEpoch,
                Batch = StepCount % loader.BatchesPerEpoch,
                BatchesPerEpoch = loader.BatchesPerEpoch,
                BatchSize = options.BatchSize,
                Samples = data.Count,
                DataSeed = seed,
                Threads = IsOnGpu ? null : JtrRuntime.Threads,
                Processes = peers.IsAlone ? null : peers.Size,
            };
        CheckSame(peers, data, options, seed, total);
        if (_loadedPosition is { } saved && Position().DifferenceTo(saved) is { } difference)
            TrainingLog.GoesOnOtherwise(_logger, difference);
        _loadedPosition = null;
        if (!peers.IsFirst)
            options = Silent(options);
        peers.Together(() =>
        {
            if (options.CheckpointPath is not null)
                CheckpointFiles.DeleteLeftovers(options.CheckpointPath);
            if (options.BestPath is not null)
                CheckpointFiles.DeleteLeftovers(options.BestPath);
        });
        FitRun run = new(trainer, peers, data, loader, total, options, Position, peers.IsFirst ? progress : null) { SavedStep = StepCount };
        TrainingLog.Started(_logger, Options.Method, data.Count, data.Height, data.Width, StepCount, total, options.BatchSize);

        StepResult? last = null;
        try
        {
            using CancellationTokenRegistration registration = _cancel.Follow(cancellationToken);
            last = Loop(run, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || !peers.IsAlone)
        {
            TrainingLog.Canceled(_logger, StepCount);
            SaveCheckpoint(run);
            throw;
        }
        catch (Exception failure)
        {
            SaveAfter(failure, run);
            throw;
        }
        if (last is not null)
            peers.Together(() => SaveCheckpoint(run));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        TrainingLog.Finished(_logger, StepCount, elapsed, last?.Loss ?? double.NaN);
        return new FitResult(StepCount, last, elapsed, run.StoppedEarly)
        {
            Scores = run.Scores is { } scores && scores.Step == StepCount ? scores.Result : null,
        };
    }

    /// <summary>Throws unless all processes that train together are about to do the same.</summary>
    private void CheckSame(Peers peers, IMultiTaskDataset data, FitOptions options, ulong seed, long total)
    {
        if (peers.IsAlone)
            return;
        peers.CheckSame(
            ("the step that training begins at", StepCount),
            ("the number of steps", total),
            ("the number of samples of a batch", options.BatchSize),
            ("the number of samples", data.Count),
            ("whether an epoch's last batch is left out", options.DropLast ? 1 : 0),
            ("the number of labels that training sees", Labels(options)),
            ("the data seed", seed >> 32),
            ("the data seed", seed & uint.MaxValue),
            ("the number of samples to score on", options.Validation?.Count ?? 0),
            ("the number of steps between two scores", options.EvaluateEvery),
            ("whether the last step is scored", options.EvaluateAtEnd ? 1 : 0),
            ("the patience of early stopping", options.EarlyStopping?.Patience ?? 0)
        );

        static double Labels(FitOptions options) =>
            options.Labels is { } labels ? Enumerable.Range(0, labels.Tasks.Count).Sum(t => (double)labels.LabeledCount(t)) : -1;
    }

    /// <summary>The options of a process that writes and reports nothing.</summary>
    private static FitOptions Silent(FitOptions options) =>
        options with
        {
            CheckpointPath = null,
            CheckpointEvery = 0,
            BestPath = null,
            Evaluating = null,
            Evaluated = null,
            EvaluationProgress = null,
        };

    /// <summary>The batches of a fit, from one of them on; of several processes, its share of each.</summary>
    internal DataLoader OpenLoader(IMultiTaskDataset data, FitOptions options, ulong seed, long first = 0)
    {
        int ranks = Options.Parallel?.Size ?? 1,
            smallest = DataLoader.SmallestBatch(
                data.Count,
                new DataLoaderOptions { BatchSize = options.BatchSize, DropLast = options.DropLast }
            );
        if (smallest / ranks < _described.Accumulate && smallest >= ranks)
            throw new ArgumentException(
                $"{nameof(TrainerOptions.Accumulate)} is {_described.Accumulate}, and each part needs a sample on each process; an epoch "
                    + $"of {data.Count} samples in batches of {options.BatchSize} has one of {smallest}, for {ranks} process"
                    + (ranks > 1 ? "es" : ""),
                nameof(options)
            );
        DataLoaderOptions defaults = new();
        LabelAssignment? labels =
            options.Labels ?? (options.Scenario == LabelScenario.AsFound ? null : LabelAssignment.Draw(options.Scenario, data, seed));
        return new DataLoader(
            data,
            labels,
            defaults with
            {
                BatchSize = options.BatchSize,
                DropLast = options.DropLast,
                Rank = Options.Parallel?.Rank ?? 0,
                Ranks = ranks,
                Views = Views,
                Augment = options.Augment,
                Flip = options.Flip,
                Color = options.Color,
                Augmentation = options.Augmentation,
                Appearance = options.Appearance,
                Domains = DomainNames.Count > 1 ? DomainNames : null,
                ViewSteps = options.ViewSteps,
                Seed = seed,
                Sampler = options.Sampler,
                Workers = options.Workers ?? defaults.Workers,
                FirstBatch = first,
            }
        );
    }

    /// <summary>What a fit works with.</summary>
    private sealed record FitRun(
        nint Trainer,
        Peers Peers,
        IMultiTaskDataset Data,
        DataLoader Loader,
        long Total,
        FitOptions Options,
        Func<FitPosition> Position,
        IProgress<TrainingProgress>? Progress
    )
    {
        public bool StoppedEarly { get; set; }

        /// <summary>The scores that were taken last.</summary>
        public (long Step, EvaluationResult Result)? Scores { get; set; }

        /// <summary>The step of the last checkpoint, or the one that the fit began with.</summary>
        public required long SavedStep { get; set; }
    }

    /// <summary>The steps. Allocates for progress reports, scores and checkpoints only.</summary>
    private StepResult? Loop(FitRun run, CancellationToken cancellationToken)
    {
        (FitOptions options, DataLoader loader, Peers peers) = (run.Options, run.Loader, run.Peers);
        using RunMetrics metrics = new(options.Name);
        ProgressMeter meter = new(Tasks.Count, TermNames, _border.FirstOwnTerm, run.Total, loader.BatchesPerEpoch);
        double[] taskLoss = new double[Tasks.Count],
            terms = new double[TermNames.Count];
        StepResult? last = null;
        run.StoppedEarly = options.EarlyStopping is { } stopping && Validation.WithoutImprovement >= stopping.Patience;
        Batch? next = null; // taken ahead, for a GPU to copy during the step before
        Exception? failure = null; // of this one of several processes, which all agree on before the next step
        try
        {
            while (StepCount < run.Total && !run.StoppedEarly)
            {
                // Before the step, so that a run that was interrupted between step and scores catches up on them.
                if (ValidationIsDue(options))
                {
                    peers.Agree(failure);
                    if (!Validate(run, cancellationToken))
                        break;
                }
                if (DomainWeightsAreDue(options))
                {
                    peers.Agree(failure);
                    LearnDomainWeights(run, cancellationToken);
                }
                Batch? batch = null;
                StepResult step;
                try
                {
                    failure ??= TryTake(loader, ref next, ref batch, peers, cancellationToken);
                    peers.Agree(failure);
                    if (TakesBatchesAhead && StepCount + 1 < run.Total)
                        loader.TryNext(out next);
                    step = StepCore(run.Trainer, batch!, new StepCapture { TaskLoss = taskLoss, Terms = terms }, next, cancellationToken);
                }
                catch (JtrNonFiniteException e)
                {
                    throw Named(e, batch!, run.Data, peers);
                }
                finally
                {
                    if (batch is not null)
                        loader.Recycle(batch);
                }
                last = step;
                try
                {
                    metrics.CountStep();
                    if (meter.Add(step, taskLoss, terms))
                    {
                        TrainingProgress report = meter.Report(step);
                        TrainingLog.Progress(_logger, step.Step, report.Loss, report.Supervised, report.LearningRate);
                        metrics.Report(report);
                        run.Progress?.Report(report);
                    }
                    if (options.CheckpointEvery > 0 && step.Step % options.CheckpointEvery == 0 && step.Step < run.Total)
                        SaveCheckpoint(run);
                }
                catch (Exception e) when (!peers.IsAlone)
                {
                    failure = e;
                }
            }
            peers.Agree(failure);
        }
        finally
        {
            if (next is not null)
                loader.Recycle(next);
        }
        if (!run.StoppedEarly && (ValidationIsDue(options) || (options.EvaluateAtEnd && Validation.Step < StepCount)))
            Validate(run, cancellationToken);
        return last;
    }

    /// <summary>Takes the next batch. What keeps one of several processes from it is given back, for all to agree on.</summary>
    private Exception? TryTake(DataLoader loader, ref Batch? next, ref Batch? batch, Peers peers, CancellationToken cancellationToken)
    {
        try
        {
            _handle.ThrowIfDisposed();
            batch = next ?? loader.Next(cancellationToken);
            next = null;
            return null;
        }
        catch (Exception e) when (!peers.IsAlone)
        {
            return e;
        }
    }

    private bool ValidationIsDue(FitOptions options) =>
        options.EvaluateEvery > 0 && StepCount > 0 && StepCount % options.EvaluateEvery == 0 && Validation.Step < StepCount;

    /// <summary>Scores the trainer; says whether to go on.</summary>
    private bool Validate(FitRun run, CancellationToken cancellationToken)
    {
        FitOptions options = run.Options;
        run.Peers.Together(() =>
        {
            // A run that is killed while it scores goes on from here.
            if (StepCount > run.SavedStep)
                SaveCheckpoint(run);
            options.Evaluating?.Invoke(StepCount);
        });
        EvaluateOptions evaluate = new() { Workers = options.Workers, Metrics = options.Metrics };
        EvaluationResult result = EvaluateCore(run.Trainer, options.Validation!, evaluate, options.EvaluationProgress, cancellationToken);
        run.Scores = (StepCount, result);
        TrainingLog.Evaluated(_logger, StepCount, result);
        bool best = AddValidation(result, options.EarlyStopping?.MinImprovement ?? 0);
        run.Peers.Together(() =>
        {
            if (best && options.BestPath is not null)
                SaveCore(run.Trainer, options.BestPath, options.CheckpointMetadata, run.Position());
            options.Evaluated?.Invoke(StepCount, result);
        });
        if (options.EarlyStopping is not { } stopping || Validation.WithoutImprovement < stopping.Patience)
            return true;
        TrainingLog.StoppedEarly(_logger, StepCount, Validation.BestStep);
        run.StoppedEarly = true;
        return false;
    }

    private void SaveCheckpoint(FitRun run)
    {
        if (run.Options.CheckpointPath is not { } path)
            return;
        SaveCore(run.Trainer, path, run.Options.CheckpointMetadata, run.Position());
        run.SavedStep = StepCount;
        CheckpointFiles.Keep(path, StepCount, run.Options.Keep);
    }

    /// <summary>Saves the steps before a failure, which stand: one that fails changes nothing.</summary>
    private void SaveAfter(Exception failure, FitRun run)
    {
        // Before the first step there is nothing to lose, and a file would be in the way of another try.
        if (failure is not JtrNonFiniteException && StepCount == run.SavedStep)
            return;
        try
        {
            SaveCheckpoint(run);
        }
#pragma warning disable CA1031 // The caller is told the first failure; that the second came of it is in the log.
        catch (Exception second)
#pragma warning restore CA1031
        {
            TrainingLog.NotSaved(_logger, run.Options.CheckpointPath!, StepCount, second);
        }
    }

    /// <summary>The same failure with the samples' names in the data set.</summary>
    private JtrNonFiniteException Named(JtrNonFiniteException failure, Batch batch, IMultiTaskDataset data, Peers peers)
    {
        // Another process has the samples.
        if (failure.Samples.Count == 0 && !peers.IsAlone)
            return new JtrNonFiniteException(failure.Message, failure.Term, failure.Samples, StepCount + 1, [], failure);
        // A gradient is of the whole batch.
        IEnumerable<int> samples = failure.Samples.Count > 0 ? failure.Samples : Enumerable.Range(0, batch.Samples);
        string[] names = [.. samples.Select(b => data.GetName(batch.Indices[b]))];
        string text = $"{failure.Message}; {(failure.Samples.Count > 0 ? "samples" : "the batch")}: {string.Join(", ", names)}";
        return new JtrNonFiniteException(text, failure.Term, failure.Samples, StepCount + 1, names, failure);
    }

    /// <summary>Throws unless a data set can be used with this trainer.</summary>
    internal void CheckData(IMultiTaskDataset data, string parameter = "data")
    {
        if (!SameLayout(data.Tasks, Tasks))
            throw new ArgumentException($"the data set has the tasks {Describe(data.Tasks)}; the trainer has {Describe(Tasks)}", parameter);
        if (!data.Inputs.FitsTo(Inputs))
            throw new ArgumentException(
                $"the data set has the inputs {data.Inputs.Describe()}; the network reads {Inputs.Describe()}",
                parameter
            );
        if (data.Count == 0)
            throw new ArgumentException("the data set has no samples", parameter);
    }

    /// <summary>Throws unless a data set's samples can be trained on.</summary>
    internal void CheckTrained(IMultiTaskDataset data, string parameter)
    {
        if (data.Height < Stride || data.Height % Stride != 0 || data.Width < Stride || data.Width % Stride != 0)
            throw new ArgumentException(
                $"the samples of the data set are {data.Height} x {data.Width}; with the method {Options.Method} both must be multiples of "
                    + $"{Stride}",
                parameter
            );
    }

    /// <summary>Whether labels and predictions of two sets of tasks lie alike in memory and mean the same.</summary>
    private static bool SameLayout(TaskSet a, TaskSet b)
    {
        if (ReferenceEquals(a, b))
            return true;
        if (a.Count != b.Count)
            return false;
        for (int t = 0; t < a.Count; t++)
        {
            if (a[t].Name != b[t].Name || a[t].Kind != b[t].Kind || a[t].Channels != b[t].Channels)
                return false;
        }
        return true;
    }

    private static string Describe(TaskSet tasks) => string.Join(", ", tasks.Select(t => $"{t.Name} ({t.Kind}, {t.Channels} channels)"));
}
