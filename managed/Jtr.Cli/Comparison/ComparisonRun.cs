using System.Diagnostics;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
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
internal sealed class ComparisonRun(ComparedMethod method, ulong seed, ComparisonPlan plan, string folder)
{
    private readonly RunFolder _files = new(Path.Combine(folder, method.Name, $"seed-{seed}"));

    /// <summary>The method.</summary>
    public ComparedMethod Method => method;

    /// <summary>The seed.</summary>
    public ulong Seed => seed;

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
        LabelAssignment labels = VisibleLabels.Of(settings, data.Train);
        labels.Save(_files.Labels);
        IMultiTaskDataset train = BadSamples.Wrap(settings.Data, data.Train, labels),
            test = BadSamples.Wrap(settings.Data, data.Test!);
        ProcessMeter meter = ProcessMeter.Start(device.Gpu);
        using Trainer trainer = File.Exists(_files.Checkpoint)
            ? Trainer.Load(_files.Checkpoint, new LoadOptions { Device = device.Kind, DeviceIndex = device.Index }, console.Logger)
            : settings.Begin(settings.ToTrainerOptions(train.Tasks, train.Count, device), console);
        FitOptions fit = new()
        {
            BatchSize = settings.BatchSize,
            Labels = labels,
            Workers = workers,
            DataSeed = seed,
            Augment = settings.Augment,
            Flip = settings.Flip,
            Color = !settings.NoColour,
            CheckpointPath = _files.Checkpoint,
            CheckpointEvery = saveEvery,
            CheckpointMetadata = new Dictionary<string, string> { [TrainSettings.MetadataKey] = settings.ToJson() },
        };
        long total = settings.TotalSteps(train.Count);
        TrainingView.Run shown = view.Begin(new RunPlan($"{method.Name}, seed {seed}", total, settings.StepsPerEpoch(train.Count)));
        RunRecord record = Record;
        EvaluationResult? result = null;
        for (long until = Math.Min(plan.EvalEvery, total); ; until = Math.Min(until + plan.EvalEvery, total))
        {
            if (trainer.StepCount < until)
            {
                long before = trainer.StepCount,
                    start = Stopwatch.GetTimestamp();
                TimeSpan processor = meter.Processor;
                await trainer.FitAsync(train, fit with { Steps = until }, shown, cancellationToken).ConfigureAwait(false);
                record = record.With(
                    until - before,
                    Stopwatch.GetElapsedTime(start).TotalSeconds,
                    (meter.Processor - processor).TotalSeconds,
                    meter.Peak,
                    meter.HeldAtStart
                );
                record.Write(RecordPath);
            }
            // Scores are written before training goes on, so a trainer that is further has them; at the end they are needed whole.
            if (trainer.StepCount == until && (until == total || record.Scores.All(s => s.Step != until)))
            {
                result = EvaluationView.Show(console, trainer, test, workers, cancellationToken, shown);
                record = record.With(
                    new ScorePoint
                    {
                        Step = until,
                        Headlines = [.. result.Tasks.Select(t => double.IsNaN(t.Headline.Value) ? (double?)null : t.Headline.Value)],
                    }
                );
                record.Write(RecordPath);
            }
            if (until == total)
                break;
        }
        if (result is null)
            throw new InvalidOperationException(
                $"{_files.Checkpoint} has {trainer.StepCount} steps, more than the {total} of the comparison"
            );
        _files.SaveResults(result);
        console.Line($"{method.Name}, seed {seed}: {result}");
        BadSamples.Report(console, train, test);
    }
}
