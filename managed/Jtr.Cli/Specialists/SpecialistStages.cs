using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Cli.Prediction;
using Jtr.Cli.Prediction.Formats;
using Jtr.Interop;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Cli.Specialists;

/// <summary>
/// The method "specialists" (MuST, Ghiasi et al., ICCV 2021): a network for each task learns from the samples that people have labelled
/// for it; these networks label what is missing; then one student learns from both. Here are all stages but the student, which is trained
/// as any network with --pseudo-labels is. Each stage goes on where it was interrupted; one that is done is passed over.
/// </summary>
internal sealed class SpecialistStages
{
    /// <summary>The name of the method.</summary>
    public const string Name = "specialists";

    private const string StudentBase = "supervised";

    private readonly CliConsole _console;
    private readonly TrainSettings _settings;
    private readonly OpenData _data;
    private readonly LabelAssignment _labels;
    private readonly string _folder;

    /// <summary>Prepares the stages.</summary>
    /// <param name="console">Where progress is shown.</param>
    /// <param name="settings">Those of the student.</param>
    /// <param name="data">Photographs and labels of people.</param>
    /// <param name="labels">The labels of people that may be seen.</param>
    /// <param name="folder">The student's folder.</param>
    public SpecialistStages(CliConsole console, TrainSettings settings, OpenData data, LabelAssignment labels, string folder) =>
        (_console, _settings, _data, _labels, _folder) = (console, settings, data, labels, folder);

    /// <summary>Whether a method has specialists.</summary>
    public static bool AreIn(string method) => method == Name || method.StartsWith(Name + "+", StringComparison.Ordinal);

    /// <summary>The method of the network itself: that of the student, or the method as it is.</summary>
    public static string StudentOf(string method) =>
        method == Name ? StudentBase
        : AreIn(method) ? method[(Name.Length + 1)..]
        : method;

    /// <summary>Whether data can have files of labels beside them.</summary>
    public static bool Fit(IMultiTaskDataset data) => data is FolderDataset;

    /// <summary>Where the specialists' labels lie in a student's folder.</summary>
    public static string LabelsOf(string folder) => Path.Combine(folder, "specialists", "labels");

    /// <summary>Takes away what an earlier run with other settings has left.</summary>
    public static void Delete(string folder)
    {
        string all = Path.Combine(folder, "specialists");
        if (Directory.Exists(all))
            Directory.Delete(all, recursive: true);
    }

    /// <summary>Does what is left to do.</summary>
    /// <param name="view">Where training shows its progress; null: a view of its own for each stage.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancellationToken">Ends it; what was done is saved.</param>
    /// <returns>The settings of the student.</returns>
    public async Task<TrainSettings> RunAsync(TrainingView? view, DeviceChoice device, CancellationToken cancellationToken)
    {
        if (_data.Train is not FolderDataset photographs)
            throw new UsageException($"--method {Name} is for training on a folder of photographs, where labels can lie beside them.");
        TaskSet tasks = photographs.Tasks;
        // Where people have labelled all, a network would have nothing to add.
        int[] missing = [.. Enumerable.Range(0, tasks.Count).Where(t => Missing(photographs, t).Any())];
        if (missing.Length == 0)
            throw new UsageException($"--method {Name} labels what is missing, and all photographs have labels for {tasks}.");
        int stages = 2 * missing.Length + 1;
        for (int i = 0; i < missing.Length; i++)
        {
            await TrainAsync(missing[i], $"stage {i + 1} of {stages}", view, device, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        LabelFolder folder = LabelFolder.Open(LabelsOf(_folder), tasks, _settings.Data.DepthScale);
        for (int i = 0; i < missing.Length; i++)
        {
            string stage = $"stage {missing.Length + i + 1} of {stages}";
            await LabelAsync(photographs, missing[i], folder, stage, view is null, device, cancellationToken).ConfigureAwait(false);
        }
        ConstraintInput.Report(photographs, folder.Root, _settings.Constraints, _console, cancellationToken);
        if (view is null)
            _console.Title($"Student (stage {stages} of {stages})");
        return Student(_settings, _folder);
    }

    /// <summary>The settings of a student whose labels are made.</summary>
    public static TrainSettings Student(TrainSettings settings, string folder) =>
        settings.With(run => run.Data.PseudoLabels = Path.GetFullPath(LabelsOf(folder)));

    /// <summary>The photographs that have no label of a task that training may see.</summary>
    private IEnumerable<int> Missing(FolderDataset photographs, int task) =>
        Enumerable.Range(0, photographs.Count).Where(i => !(photographs.GetLabeled(i) & _labels[i])[task]);

    private RunFolder FolderOf(int task) => new(Path.Combine(_folder, "specialists", _data.Train.Tasks[task].Name));

    /// <summary>A specialist's settings: those of the student, with nothing that relates tasks.</summary>
    private TrainSettings SettingsOf(int task) =>
        _settings.With(run =>
        {
            run.Data.Tasks = [_data.Train.Tasks[task].Name];
            run.Data.ClassNames = null;
            run.Data.PseudoLabels = null;
            run.Training.Method = StudentBase;
            if (run.Methods.SpecialistSteps is { } steps)
            {
                (run.Training.Steps, run.Training.Epochs) = (steps, null);
                // That of the student may be longer than all of this.
                run.Optimizer.Warmup = Math.Min(run.Optimizer.Warmup ?? 0, steps / 2);
            }
            run.Methods.SpecialistSteps = null;
            run.Training.Constraints = null;
            run.Data.DropViolations = null;
            run.Methods.TaskGraph = null;
            run.Balancing = new BalancingSection();
            run.Teacher = new TeacherSection();
            (run.Run.EvalEvery, run.Run.EarlyStopping, run.Run.MinImprovement) = (null, null, null);
        });

    private async Task TrainAsync(int task, string stage, TrainingView? view, DeviceChoice device, CancellationToken cancellationToken)
    {
        string name = _data.Train.Tasks[task].Name;
        RunFolder files = FolderOf(task);
        TrainSettings settings = SettingsOf(task);
        OneTaskDataset own = new(_data.Train, task, _labels);
        if (own.Count == 0)
            throw new JtrFormatException(
                _settings.Data.Data,
                $"task '{name}' has no label that training may see: nothing for its specialist"
            );
        LabelAssignment all = new(own.Tasks, [.. Enumerable.Repeat(own.Tasks.All, own.Count)]);
        IMultiTaskDataset train = BadSamples.Wrap(settings.Data, own, all);
        long total = settings.TotalSteps(train.Count);
        if (File.Exists(files.Results) && IsOf(files, settings))
        {
            _console.Line($"Specialist of {name} ({stage}): done before.");
            return;
        }
        files.Create();
        using Trainer trainer =
            File.Exists(files.Checkpoint) && IsOf(files, settings)
                ? Trainer.Load(files.Checkpoint, new LoadOptions { Device = device.Kind, DeviceIndex = device.Index }, _console.Logger)
                : settings.Begin(settings.ToTrainerOptions(train, all, device), _console, isTold: false);
        _console.Title($"Specialist of {name} ({stage}): {own.Count} labels, {total} steps");
        IMultiTaskDataset? test = _data.Test is null
            ? null
            : BadSamples.Wrap(settings.Data, DataSource.WithInputs(new OneTaskDataset(_data.Test, task), train.Inputs));
        FitOptions fit = settings.ToFitOptions(all) with
        {
            Steps = total,
            Workers = settings.Workers,
            DataSeed = settings.Seed,
            CheckpointPath = files.Checkpoint,
            CheckpointEvery = settings.SaveEvery,
            Keep = settings.Configuration.Run.Keep ?? 1,
            CheckpointMetadata = settings.ToMetadata(),
            Validation = test,
            EvaluateAtEnd = test is not null,
        };
        FitResult done = view is null
            ? await TrainingView.ShowAsync(_console, FitAsync).ConfigureAwait(false)
            : await FitAsync(view).ConfigureAwait(false);
        // Written last: by it a specialist is known to be finished.
        if (done.Scores is { } scores)
        {
            files.SaveResults(scores);
            _console.Line($"Specialist of {name}: {scores}");
        }
        else if (test is not null)
        {
            files.SaveResults(trainer.Evaluate(test, cancellationToken: cancellationToken));
        }

        Task<FitResult> FitAsync(TrainingView shown)
        {
            TrainingView.Run run = shown.Begin(new RunPlan($"specialist of {name}", total, settings.StepsPerEpoch(train.Count)));
            return trainer.FitAsync(train, fit with { EvaluationProgress = run }, run, cancellationToken);
        }
    }

    /// <summary>Whether a specialist that is there was trained as this one is to be.</summary>
    /// <exception cref="UsageException">It was not.</exception>
    private static bool IsOf(RunFolder files, TrainSettings settings)
    {
        if (!File.Exists(files.Checkpoint))
            return false;
        CheckpointInfo info = CheckpointInfo.Read(files.Checkpoint);
        TrainSettings? there = TrainSettings.From(info.Metadata, info.Path);
        return Comparable(there) == Comparable(settings)
            ? true
            : throw new UsageException(
                $"{files.Path} holds a specialist that was trained with other settings. --overwrite starts anew, "
                    + "--output names another folder."
            );

        static string? Comparable(TrainSettings? s) =>
            s
                ?.With(run =>
                {
                    run.Machine = new MachineSection();
                    run.Run.SaveEvery = null;
                    run.Training.Recomputation = null;
                })
                .ToJson();
    }

    private async Task LabelAsync(
        FolderDataset photographs,
        int task,
        LabelFolder folder,
        string stage,
        bool showProgress,
        DeviceChoice device,
        CancellationToken cancellationToken
    )
    {
        VisionTask labeled = photographs.Tasks[task];
        PhotographItem[] items =
        [
            .. Missing(photographs, task)
                .Where(i => !folder.Has(labeled, photographs.GetName(i)))
                .Select(i => new PhotographItem(photographs.GetName(i), photographs.GetImagePath(i), () => photographs.OpenImage(i))),
        ];
        if (items.Length == 0)
            return;
        using Predictor predictor = Predictor.Load(
            FolderOf(task).Checkpoint,
            new PredictorOptions { Device = device.Kind, DeviceIndex = device.Index },
            _console.Logger
        );
        PredictionJob job = new()
        {
            Inference = new InferenceOptions
            {
                Size = (photographs.Height, photographs.Width),
                Flip = true,
                Confidence = true,
            },
            Formats = [.. PredictionFormats.All.Where(f => f.LabelExtension is not null)],
            Output = folder.Root,
            Labels = folder,
            DepthScale = _settings.Data.DepthScale ?? PredictionFiles.DefaultDepthScale,
            Workers = _settings.Workers ?? Environment.ProcessorCount,
        };
        string what = $"{labeled.Name} of {items.Length} photographs";
        _console.Title($"The specialist of {labeled.Name} labels what is missing ({stage})");
        PredictionOutcome outcome = showProgress
            ? await WorkView.ShowAsync(_console, "labelling", "photographs", items.Length, done => LabelAll(done)).ConfigureAwait(false)
            : await LabelAll(_ => { }).ConfigureAwait(false);
        foreach (string message in outcome.Bad)
            _console.Line($"warning: {message}");
        _console.Line(string.Create(CultureInfo.InvariantCulture, $"Labelled: {what}, in {folder.Root}"));

        Task<PredictionOutcome> LabelAll(Action<int> done) => new PredictionRun(predictor, job).RunAsync(items, done, cancellationToken);
    }
}
