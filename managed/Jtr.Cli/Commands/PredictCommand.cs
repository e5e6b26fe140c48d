using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Cli.Prediction;
using Jtr.Cli.Prediction.Formats;
using Jtr.Interop;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Commands;

/// <summary>`jtr predict`: what a network predicts, as data and as pictures.</summary>
internal sealed class PredictCommand
{
    private const int SheetRows = 16;

    // Photographs of so many pixels are in memory at once, whatever their number.
    private const long PixelsAtOnce = 48L << 20;

    private readonly CliConsole _console;
    private readonly CheckpointInput _input = new();
    private readonly PredictOptions _options = new();

    private readonly Argument<string[]> _photographs = new("photographs")
    {
        HelpName = "PHOTOGRAPH",
        Description =
            "JPEG or PNG files, folders with all that is below them, or videos (.mp4, .avi, .mov, .mkv, where ffmpeg is installed). "
            + "Without any: samples of the test data, shown beside their labels.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _output = OptionKinds.Text("--output", "FOLDER", "Where the files go. Default: jtr-predictions.");

    private readonly Option<long?> _count = OptionKinds.Whole(
        "--count",
        "N",
        "Photographs to predict, evenly spread over all that are named. Default: all; of the test data 8.",
        1,
        1_000_000
    );

    private PredictCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        PredictCommand predict = new(console);
        Command command = new("predict", "Write what a trained network predicts for photographs, as data and pictures.");
        new HelpPage
        {
            Usage = "jtr predict CHECKPOINT [PHOTOGRAPH...] [options]",
            Text =
            [
                "Writes a file for each photograph and task into the folder --output: NAME.TASK.png and what else --format "
                    + "asks for, at the "
                    + "photograph's own size. predictions.png there shows the first 16 side by side. Folders keep their tree, "
                    + "hidden files are passed over, and photographs of one name do not overwrite each other.",
                "Classes have colours of their own (the legend tells which), depth goes from violet (near) to yellow (far), normals are "
                    + "(n + 1) / 2 as red, green and blue, maps go from black to pale yellow.",
                "Photographs are resized to the size that the network was trained at, and the predictions back; --tile keeps their "
                    + "resolution.",
                "A file that is no photograph is an error before any work is done, one that is damaged an error at the end, "
                    + "when all others "
                    + "are done; with --skip-bad both are listed and no error.",
            ],
            Arguments = [predict._input.Checkpoint, predict._photographs],
            Groups =
            [
                new("What is written", [predict._output, predict._count, .. predict._options.Written]),
                new("How it is computed", predict._options.Computed),
                CheckpointInput.DataGroup,
                SettingsTable.Group("benchmark"),
                SettingsTable.Group("machine"),
            ],
            Sections = [("Formats", PredictionFormats.Words), ("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("For the test data of its run:", "jtr predict jtr-run/checkpoint.safetensors --count 4"),
                new("For photographs:", "jtr predict jtr-run/checkpoint.safetensors street.jpg holidays/ --output pictures"),
                new(
                    "Class ids and pictures of a large folder, which may be interrupted:",
                    "jtr predict jtr-run photos --format ids --format overlay --skip-bad --resume"
                ),
                new("Fill in the missing labels of a data set:", "jtr predict jtr-run photos/train --as-labels --output photos/train"),
            ],
        }.Apply(command, console);
        command.SetAction(predict.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        RunConfiguration said = RunConfigurationReader.Read(parsed);
        RunFolder folder = new(parsed.GetValue(_output) ?? "jtr-predictions");
        string[] arguments = parsed.GetValue(_photographs) ?? [];
        if (arguments.Length > 0 && said.Data.Data is not null)
            throw new UsageException("Name photographs or --data, not both.");
        _options.Words(parsed);
        string checkpoint = _input.Path(parsed);
        MachineOptions.Prepare(said.Machine, _console);
        CheckpointInfo info = CheckpointInfo.Read(checkpoint);
        if (arguments.Length > 0)
            return await PhotographsAsync(parsed, said, info, arguments, folder, cancellationToken).ConfigureAwait(false);
        if (_options.FirstGiven(parsed) is string option)
            throw new UsageException($"{option} is for photographs: name them, or a folder of them.");
        IMultiTaskDataset data = DataSource.WithInputs(
            DataSource.OpenTest(CheckpointInput.Request(said, info), info.Options.Tasks).Test!,
            info.Options.Inputs
        );
        using Trainer trainer = Trainer.Load(checkpoint, CheckpointInput.LoadOptions(said), _console.Logger);
        folder.Create();
        int[] samples = PredictionSheet.Spread(data.Count, (int)(parsed.GetValue(_count) ?? 8));
        PredictionSheet.Draw(data, samples, [("prediction", trainer)], cancellationToken).SavePng(folder.Pictures);
        _console.Line($"Written: {folder.Pictures}");
        return ExitCode.Success;
    }

    private async Task<int> PhotographsAsync(
        ParseResult parsed,
        RunConfiguration said,
        CheckpointInfo info,
        string[] arguments,
        RunFolder folder,
        CancellationToken cancellationToken
    )
    {
        ImageSize size = SizeOf(said, info);
        InferenceOptions inference = _options.Inference(parsed, size);
        bool asLabels = _options.AsLabels(parsed);
        (IReadOnlyList<IPredictionFormat> formats, bool json, bool csv) = _options.Formats(parsed, info.Options.Tasks);
        FolderImage image = ImageOf(parsed, info);
        PhotographList list = PhotographList.Find(arguments, folder.Path, unique: asLabels, image);
        if (list.Videos > 0)
            VideoFrames.CheckProgram();
        if (parsed.GetValue(_count) is long count)
        {
            if (list.Videos > 0)
                throw new UsageException("--count is for photographs; of videos --every takes every Nth frame.");
            list.Spread((int)count);
        }
        bool skipBad = said.Data.SkipBad == true;
        long largest = CheckAll(list, image, skipBad, cancellationToken);
        DeviceChoice device = MachineOptions.Device(said);
        PredictorOptions computing = new()
        {
            Device = device.Kind,
            DeviceIndex = device.Index,
            AsDomain = _options.AsDomain(parsed),
        };
        using Predictor predictor = AsDomainOption.Say(() => Predictor.Load(info.Path, computing, _console.Logger));
        folder.Create();
        double? depthScale = said.Data.DepthScale ?? TrainSettings.From(info.Metadata, info.Path)?.Data.DepthScale;
        PredictionJob job = new()
        {
            Inference = inference,
            Formats = formats,
            Json = json,
            Csv = csv,
            Output = folder.Path,
            Labels = asLabels ? LabelFolder.Open(folder.Path, info.Options.Tasks, said.Data.DepthScale) : null,
            DepthScale = depthScale ?? PredictionFiles.DefaultDepthScale,
            Inputs = Inputs(parsed, info),
            Resume = _options.Resume(parsed),
            Workers = said.Machine.Workers ?? (int)Math.Clamp(PixelsAtOnce / largest, 1, Environment.ProcessorCount + 1),
            SheetRows = asLabels ? 0 : SheetRows,
        };
        PredictionOutcome outcome = await WorkView
            .ShowAsync(
                _console,
                "predicting",
                list.Videos > 0 ? "photographs and frames" : "photographs",
                list.Count,
                done => new PredictionRun(predictor, job).RunAsync(list.Items(_options.Every(parsed)), done, cancellationToken)
            )
            .ConfigureAwait(false);
        if (outcome.Rows.Count > 0)
            Sheet(predictor.Tasks, outcome).SavePng(folder.Pictures);
        return Report(list, outcome, folder, skipBad);
    }

    /// <summary>How the photographs are stored: what a network that reads other channels than colors has to be told.</summary>
    private FolderImage ImageOf(ParseResult parsed, CheckpointInfo info)
    {
        int channels = info.Options.Inputs.ImageChannels;
        if (info.Options.Inputs.IsRgb)
            return FolderImage.Rgb;
        string folder =
            _options.InputsFrom(parsed)
            ?? throw new UsageException(
                $"--inputs-from: this network reads photographs of {channels} channels; name a folder whose tasks.json says how they "
                    + "are stored, such as that of the data it was trained on."
            );
        FolderImage image = FolderDataset.DescribeImage(folder);
        return image.Channels == channels
            ? image
            : throw new UsageException(
                $"--inputs-from: this network reads photographs of {channels} channels; those of {folder} have {image.Channels}, by its "
                    + "tasks.json."
            );
    }

    /// <summary>Where the network's further inputs lie, or null: they are missing.</summary>
    private PhotographInputs? Inputs(ParseResult parsed, CheckpointInfo info)
    {
        string? folder = _options.InputsFrom(parsed);
        if (info.Options.Inputs.Count == 0)
            return folder is null || !info.Options.Inputs.IsRgb
                ? null
                : throw new UsageException("--inputs-from: this network reads nothing beside the photograph.");
        if (folder is not null)
            return new PhotographInputs(folder, info.Options.Inputs);
        _console.Line($"note: without --inputs-from the network's further inputs are missing: {info.Options.Inputs}");
        return null;
    }

    /// <summary>Reads the headers of all photographs, so that a file that is none shows before any work is done.</summary>
    /// <returns>Pixels of the largest.</returns>
    private long CheckAll(PhotographList list, FolderImage image, bool skipBad, CancellationToken cancellationToken)
    {
        // A frame of a video is taken to be as large as that of a usual one.
        long largest = 1920L * 1080;
        List<Exception> bad = [];
        IReadOnlyList<PhotographItem> photographs = list.Photographs;
        CountView.Show(
            _console,
            "looking at the photographs",
            photographs.Count,
            done =>
            {
                for (int i = 0; i < photographs.Count; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    try
                    {
                        (int height, int width) = image.ReadSize(photographs[i].Source);
                        largest = Math.Max(largest, (long)height * width);
                    }
                    catch (Exception e) when (e is JtrFormatException or IOException or UnauthorizedAccessException)
                    {
                        bad.Add(e);
                    }
                    done(i + 1);
                }
                return 0;
            }
        );
        if (bad.Count == 0 || skipBad)
            return largest;
        string others = bad.Count > 1 ? $" ({bad.Count - 1} more cannot be read)" : "";
        throw new IOException($"{ErrorText.Describe(bad[0])}{others}; nothing was done. --skip-bad leaves such files out", bad[0]);
    }

    /// <summary>Photographs and predictions side by side.</summary>
    internal static PictureGrid Sheet(TaskSet tasks, PredictionOutcome outcome)
    {
        PictureGrid grid = new(["photo", .. tasks.Select(t => t.Name)]);
        foreach ((string name, IReadOnlyList<PictureCell> cells) in outcome.Rows.Values)
            grid.AddRow(name, cells);
        PredictionSheet.AddLegend(grid, tasks);
        return grid;
    }

    private int Report(PhotographList list, PredictionOutcome outcome, RunFolder folder, bool skipBad)
    {
        if (list.Hidden > 0)
            _console.Line($"Hidden files that were passed over: {list.Hidden}");
        if (outcome.Done > 0)
            _console.Line($"Photographs whose files were there already: {outcome.Done}");
        if (outcome.KeptLabels > 0)
            _console.Line($"Labels that were there already and stay: {outcome.KeptLabels}");
        string sheet = outcome.Rows.Count > 0 ? $"{folder.Pictures} and " : "";
        _console.Line($"Written: {sheet}{outcome.Files} files of {outcome.Predicted} photographs in {folder.Path}");
        if (outcome.Bad.Count == 0)
            return ExitCode.Success;
        if (skipBad)
        {
            _console.Line($"warning: photographs that cannot be read and were skipped: {outcome.Bad.Count}");
            foreach (string message in outcome.Bad)
                _console.Line($"warning: {message}");
            return ExitCode.Success;
        }
        foreach (string message in outcome.Bad)
            _console.Fail(message);
        _console.Fail(
            $"photographs that cannot be read: {outcome.Bad.Count}; all others are done. --skip-bad makes this no error, --resume goes on"
        );
        return ExitCode.Failure;
    }

    /// <summary>The size that is named, that of the run, that of the checkpoint's last step, or the default.</summary>
    private static ImageSize SizeOf(RunConfiguration said, CheckpointInfo info) =>
        info.TrainingSize is { } trained && TrainSettings.From(info.Metadata, info.Path) is null && DataOptions.ImageSizeOf(said) is null
            ? new ImageSize(trained.Height, trained.Width)
            : CheckpointInput.Size(said, info);
}
