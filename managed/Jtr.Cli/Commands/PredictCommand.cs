using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Commands;

/// <summary>`jtr predict`: pictures of what a network predicts.</summary>
internal sealed class PredictCommand
{
    private readonly CliConsole _console;
    private readonly CheckpointInput _input = new();

    private readonly Argument<string[]> _photographs = new("photographs")
    {
        HelpName = "PHOTOGRAPH",
        Description = "JPEG or PNG files, or folders of them. Without any: samples of the test data, shown beside their labels.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _output = OptionKinds.Text("--output", "FOLDER", "Where the pictures go. Default: jtr-predictions.");

    private readonly Option<long?> _count = OptionKinds.Whole(
        "--count",
        "N",
        "Samples of the test data to show, evenly spread. Default: 8.",
        1,
        1000
    );

    private PredictCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        PredictCommand predict = new(console);
        Command command = new("predict", "Paint what a trained network predicts for photographs.");
        new HelpPage
        {
            Usage = "jtr predict CHECKPOINT [PHOTOGRAPH...] [options]",
            Text =
            [
                "Writes PNG pictures into the folder --output: predictions.png with everything side by side, and for photographs "
                    + "NAME.TASK.png of each. Classes have colours of their own (the legend "
                    + "tells which), depth goes from violet (near) to yellow (far), normals are (n + 1) / 2 as red, green and blue, "
                    + "maps go from black to pale yellow.",
                "Photographs are resized to the size that the network was trained at.",
            ],
            Arguments = [predict._input.Checkpoint, predict._photographs],
            Groups =
            [
                new("Pictures", [predict._output, predict._count]),
                CheckpointInput.DataGroup,
                DataOptions.LayoutGroup,
                MachineOptions.Group,
            ],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("For the test data of its run:", "jtr predict jtr-run/checkpoint.safetensors --count 4"),
                new("For photographs:", "jtr predict jtr-run/checkpoint.safetensors street.jpg holidays/ --output pictures"),
            ],
        }.Apply(command, console);
        command.SetAction(predict.RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        RunConfiguration said = RunConfigurationReader.Read(parsed);
        RunFolder folder = new(parsed.GetValue(_output) ?? "jtr-predictions");
        string[] photographs = parsed.GetValue(_photographs) ?? [];
        if (photographs.Length > 0 && said.Data.Data is not null)
            throw new UsageException("Name photographs or --data, not both.");
        string checkpoint = _input.Path(parsed);
        MachineOptions.Prepare(MachineOptions.Settings(said), _console);
        CheckpointInfo info = CheckpointInfo.Read(checkpoint);
        string[] files = Files(photographs);
        IMultiTaskDataset? data =
            files.Length > 0 ? null : DataSource.OpenTest(CheckpointInput.Request(said, info), info.Options.Tasks).Test;
        using Trainer trainer = Trainer.Load(checkpoint, CheckpointInput.LoadOptions(said), _console.Logger);
        folder.Create();

        PictureGrid grid = data is null
            ? Paint(trainer, files, CheckpointInput.Size(said, info), folder, cancellationToken)
            : PredictionSheet.Draw(data, PredictionSheet.Spread(data.Count, (int)(parsed.GetValue(_count) ?? 8)), ("prediction", trainer));
        grid.SavePng(folder.Pictures);
        _console.Line(
            $"Written: {folder.Pictures}{(files.Length == 0 ? "" : $" and {files.Length * trainer.Tasks.Count} pictures beside it")}"
        );
        return Task.FromResult(ExitCode.Success);
    }

    private static string[] Files(string[] photographs)
    {
        List<string> files = [];
        foreach (string path in photographs)
        {
            if (!Directory.Exists(path))
            {
                files.Add(File.Exists(path) ? path : throw new FileNotFoundException($"there is no file or folder '{path}'", path));
                continue;
            }
            string[] inside = [.. Directory.EnumerateFiles(path).Where(IsPhotograph).Order(StringComparer.Ordinal)];
            if (inside.Length == 0)
                throw new FileNotFoundException($"the folder '{path}' has no photographs (.jpg, .jpeg, .png)", path);
            files.AddRange(inside);
        }
        return [.. files];
    }

    private static bool IsPhotograph(string path) => Path.GetExtension(path).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG";

    private static PictureGrid Paint(Trainer trainer, string[] files, ImageSize size, RunFolder folder, CancellationToken cancellationToken)
    {
        (int height, int width) = (size.Height, size.Width);
        int plane = height * width;
        TaskSet tasks = trainer.Tasks;
        float[] image = new float[3 * plane],
            predictions = new float[tasks.TotalChannels * plane];
        PictureGrid grid = new(["photo", .. tasks.Select(t => t.Name)]);
        foreach (string file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PhotographReader.Read(file, height, width, image);
            trainer.Predict(image, 1, height, width, predictions);
            string name = Path.GetFileNameWithoutExtension(file);
            List<PictureCell> cells = [PictureCell.Of(TaskPainter.PaintImage(image, height, width))];
            for (int t = 0; t < tasks.Count; t++)
            {
                RgbImage picture = TaskPainter.PaintPrediction(
                    tasks[t],
                    predictions.AsSpan(tasks.ChannelOffset(t) * plane, tasks[t].Channels * plane),
                    height,
                    width
                );
                picture.SavePng(Path.Combine(folder.Path, $"{name}.{tasks[t].Name}.png"));
                cells.Add(PictureCell.Of(picture));
            }
            grid.AddRow(name, cells);
        }
        foreach (SegmentationTask task in tasks.OfType<SegmentationTask>().Take(1))
            grid.AddLegend(task);
        return grid;
    }
}
