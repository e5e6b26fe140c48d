using System.CommandLine;
using System.Globalization;
using System.Text;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands.Presets;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Inspection;
using Jtr.Cli.Output;
using Jtr.Cli.Parallel;
using Jtr.Cli.Specialists;
using Jtr.Interop;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Labels;
using Jtr.Interop.Reporting;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Commands;

/// <summary>`jtr train`: trains a network, scores it and shows what it predicts.</summary>
internal sealed class TrainCommand
{
    private readonly CliConsole _console;
    private readonly TrainRunOptions _run = new();
    private readonly TrainGroup _together = new();

    private readonly Option<string?> _output = OptionKinds.Text(
        "--output",
        "FOLDER",
        "Where checkpoint, scores and pictures go. Default: jtr-run."
    );

    private readonly Option<string?> _resume = new("--resume")
    {
        HelpName = "[FILE]",
        Description = "Go on with a run, by default that of --output; it needs no other option. Give more --steps to train longer.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Start anew although --output has a checkpoint." };

    private readonly Option<bool> _noCheck = LabelLook.MakeOption();

    private readonly Option<bool> _noTensorBoard = new("--no-tensorboard") { Description = "Write no event file for TensorBoard." };

    private readonly SettingsTable _table;

    private TrainCommand(CliConsole console, SettingsTable table) => (_console, _table) = (console, table);

    /// <summary>Makes the command.</summary>
    /// <param name="console">Where it writes.</param>
    /// <param name="table">The settings that there are, or null for those of the native library that is loaded.</param>
    public static Command Make(CliConsole console, SettingsTable? table = null)
    {
        TrainCommand train = new(console, table ?? SettingsTable.Current);
        Command command = new("train", "Train a network on the built-in scenes, on a folder of photographs and labels, or on a benchmark.");
        train.Help().Apply(command, console);
        command.SetAction(train.RunAsync);
        return command;
    }

    private HelpPage Help() =>
        new()
        {
            Usage = "jtr train [options]",
            Text =
            [
                "Trains one network for several tasks and writes into the folder --output: checkpoint.safetensors (weights, optimiser and "
                    + "settings), results.json and "
                    + "results.csv (scores on the test data), labels.json (which labels training saw), predictions.png (photographs, "
                    + "labels, predictions), progress.csv and an event file for TensorBoard (losses), and report.html, "
                    + "a page of all that for the browser; log.txt is what was said.",
                "Ctrl-C saves the checkpoint and stops; --resume goes on as if nothing had happened, to the bit on a CPU, also after a "
                    + "crash: with the same --threads and so on, unless others are given.",
                "Where nothing is said of network, method, rate and batch, --preset chooses them, by default what was best in our tables; "
                    + "the run says what it chose.",
                "config.json keeps all settings: --config with it repeats the run. With --eval-every, best.safetensors is the checkpoint "
                    + "with the best scores.",
                .. _table.IsWhole ? (string[])[] : [SettingsTable.Missing],
            ],
            Everyday =
            [
                "--data",
                "--test",
                "--tasks",
                "--size",
                "--scenario",
                "--preset",
                "--method",
                "--backbone",
                "--weights",
                "--steps",
                "--epochs",
                "--batch-size",
                "--learning-rate",
                "--lr-schedule",
                "--eval-every",
                "--early-stopping",
                "--output",
                "--resume",
                "--overwrite",
                "--config",
                "--dry-run",
                "--find-lr",
                "--device",
                "--processes",
                "--seed",
            ],
            Groups =
            [
                _run.ConfigurationGroup,
                new("What is written", [_output, _resume, _overwrite, _noTensorBoard, _noCheck]),
                _run.TrialGroup,
                _together.Group,
                .. _table.Groups(except: []),
            ],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("On built-in scenes, each with a label for one of three tasks:", "jtr train --steps 1000 --output supervised"),
                new(
                    "The same labels with JTR, which shows its gain or loss over that:",
                    "jtr train --steps 1000 --method jtr --output with-jtr --baseline supervised/results.json"
                ),
                new(
                    "On photographs (photos/train/image/*.jpg, photos/train/seg/*.png, ...):",
                    "jtr train --data photos --size 96x128 --epochs 40 --output photos-run"
                ),
                new("With an end when scores improve no more:", "jtr train --data photos --eval-every 500 --early-stopping 5"),
                new("How long would it take, and how much memory?", "jtr train --data photos --dry-run"),
                new("Which learning rate?", "jtr train --data photos --find-lr"),
                new("On two GPUs of this machine:", "jtr train --data photos --processes 2"),
                new("Longer:", "jtr train --resume photos-run/checkpoint.safetensors --epochs 80"),
                new(
                    "As published for NYU-v2 (a GPU is of use):",
                    "jtr train --data nyuv2:nyuv2 --labels nyuv2_onelabel.pth --preset published"
                ),
            ],
        };

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (_together.ToStart(parsed) is { } count)
            return await TrainGroup.StartAsync(_console, parsed, count, cancellationToken).ConfigureAwait(false);
        if (!LocalProcesses.IsOne)
            return await TrainAsync(parsed, cancellationToken).ConfigureAwait(false);
        using CancellationTokenSource stop = SelfProcess.UntilInputEnds(cancellationToken);
        try
        {
            return await TrainAsync(parsed, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Canceled;
        }
    }

    private async Task<int> TrainAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        int rank = TrainGroup.FromEnvironment()?.Rank ?? 0;
        bool isFirst = rank == 0;
        if (!isFirst)
            _console.BeRank(LocalProcesses.IsOne ? null : rank);
        bool resume = parsed.GetResult(_resume) is not null;
        RunConfiguration said = _run.Configuration(parsed, resume);
        string? resumed = resume ? CheckpointInput.Find(parsed.GetValue(_resume) ?? parsed.GetValue(_output) ?? "jtr-run") : null;
        RunFolder folder = new(
            parsed.GetValue(_output)
                ?? (
                    resumed is null ? "jtr-run"
                    : Path.GetDirectoryName(resumed) is { Length: > 0 } beside ? beside
                    : "."
                )
        );
        // Its stages have no checkpoint of the run yet: the same command goes on with all of them.
        bool specialists = SpecialistStages.AreIn(said.Training.Method ?? "");
        if (specialists && resumed is null && File.Exists(folder.Checkpoint) && !parsed.GetValue(_overwrite) && !_run.IsTrial(parsed))
            resumed = folder.Checkpoint;
        if (resumed is null && File.Exists(folder.Checkpoint) && !parsed.GetValue(_overwrite) && !_run.IsTrial(parsed))
            throw new UsageException(
                $"{folder.Checkpoint} is there already: --resume goes on with it, --overwrite starts anew, --output names another folder."
            );
        // A folder that is there may be another run's; one that is not is made when nothing is wrong with the options.
        using IDisposable? early = isFirst && !_run.IsTrial(parsed) && Directory.Exists(folder.Path) ? folder.Hold() : null;
        EvaluationResult? baseline = said.Run.Baseline is string file ? EvaluationResult.LoadJson(file) : null;
        CheckpointInfo? info = resumed is null ? null : CheckpointInfo.Read(resumed);
        TrainSettings? saved = info is null ? null : ReadSettings(info);
        TrainSettings settings = TrainOptions.Settings(said, saved, table: _table);
        MachineOptions.Prepare(settings.Configuration.Machine, _console);
        // By the number that there are sums are rounded, whoever chose it.
        settings = settings.With(run => run.Machine.Threads = JtrRuntime.Threads);
        CheckMethod(settings);
        JtrProcessGroup? group = settings.Of(_together.Read(parsed));
        if (specialists && group is not null)
            throw new UsageException($"--method {SpecialistStages.Name} trains network after network in one process.");
        if (specialists && said.Data.PseudoLabels is not null)
            throw new UsageException($"--method {SpecialistStages.Name} makes labels of its own; leave out --pseudo-labels.");
        settings.CheckBalance();
        OpenData data = DataSource.Open(settings.Data, info?.Options.Tasks);
        if (resumed is null)
            settings = settings.Completed(data.Train.Count);
        settings.CheckRate(data.Train.Count);
        if (settings.EarlyStopping is not null && data.Test is null)
            throw new UsageException("--early-stopping needs data to score on: give --test, or a folder with train/ and test/.");
        // A cosine ends with the run: where the run is made longer, it is too.
        using Trainer? loaded = resumed is null
            ? null
            : Trainer.Load(
                resumed,
                LoadOptions(said, group) with
                {
                    Optimizer = settings.ToOptimizer(data.Train.Count),
                    Recomputation = settings.Recomputation,
                },
                _console.Logger
            );
        LabelAssignment labels = Labels(settings, data.Train, resumed);
        TrainerOptions? options = loaded is null
            ? settings.ToTrainerOptions(data.Train, labels, TrainGroup.Device(MachineOptions.Device(said), group)) with
            {
                Parallel = group,
            }
            : null;
        // Of weights that the preset chose, the line about the network tells.
        bool isTold = (said.Training.InitFrom ?? said.Network.Weights) is not null;
        using Trainer? made = options is not null && !_run.IsTrial(parsed) ? settings.Begin(options, _console, isTold) : null;

        // A run that goes on was looked at when it began.
        DataCheckReport? checks =
            parsed.GetValue(_noCheck) || resumed is not null || !isFirst ? null : LabelLook.At(settings, data, labels, cancellationToken);
        using IDisposable? during = specialists && early is null && !_run.IsTrial(parsed) ? folder.Hold() : null;
        if (specialists && resumed is not null)
        {
            // There is a student, so its labels are made.
            settings = SpecialistStages.Student(settings, folder.Path);
        }
        else if (specialists && !_run.IsTrial(parsed))
        {
            if (parsed.GetValue(_overwrite))
                SpecialistStages.Delete(folder.Path);
            folder.Create();
            _console.StopWords = "Stopping after this step, then saving; Ctrl-C again ends now, without saving.";
            try
            {
                settings = await new SpecialistStages(_console, settings, data, labels, folder.Path)
                    .RunAsync(view: null, MachineOptions.Device(said), cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                _console.Line();
                _console.Line("Stopped and saved. The same command again goes on.");
                return ExitCode.Canceled;
            }
        }
        (IMultiTaskDataset train, LabelAssignment seen) = MadeLabels.Add(settings, data.Train, labels);
        data = data with
        {
            Train = BadSamples.Wrap(settings.Data, train, seen),
            Test = data.Test is null ? null : BadSamples.Wrap(settings.Data, DataSource.WithInputs(data.Test, data.Train.Inputs)),
        };
        long total = settings.TotalSteps(data.Train.Count);
        (DomainWeightLearning Learning, LabelAssignment Labels)? learned = settings.LearnedWeights(data.Train, seen);
        seen = learned?.Labels ?? seen;
        if (options is not null && _run.IsTrial(parsed))
        {
            FitOptions steps = Fit(settings, seen, total);
            if (checks is not null)
                CheckView.Show(_console, checks);
            if (_run.IsDryRun(parsed))
                TrainTrial.DryRun(_console, options, data.Train, steps, cancellationToken);
            else
                TrainTrial.FindRate(_console, options, data.Train, steps, cancellationToken);
            return ExitCode.Success;
        }
        Trainer trainer = loaded ?? made!;
        using IDisposable? held = isFirst && early is null && during is null ? folder.Hold() : null;
        if (isFirst)
        {
            folder.Create();
            _console.LogTo(new RunLog(folder.Log, isContinued: resumed is not null));
            labels.Save(folder.Labels);
            WholeFile.Write(folder.Configuration, Kept(settings, trainer).ToJson());
        }
        Introduce(settings, saved, data, labels, seen, checks, UnusedOptions.Notes(parsed, settings), trainer, total, folder);
        if (trainer.StepCount >= total)
            _console.Line($"The run has {trainer.StepCount} steps already; --steps or --epochs can ask for more.");

        FitOptions fit = Fit(settings, seen, total) with
        {
            CheckpointPath = folder.Checkpoint,
            CheckpointEvery = settings.SaveEvery,
            Keep = settings.Configuration.Run.Keep ?? 1,
            CheckpointMetadata = settings.ToMetadata(),
            DomainWeights = learned?.Learning,
            Validation = data.Test,
            EvaluateEvery = data.Test is null ? 0 : settings.EvalEvery ?? 0,
            EvaluateAtEnd = data.Test is not null,
            BestPath = data.Test is null || settings.EvalEvery is null ? null : folder.Best,
            EarlyStopping = settings.EarlyStopping is { } patience
                ? new EarlyStoppingOptions { Patience = patience, MinImprovement = settings.Configuration.Run.MinImprovement ?? 0 }
                : null,
        };
        // Of several processes, all stop together.
        if (group is null)
            cancellationToken.ThrowIfCancellationRequested();
        using RunRecorder? recorder = isFirst
            ? new RunRecorder(
                folder.Path,
                trainer.Tasks,
                trainer.StepCount,
                new RunRecorderOptions { TensorBoard = !parsed.GetValue(_noTensorBoard) }
            )
            : null;
        try
        {
            FitResult result = await TrainingView
                .ShowAsync(_console, view => FitAsync(view, trainer, data, fit, settings, folder, recorder, cancellationToken))
                .ConfigureAwait(false);
            EvaluationResult? scores = Scores(trainer, data, result.Scores, settings, cancellationToken);
            if (recorder is not null)
                Conclude(trainer, data, scores, isNew: result.Scores is null, baseline, folder, recorder, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || group is not null)
        {
            _console.Line();
            _console.Line($"Stopped at step {trainer.StepCount} and saved. To go on: jtr train --resume {folder.Checkpoint}");
            return ExitCode.Canceled;
        }
        catch when (trainer.StepCount > (info?.Step ?? 0) && SavedStep(folder) is { } step)
        {
            _console.Line();
            _console.Line($"What was trained up to step {step} is saved. To go on: jtr train --resume {folder.Checkpoint}");
            throw;
        }
        if (data.Test is not null)
            ConcludeBest(trainer, settings, total, folder);
        BadSamples.Report(_console, data.Train, data.Test);
        return ExitCode.Success;
    }

    /// <summary>How to train, without what is written.</summary>
    private static FitOptions Fit(TrainSettings settings, LabelAssignment labels, long total) =>
        settings.ToFitOptions(labels) with
        {
            Steps = total,
            Workers = settings.Workers,
        };

    /// <summary>What the run's folder keeps: where it computes, and nothing that the run makes itself.</summary>
    private static RunConfiguration Kept(TrainSettings settings, Trainer trainer)
    {
        RunConfiguration run = settings.Configuration.Copy();
        run.Machine.Device = new DeviceChoice(trainer.Options.Device, trainer.Options.DeviceIndex).ToString();
        if (SpecialistStages.AreIn(settings.Method))
            run.Data.PseudoLabels = null;
        return run;
    }

    private static IEnumerable<string> PresetNotes(TrainSettings settings, OpenData data, LabelAssignment labels) =>
        Preset.Of(settings.Configuration).Notes(settings.Configuration, data.Train.Tasks, labels);

    /// <summary>Throws unless there is the method.</summary>
    private static void CheckMethod(TrainSettings settings)
    {
        if (JtrRuntime.FindMethod(settings.NetworkMethod) is not null)
            return;
        string[] names = [.. JtrRuntime.Methods.Select(m => m.Name), SpecialistStages.Name];
        string wrong = settings.Method.Split('+').FirstOrDefault(part => !names.Contains(part)) ?? settings.Method;
        string meant = Suggestion.Nearest(wrong, names) is { } name ? $" Did you mean '{name}'?" : "";
        throw new UsageException($"--method must be one of {string.Join(", ", names)}, not '{settings.Method}'.{meant}");
    }

    /// <summary>The labels that training sees. A run that goes on with labels from a file finds them beside its checkpoint.</summary>
    private static LabelAssignment Labels(TrainSettings settings, IMultiTaskDataset data, string? resumed)
    {
        IReadOnlyList<SourceRequest> sources = settings.Data.Sources ?? [];
        string kept = resumed is null ? "" : new RunFolder(Path.GetDirectoryName(Path.GetFullPath(resumed))!).Labels;
        bool isFromFiles = settings.LabelsFile is not null || sources.Any(s => s.Labels is not null);
        if (isFromFiles && File.Exists(kept))
            return LabelsFile.Read(kept, data);
        return VisibleLabels.Of(settings, data);
    }

    /// <summary>Trains, with scores in between if they are wanted.</summary>
    private Task<FitResult> FitAsync(
        TrainingView view,
        Trainer trainer,
        OpenData data,
        FitOptions fit,
        TrainSettings settings,
        RunFolder folder,
        RunRecorder? recorder,
        CancellationToken cancellationToken
    )
    {
        long total = fit.Steps!.Value;
        if (recorder is not null)
            _console.StopWords = "Stopping after this step, then saving; Ctrl-C again ends now, without saving.";
        TrainingView.Run shown = view.Begin(new RunPlan(trainer.Options.Method, total, settings.StepsPerEpoch(data.Train.Count)));
        fit = fit with
        {
            EvaluationProgress = shown,
            Evaluated = (step, result) =>
            {
                if (step < total)
                    _console.Line($"scores at step {step}: {result}");
                folder.AppendHistory(step, result);
                recorder?.AddScores(result, step);
            },
        };
        return trainer.FitAsync(data.Train, fit, recorder?.Then(shown), cancellationToken);
    }

    /// <summary>Says where the best checkpoint is, and why the run ended early if it did.</summary>
    private void ConcludeBest(Trainer trainer, TrainSettings settings, long total, RunFolder folder)
    {
        ValidationState scores = trainer.Validation;
        if (settings.EvalEvery is null || scores.BestStep == 0)
            return;
        if (settings.EarlyStopping is { } patience && scores.WithoutImprovement >= patience && trainer.StepCount < total)
            _console.Line(
                $"Stopped early at step {trainer.StepCount}: {scores.WithoutImprovement} times no better than at step {scores.BestStep}."
            );
        _console.Line($"The best scores were those at step {scores.BestStep}: {folder.Best}");
    }

    private void Introduce(
        TrainSettings settings,
        TrainSettings? saved,
        OpenData data,
        LabelAssignment labels,
        LabelAssignment seen,
        DataCheckReport? checks,
        IEnumerable<string> notes,
        Trainer trainer,
        long total,
        RunFolder folder
    )
    {
        StringBuilder counts = new(),
            made = new();
        for (int t = 0; t < data.Train.Tasks.Count; t++)
        {
            string name = data.Train.Tasks[t].Name;
            counts.Append(t == 0 ? "" : ", ").Append(name).Append(' ').Append(labels.LabeledCount(t));
            if (seen.LabeledCount(t) - labels.LabeledCount(t) is > 0 and int more)
                made.Append(made.Length == 0 ? "" : ", ").Append(name).Append(' ').Append(more);
        }
        _console.Title(trainer.StepCount == 0 ? "Training" : $"Training goes on at step {trainer.StepCount}");
        _console.Facts([
            (
                "data",
                $"{settings.Data.Data}: {data.Train.Count} samples of {data.Train.Height} x {data.Train.Width}, "
                    + $"{(data.Test is null ? "nothing to score on" : $"{data.Test.Count} to score on")}"
            ),
            (
                "labels",
                $"{settings.LabelsFile ?? Words.Of(Words.Scenarios, settings.Scenario)}: {counts}"
                    + (made.Length > 0 ? $"; made by a network: {made}" : "")
            ),
            ("checked", checks is null ? "no" : CheckView.Looked(checks)),
            ("preset", Preset.Of(settings.Configuration).Describe(settings.Configuration) ?? "none"),
            ("method", settings.Method),
            ("network", string.Create(CultureInfo.InvariantCulture, $"{settings.NetworkInWords}, {Words.Of(trainer.Options.Precision)}")),
            (
                "steps",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{total} of {settings.BatchSize} samples, rate {settings.LearningRate:G6}, seed {settings.Seed}"
                )
            ),
            .. Processes(trainer.Options.Parallel),
            ("output", folder.Path),
        ]);
        foreach (string note in data.Notes.Concat(notes).Concat(saved is null ? PresetNotes(settings, data, labels) : []))
            _console.Line(note);
        if (checks is not null)
            CheckView.Show(_console, checks);
        if (saved?.Configuration.Machine.Threads is int before && settings.Configuration.Machine.Threads != before)
            _console.Line(
                $"The run began with --threads {before}: with {settings.Configuration.Machine.Threads} sums are rounded otherwise, "
                    + "so that it does not end to the bit as without an interruption."
            );
        else if (saved?.Configuration.Machine.Threads is int kept && kept != Environment.ProcessorCount)
            _console.Line($"It goes on with --threads {kept}, as it began; another number changes the last digits.");
        _console.Line();
    }

    /// <summary>The processes in words; nothing for one.</summary>
    private static IEnumerable<(string, string)> Processes(JtrProcessGroup? group) =>
        group is { Size: > 1 }
            ?
            [
                (
                    "processes",
                    $"{group.Size}{(LocalProcesses.IsOne ? "" : $", started by {group.Launcher}")}, which meet at "
                        + $"{group.Address}:{group.Port}"
                ),
            ]
            : [];

    /// <summary>The scores at the end; those of a run that was over before are taken again, by all processes.</summary>
    private EvaluationResult? Scores(
        Trainer trainer,
        OpenData data,
        EvaluationResult? taken,
        TrainSettings settings,
        CancellationToken cancellationToken
    ) => data.Test is null ? null : taken ?? EvaluationView.Show(_console, trainer, data.Test, settings.Workers, cancellationToken);

    private void Conclude(
        Trainer trainer,
        OpenData data,
        EvaluationResult? result,
        bool isNew,
        EvaluationResult? baseline,
        RunFolder folder,
        RunRecorder recorder,
        CancellationToken cancellationToken
    )
    {
        if (data.Test is null || result is null)
        {
            _console.Line($"Saved {folder.Checkpoint}. There is nothing to score on: give --test, or a folder with train/ and test/.");
            _console.Line($"The curves of its losses: {RunReport.Save(folder.Path)}");
            return;
        }
        folder.SaveResults(result);
        if (isNew)
        {
            folder.AppendHistory(trainer.StepCount, result);
            recorder.AddScores(result, trainer.StepCount);
        }
        RgbImage pictures = PredictionSheet
            .Draw(data.Test, PredictionSheet.Spread(data.Test.Count, 6), [(trainer.Options.Method, trainer)], cancellationToken)
            .Render();
        pictures.SavePng(folder.Pictures);
        recorder.AddPicture("predictions", pictures, trainer.StepCount);
        ResultView.Show(_console, result, baseline);
        string report = RunReport.Save(folder.Path, baseline: baseline);
        _console.Title("Written");
        _console.Facts(("checkpoint", folder.Checkpoint), ("scores", folder.Results), ("pictures", folder.Pictures), ("report", report));
    }

    /// <summary>The step of the checkpoint in a run's folder, or null if there is none that can be read.</summary>
    private static long? SavedStep(RunFolder folder)
    {
        try
        {
            return File.Exists(folder.Checkpoint) ? CheckpointInfo.Read(folder.Checkpoint).Step : null;
        }
        catch (Exception e) when (e is IOException or JtrException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static TrainSettings ReadSettings(CheckpointInfo checkpoint) =>
        TrainSettings.From(checkpoint.Metadata, checkpoint.Path)
        ?? throw new UsageException(
            $"--resume: {checkpoint.Path} was not written by 'jtr train' or 'jtr demo', so the settings of its run are unknown."
        );

    private static LoadOptions LoadOptions(RunConfiguration said, JtrProcessGroup? group)
    {
        if (MachineOptions.Named(said) is not { } named)
            return new LoadOptions { Parallel = group, DeviceIndex = group is null ? null : TrainGroup.Device(new(), group).Index };
        DeviceChoice device = TrainGroup.Device(named, group);
        return new LoadOptions
        {
            Device = device.Kind,
            DeviceIndex = device.Index,
            Parallel = group,
        };
    }
}
