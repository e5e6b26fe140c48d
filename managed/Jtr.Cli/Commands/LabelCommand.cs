using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Cli.Prediction;
using Jtr.Cli.Prediction.Formats;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Commands;

/// <summary>`jtr label`: a network labels what people have not, for training.</summary>
internal sealed class LabelCommand
{
    private const int SheetRows = 16;

    private readonly CliConsole _console;
    private readonly CheckpointInput _input = new();
    private readonly PredictOptions _options = new();

    private readonly Argument<string?> _data = new("data")
    {
        HelpName = "FOLDER",
        Description = "The photographs and labels of people, as for 'jtr train --data'. Of train/ and test/ the former is meant.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _output = OptionKinds.Text(
        "--output",
        "FOLDER",
        "Where the labels go. Default: beside the photographs' folder, with -pseudo behind its name: photos/train-pseudo."
    );

    private readonly Option<bool> _all = new("--all")
    {
        Description =
            "Label photographs that people have labelled, too. Training uses such a label where it may not see that of people "
            + "(--limit-labels).",
    };

    private LabelCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        LabelCommand label = new(console);
        Command command = new("label", "Let a trained network label what people have not, for training.");
        new HelpPage
        {
            Usage = "jtr label CHECKPOINT FOLDER [options]",
            Text =
            [
                "For each photograph and task that has no label, writes the network's prediction as a label into the folder --output, at "
                    + "the photograph's size, and how sure it is into .confidence there. Labels that are there stay: killed, the same "
                    + "command goes on. predictions.png shows the first 16.",
                "The files are for people too: look at them, mend them, delete the bad ones. 'jtr train --pseudo-labels FOLDER' uses "
                    + "what is left, with --pseudo-weight and --pseudo-threshold. Scores are never taken on them.",
            ],
            Arguments = [label._input.Checkpoint, label._data],
            Groups =
            [
                new("What is written", [label._output, label._all]),
                new("How it is computed", [.. label._options.Computed.Where(o => o.Name != "--every")]),
                SettingsTable.Group("Data", "data.size", "data.skipBad", "data.voidId", "data.depthScale"),
                SettingsTable.Group("What is known of labels: how often they violate it is told", "training.constraints"),
                SettingsTable.Group("machine"),
            ],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("Label what the photographs of a run lack:", "jtr label jtr-run photos --flip"),
                new(
                    "And train on both:",
                    "jtr train --data photos --pseudo-labels photos/train-pseudo --pseudo-weight 0.5 --pseudo-threshold 0.9 --output "
                        + "student"
                ),
            ],
        }.Apply(command, console);
        command.SetAction(label.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        RunConfiguration said = RunConfigurationReader.Read(parsed);
        IReadOnlyList<ConstraintOptions> constraints = ConstraintInput.Parse(said.Training.Constraints);
        string checkpoint = _input.Path(parsed);
        string root = TrainingFolder(parsed.GetValue(_data) ?? throw new UsageException("Name the folder of photographs, such as photos."));
        MachineOptions.Prepare(said.Machine, _console);
        CheckpointInfo info = CheckpointInfo.Read(checkpoint);
        ImageSize size = CheckpointInput.Size(said, info);
        RunFolder folder = new(parsed.GetValue(_output) ?? Path.TrimEndingDirectorySeparator(root) + "-pseudo");
        TaskSet tasks = info.Options.Tasks;
        FolderDataset people = new(
            root,
            new FolderOptions
            {
                Height = size.Height,
                Width = size.Width,
                Tasks = [.. tasks],
                VoidId = said.Data.VoidId,
                DepthScale = said.Data.DepthScale,
            }
        );
        bool all = parsed.GetValue(_all);
        Dictionary<string, TaskMask> labeled = Enumerable
            .Range(0, people.Count)
            .ToDictionary(people.GetName, i => all ? TaskMask.None : people.GetLabeled(i), StringComparer.Ordinal);
        PhotographItem[] items =
        [
            .. Enumerable
                .Range(0, people.Count)
                .Where(i => labeled[people.GetName(i)] != tasks.All)
                .Select(i => new PhotographItem(people.GetName(i), people.GetImagePath(i), () => people.OpenImage(i))),
        ];
        if (items.Length == 0)
        {
            _console.Line($"All {people.Count} photographs of {root} have labels of people for {tasks}; --all labels them nevertheless.");
            return ExitCode.Success;
        }
        DeviceChoice device = MachineOptions.Device(said);
        using Predictor predictor = Predictor.Load(
            info.Path,
            new PredictorOptions { Device = device.Kind, DeviceIndex = device.Index },
            _console.Logger
        );
        folder.Create();
        PredictionJob job = new()
        {
            Inference = _options.Inference(parsed, size) with { Confidence = true },
            Formats = [.. PredictionFormats.All.Where(f => f.LabelExtension is not null)],
            Output = folder.Path,
            Labels = LabelFolder.Open(folder.Path, tasks, said.Data.DepthScale),
            LabeledByPeople = name => labeled[name],
            DepthScale = said.Data.DepthScale ?? PredictionFiles.DefaultDepthScale,
            Workers = said.Machine.Workers ?? Environment.ProcessorCount,
            SheetRows = SheetRows,
        };
        PredictionOutcome outcome = await WorkView
            .ShowAsync(
                _console,
                "labelling",
                "photographs",
                items.Length,
                done => new PredictionRun(predictor, job).RunAsync(items, done, cancellationToken)
            )
            .ConfigureAwait(false);
        if (outcome.Rows.Count > 0)
            PredictCommand.Sheet(tasks, outcome).SavePng(folder.Pictures);
        ConstraintInput.Report(people, folder.Path, constraints, _console, cancellationToken);
        return Report(people, outcome, folder, said.Data.SkipBad == true);
    }

    /// <summary>The folder itself, or that of its part to train on.</summary>
    private static string TrainingFolder(string path)
    {
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException($"there is no folder '{path}'");
        return FolderDataset.FindPhotographs(path) is null && PartNames.Find(path, DataPart.Train) is { } train ? train : path;
    }

    private int Report(FolderDataset people, PredictionOutcome outcome, RunFolder folder, bool skipBad)
    {
        if (outcome.KeptLabels > 0)
            _console.Line($"Labels that were there already and stay: {outcome.KeptLabels}");
        string sheet = outcome.Rows.Count > 0 ? $"{folder.Pictures} and " : "";
        _console.Line($"Written: {sheet}labels of {outcome.Predicted} of {people.Count} photographs in {folder.Path}");
        _console.Line($"To train on them: jtr train --data ... --pseudo-labels {folder.Path}");
        foreach (string message in outcome.Bad)
        {
            if (skipBad)
                _console.Line($"warning: {message}");
            else
                _console.Fail(message);
        }
        if (outcome.Bad.Count == 0 || skipBad)
            return ExitCode.Success;
        _console.Fail($"photographs that cannot be read: {outcome.Bad.Count}; all others are done. --skip-bad makes this no error");
        return ExitCode.Failure;
    }
}
