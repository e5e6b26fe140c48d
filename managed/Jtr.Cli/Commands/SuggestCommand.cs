using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Commands;

/// <summary>`jtr suggest`: which photographs to label next.</summary>
internal sealed class SuggestCommand
{
    private const int PictureRows = 96,
        PictureColumns = 128,
        PicturesInRow = 5,
        MostPictures = 100;

    private readonly CliConsole _console;
    private readonly Argument<string?> _data = new("data")
    {
        HelpName = "FOLDER",
        Description = "A data set, or a folder of photographs.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string?> _task = OptionKinds.Text(
        "--task",
        "NAME",
        "The task that they are to be labelled for, such as seg: photographs that have its label count as chosen. Default: none do."
    );
    private readonly Option<long?> _count = OptionKinds.Whole("--count", "N", "Photographs to choose. Default: 20.", 1, 1_000_000);
    private readonly Option<string?> _output = OptionKinds.Text(
        "--output",
        "FILE",
        "Also write the photographs' files into this one, one a line; - writes to standard output."
    );
    private readonly Option<string?> _picture = OptionKinds.Text("--picture", "FILE", "Also draw the photographs, the first 100.");
    private readonly Option<string?> _json = OptionKinds.Text("--json", "FILE", "Write all as JSON; - writes to standard output.");

    private SuggestCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        SuggestCommand suggest = new(console);
        Command command = new("suggest", "Say which photographs to label next: those that stand for the others.");
        new HelpPage
        {
            Usage = "jtr suggest FOLDER [options]",
            Text =
            [
                "Compares photographs by small thumbnails, and chooses those by which the mean distance to the nearest labelled one falls "
                    + "fastest. No network and no label is needed. Of photographs that look the same, as in a video, one comes first.",
                "The distance is the root of the mean squared difference of two thumbnails, 0 to 1; what as many photographs drawn at "
                    + "random would give stands beside it.",
            ],
            Arguments = [suggest._data],
            Groups = [new("Output", [suggest._task, suggest._count, suggest._output, suggest._picture, suggest._json])],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("Twenty photographs to begin with:", "jtr suggest photos --count 20 --output to-label.txt"),
                new("Ten masks more:", "jtr suggest photos --task seg --count 10 --picture to-label.png"),
            ],
        }.Apply(command, console);
        command.SetAction(suggest.RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_data) ?? throw new UsageException("Name a folder of photographs, such as photos.");
        string? task = parsed.GetValue(_task);
        Document? list = Document.Of(parsed.GetValue(_output), _console),
            json = Document.Of(parsed.GetValue(_json), _console);
        FolderDataset data = Open(path, task);
        LabelSuggestions suggested = CountView.Show(
            _console,
            "looking at the photographs",
            data.Count,
            done => LabelSuggestions.Choose(data, (int)(parsed.GetValue(_count) ?? 20), task is null ? null : 0, done, cancellationToken)
        );
        Show(data, task, suggested);
        list?.Write(string.Concat(suggested.Photographs.Select(p => data.GetImagePath(p.Index) + "\n")));
        json?.Write(Json(data, suggested));
        List<(string, string)> written = [];
        if (parsed.GetValue(_picture) is { } picture)
        {
            Draw(data, suggested).SavePng(picture);
            written.Add(("picture", picture));
        }
        if (list is { IsFile: true })
            written.Add(("list", parsed.GetValue(_output)!));
        if (json is { IsFile: true })
            written.Add(("JSON", parsed.GetValue(_json)!));
        if (written.Count > 0)
        {
            _console.Title("Written");
            _console.Facts(written);
        }
        return Task.FromResult(ExitCode.Success);
    }

    /// <summary>The photographs of a data set's part to train on, or of a folder.</summary>
    private static FolderDataset Open(string path, string? task)
    {
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException($"there is no folder '{path}'");
        string root = FolderDataset.FindPhotographs(path) is null && PartNames.Find(path, DataPart.Train) is { } train ? train : path;
        FolderOptions options = new()
        {
            Height = PictureRows,
            Width = PictureColumns,
            Photographs = FolderDataset.FindPhotographs(root) is null ? root : null,
            Inputs = [],
            CacheInMemory = false,
        };
        if (task is null)
            return new FolderDataset(root, options with { Tasks = [new MapTask("label")] });
        if (Directory.Exists(Path.Combine(root, task)))
            // Only whether a file is there matters, whatever it holds.
            return new FolderDataset(root, options with { Tasks = [new MapTask(task)] });
        if (!File.Exists(Path.Combine(root, task + ".csv")))
            throw new UsageException($"--task: {root} has neither a folder '{task}' nor a table '{task}.csv' of labels.");
        TaskSet found = new FolderDataset(root, options).Tasks;
        return found.FirstOrDefault(t => t.Name == task) is { } known
            ? new FolderDataset(root, options with { Tasks = [known] })
            : throw new UsageException($"--task: {root} has no task '{task}'; it has {string.Join(", ", found.Select(t => t.Name))}.");
    }

    private void Show(FolderDataset data, string? task, LabelSuggestions suggested)
    {
        List<string[]> cells =
        [
            ["", "photograph", "mean distance once it is labelled"],
            .. suggested.Photographs.Select((p, i) => (string[])[$"{i + 1}", p.Name, Number(p.MeanDistance)]),
        ];
        _console.Table(TextTable.Format(cells, 0, 2), cells, numbers: [0, 2]);
        _console.Line();
        string labels = task is null ? "" : $", {suggested.Labeled} with a label of '{task}'";
        _console.Line($"{data.Count} photographs{labels}. Mean distance to the nearest labelled photograph:");
        List<(string, string)> facts = [];
        if (suggested.MeanDistanceNow is { } now)
            facts.Add(("now", Number(now)));
        if (suggested.Photographs.Count > 0)
        {
            facts.Add(($"with these {suggested.Photographs.Count}", Number(suggested.Photographs[^1].MeanDistance)));
            facts.Add(($"with {suggested.Photographs.Count} drawn at random", Number(suggested.MeanDistanceAtRandom)));
        }
        _console.Facts(facts);
        foreach (FolderProblem problem in suggested.Problems)
            _console.Line($"warning: left out: {problem}");
    }

    private static PictureGrid Draw(FolderDataset data, LabelSuggestions suggested)
    {
        PictureGrid grid = new(Enumerable.Repeat("", PicturesInRow));
        int first = 1;
        foreach (LabelSuggestion[] row in suggested.Photographs.Take(MostPictures).Chunk(PicturesInRow))
        {
            PictureCell[] cells = [.. row.Select(p => Cell(data, p)), .. Enumerable.Repeat(PictureCell.Blank, PicturesInRow - row.Length)];
            grid.AddRow($"{first} to {first + row.Length - 1}", cells);
            first += row.Length;
        }
        return grid;
    }

    private static PictureCell Cell(FolderDataset data, LabelSuggestion photograph)
    {
        using SourceImage image = data.OpenImage(photograph.Index);
        float[] values = new float[image.Channels * PictureRows * PictureColumns];
        image.Read(image.Whole, PictureRows, PictureColumns, values);
        return PictureCell.Of(TaskPainter.PaintImage(values, PictureRows, PictureColumns), [photograph.Name]);
    }

    private static string Json(FolderDataset data, LabelSuggestions suggested) =>
        JsonSerializer.Serialize(
            new SuggestionDocument(
                data.Count,
                suggested.Labeled,
                suggested.MeanDistanceNow,
                suggested.MeanDistanceAtRandom,
                [.. suggested.Photographs.Select(p => new SuggestedDocument(data.GetImagePath(p.Index), p.Name, p.MeanDistance))],
                [.. suggested.Problems.Select(p => $"{p}")]
            ),
            SuggestionJsonContext.Default.SuggestionDocument
        ) + "\n";

    private static string Number(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
}

internal sealed record SuggestionDocument(
    int Photographs,
    [property: JsonPropertyName("labelled")] int Labeled,
    double? MeanDistanceNow,
    double MeanDistanceAtRandom,
    SuggestedDocument[] Suggested,
    string[] Problems
);

internal sealed record SuggestedDocument(string File, string Name, double MeanDistance);

/// <summary>Generated at compile time, so that it needs no reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SuggestionDocument))]
internal sealed partial class SuggestionJsonContext : JsonSerializerContext;
