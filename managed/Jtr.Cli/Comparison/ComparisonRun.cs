using System.Diagnostics;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Cli.Specialists;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Comparison;

/// <summary>
/// One method with one seed: trained and scored, or gone on with where it was interrupted. Its folder holds checkpoint, labels, record
/// (scores in between, time, memory) and, once it is finished, the scores.
/// </summary>
/// <param name="method">The method.</param>
/// <param name="seed">The seed.</param>
/// <param name="plan">What all runs share.</param>
/// <param name="folder">The comparison's folder.</param>
/// <param name="factors">What its settings are multiplied by, asked for when it begins.</param>
/// <param name="trial">The number of a trial, which is scored on a part of the training data; null: it is a run of the comparison.</param>
internal sealed class ComparisonRun(
    ComparedMethod method,
    ulong seed,
    ComparisonPlan plan,
    string folder,
    Func<TuningFactors>? factors = null,
    int? trial = null
)
{
    private readonly RunFolder _files = new(
        trial is { } number
            ? Path.Combine(folder, "tuning", method.Name, string.Create(CultureInfo.InvariantCulture, $"trial-{number}"))
            : Path.Combine(folder, method.Name, $"seed-{seed}")
    );

    /// <summary>The method.</summary>
    public ComparedMethod Method => method;

    /// <summary>The seed.</summary>
    public ulong Seed => seed;

    /// <summary>What it is called.</summary>
    public string Label =>
        trial is { } number
            ? string.Create(CultureInfo.InvariantCulture, $"{method.Name}, trial {number + 1}")
            : string.Create(CultureInfo.InvariantCulture, $"{method.Name}, seed {seed}");

    /// <summary>Where it is.</summary>
    public string Folder => _files.Path;

    /// <summary>The trained network.</summary>
    public string Checkpoint => _files.Checkpoint;

    /// <summary>Whether it was trained to the end and scored. The scores are written last.</summary>
    public bool IsFinished => File.Exists(_files.Results);

    /// <summary>Scores in between, time and memory.</summary>
    public RunRecord Record => RunRecord.Read(RecordPath);

    /// <summary>The scores of a finished run.</summary>
    public EvaluationResult Result => EvaluationResult.LoadJson(_files.Results);

    private string RecordPath => Path.Combine(_files.Path, "record.json");

    /// <summary>Does what is left to do.</summary>
    public async Task RunAsync(
        CliConsole console,
        TrainingView view,
        OpenData data,
        DeviceChoice device,
        int? workers,
        long saveEvery,
        CancellationToken cancellationToken
    )
    {
        _files.Create();
        TrainSettings settings = method.Apply(plan.Settings, seed);
        if (factors is not null)
            settings = factors().Apply(settings);
        LabelAssignment labels = VisibleLabels.Of(settings, data.Train);
        IMultiTaskDataset scored = data.Test!;
        if (trial is not null && plan.Tuning is { } tuning)
        {
            // By the labels that all methods see, also where this one sees more.
            HeldOut held = new(VisibleLabels.Of(plan.Settings.With(run => run.Training.Seed = seed), data.Train), tuning.Part);
            (labels, scored) = (held.Without(labels), held.Samples(data.Train));
            if (tuning.Steps is { } steps)
                settings = settings.With(run => (run.Training.Steps, run.Training.Epochs) = (steps, null));
        }
        labels.Save(_files.Labels);
        if (method.HasSpecialists)
        {
            // What only this process has, threads and how often it saves, is no part of the settings that are compared.
            TrainSettings own = settings.With(run =>
            {
                run.Run.SaveEvery = saveEvery;
                run.Machine = new MachineSection { Workers = workers };
            });
            TrainSettings student = await new SpecialistStages(console, own, data with { Test = scored }, labels, _files.Path)
                .RunAsync(view, device, cancellationToken)
                .ConfigureAwait(false);
            settings = settings.With(run => run.Data.PseudoLabels = student.Configuration.Data.PseudoLabels);
        }
        (IMultiTaskDataset all, LabelAssignment seen) = MadeLabels.Add(settings, data.Train, labels);
        IMultiTaskDataset train = BadSamples.Wrap(settings.Data, all, seen),
            test = BadSamples.Wrap(settings.Data, DataSource.WithInputs(scored, data.Train.Inputs));
        (DomainWeightLearning Learning, LabelAssignment Labels)? learned = settings.LearnedWeights(train, seen);
        seen = learned?.Labels ?? seen;
        ProcessMeter meter = ProcessMeter.Start(device.Gpu);
        using Trainer trainer = File.Exists(_files.Checkpoint)
            ? Trainer.Load(_files.Checkpoint, new LoadOptions { Device = device.Kind, DeviceIndex = device.Index }, console.Logger)
            : settings.Begin(settings.ToTrainerOptions(train, seen, device), console);
        FitOptions fit = settings.ToFitOptions(seen) with
        {
            Workers = workers,
            DataSeed = seed,
            CheckpointPath = _files.Checkpoint,
            CheckpointEvery = saveEvery,
            CheckpointMetadata = settings.ToMetadata(),
            DomainWeights = learned?.Learning,
        };
        long total = settings.TotalSteps(train.Count);
        TrainingView.Run shown = view.Begin(new RunPlan(Label, total, settings.StepsPerEpoch(train.Count)));
        RunRecord record = Record;
        long before = trainer.StepCount,
            start = Stopwatch.GetTimestamp();
        TimeSpan processor = meter.Processor;
        fit = fit with
        {
            Steps = total,
            Validation = test,
            EvaluateEvery = trial is null ? plan.EvalEvery : total,
            EvaluateAtEnd = true,
            EvaluationProgress = shown,
            // Time and memory count training alone.
            Evaluating = step =>
            {
                record = record.With(
                    step - before,
                    Stopwatch.GetElapsedTime(start).TotalSeconds,
                    (meter.Processor - processor).TotalSeconds,
                    meter.Peak,
                    meter.HeldAtStart
                );
                record.Write(RecordPath);
            },
            Evaluated = (step, scores) =>
            {
                record = record.With(
                    new ScorePoint
                    {
                        Step = step,
                        Headlines = [.. scores.Tasks.Select(t => double.IsNaN(t.Headline.Value) ? (double?)null : t.Headline.Value)],
                    }
                );
                record.Write(RecordPath);
                (before, start, processor) = (step, Stopwatch.GetTimestamp(), meter.Processor);
            },
        };
        if (trainer.StepCount > total)
            throw new InvalidOperationException(
                $"{_files.Checkpoint} has {trainer.StepCount} steps, more than the {total} of the comparison"
            );
        FitResult done = await trainer.FitAsync(train, fit, shown, cancellationToken).ConfigureAwait(false);
        // A run that was killed behind its last step, before its scores were written, has them taken again.
        EvaluationResult result = done.Scores ?? EvaluationView.Show(console, trainer, test, workers, cancellationToken, shown);
        _files.SaveResults(result);
        console.Line($"{Label}: {result}");
        BadSamples.Report(console, train, test);
    }
}
