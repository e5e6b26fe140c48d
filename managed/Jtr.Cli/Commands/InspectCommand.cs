using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Inspection;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Commands;

/// <summary>`jtr inspect`: tells and shows what data hold.</summary>
internal sealed class InspectCommand
{
    private readonly CliConsole _console;
    private readonly DataInput _input = new();
    private readonly Option<long?> _count = OptionKinds.Whole("--count", "N", "Samples of each part in the picture. Default: 6.", 1, 100);
    private readonly Option<long?> _limit = OptionKinds.Whole(
        "--limit",
        "N",
        "Samples of each part to read for the statistics, evenly spread. Default: 1000.",
        1,
        int.MaxValue
    );
    private readonly Option<string?> _output = OptionKinds.Text("--output", "FILE", "The picture. Default: jtr-inspect.png.");
    private readonly Option<string?> _json = OptionKinds.Text(
        "--json",
        "FILE",
        "Write counts, statistics, findings and all problems as JSON; - writes to standard output."
    );

    private InspectCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        InspectCommand inspect = new(console);
        Command command = new("inspect", "Tell and show what data hold: samples, tasks, labels, damaged files.");
        new HelpPage
        {
            Usage = "jtr inspect DATA [options]",
            Text =
            [
                "Lists samples, sizes, tasks and labels of data, the pixels of each class, ranges of depth and maps, the share of pixels "
                    + "without a label and the first files that cannot be used and why; and draws a picture of samples with every label.",
                "Looks whether labels hold what they are taken for: masks of 0 and 255, class ids that are read as a map, depth of 8 bits, "
                    + "a number for \"nothing there\", normals as colours, labels of another size, classes or photographs that training "
                    + "and scoring do not, or do, share. 'jtr train' looks too, at fewer files.",
            ],
            Arguments = [inspect._input.Data],
            Groups =
            [
                DataInput.Group,
                SettingsTable.Group("benchmark"),
                new("Output", [inspect._count, inspect._limit, inspect._output, inspect._json]),
            ],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("A folder of photographs and labels:", "jtr inspect photos --output photos.png"),
                new(
                    "Cityscapes with 19 classes, every sample:",
                    "jtr inspect cityscapes:cityscapes --classes 19 --limit 5000 --json cityscapes.json"
                ),
            ],
        }.Apply(command, console);
        command.SetAction(inspect.RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        DataRequest request = _input.Request(parsed);
        Document? document = Document.Of(parsed.GetValue(_json), _console);
        DataLocation at = DataSource.Locate(request);
        request = InspectedData.Prepare(request, at, RunConfigurationReader.Read(parsed).Data.Size is not null);
        int limit = (int)(parsed.GetValue(_limit) ?? 1000),
            count = (int)(parsed.GetValue(_count) ?? 6);
        string picture = parsed.GetValue(_output) ?? "jtr-inspect.png";
        OpenData data = DataSource.Open(request);
        try
        {
            List<DataInspection> parts = [Inspect(DataPart.Train, data.Train, limit, cancellationToken)];
            if (data.Test is not null)
                parts.Add(Inspect(DataPart.Test, data.Test, limit, cancellationToken));
            _console.Line($"{at.Path}{(at.Path.Length > 0 ? ": " : "")}{at.Kind}");
            foreach (DataInspection part in parts)
                InspectionView.Show(_console, part);
            DataCheckReport checks = CountView.Show(
                _console,
                "checking",
                parts.Sum(p => Math.Min(p.Data.Count, limit) * (1 + p.Data.Tasks.Count)),
                progress =>
                    DataChecks.Run(
                        data.Train,
                        data.Test,
                        new DataCheckOptions
                        {
                            MostLabels = limit,
                            MostPhotographs = limit,
                            Progress = progress,
                        },
                        cancellationToken
                    )
            );
            CheckView.ShowTitled(_console, checks);

            Draw(data.Train.Tasks, parts, count).SavePng(picture);
            List<(string, string)> written = [("picture", picture)];
            document?.Write(InspectionJson.Write(request.Data, parts, checks));
            if (document is { IsFile: true })
                written.Add(("JSON", parsed.GetValue(_json)!));
            _console.Title("Written");
            _console.Facts(written);
            return Task.FromResult(ExitCode.Success);
        }
        finally
        {
            DataSource.Close(data.Train);
            DataSource.Close(data.Test);
        }
    }

    private static PictureGrid Draw(TaskSet tasks, List<DataInspection> parts, int count)
    {
        PictureGrid grid = new(["photo", .. tasks.Select(t => t.Name)]);
        // The same colour says the same in all pictures.
        ValueRange?[] ranges =
        [
            .. Enumerable
                .Range(0, tasks.Count)
                .Select(t => LabelPainter.Of(tasks[t].Kind).HasRange ? InspectedData.Range(parts.Select(p => p.Tasks[t])) : null),
        ];
        foreach (DataInspection part in parts)
            part.Draw(
                grid,
                count,
                ranges,
                name => Caption(name) + (parts.Count == 1 ? "" : $"\n{part.Part.ToString().ToLowerInvariant()}")
            );
        grid.AddLegend(tasks, ranges);
        return grid;
    }

    // The source of a joined sample in a line of its own.
    private static string Caption(string name) => name.Replace('/', '\n');

    private DataInspection Inspect(DataPart part, IMultiTaskDataset data, int limit, CancellationToken cancellationToken) =>
        CountView.Show(
            _console,
            "reading",
            Math.Min(data.Count, limit),
            progress => DataInspection.Of(part, data, limit, progress, cancellationToken)
        );
}
