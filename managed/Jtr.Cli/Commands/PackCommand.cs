using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets;

namespace Jtr.Cli.Commands;

/// <summary>`jtr pack`: writes data into one file that is read fast.</summary>
internal sealed class PackCommand
{
    private static readonly (string Word, DataPart Value)[] _parts = [("train", DataPart.Train), ("test", DataPart.Test)];

    private readonly CliConsole _console;
    private readonly DataInput _input = new();
    private readonly Option<string?> _output = OptionKinds.Text(
        "--output",
        "FILE",
        $"The file to write, usually with the extension {PackedDataset.Extension}."
    );
    private readonly Option<DataPart?> _part = OptionKinds.Choice(
        "--part",
        "The part to train on or the one to score on. Default: train.",
        _parts
    );
    private readonly Option<bool> _compact = new("--compact")
    {
        Description = "Round images to 8 bits and other numbers to float16; otherwise every value stays what it is.",
    };
    private readonly Option<bool> _skipBad = new("--skip-bad")
    {
        Description =
            "Leave out samples whose photograph is damaged, and damaged labels of the others, and count them; otherwise they are errors.",
    };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the file if it is there." };
    private readonly Option<long?> _workers = OptionKinds.Whole(
        "--workers",
        "N",
        "Threads that read samples. Default: one a core, at most 4.",
        1,
        256
    );

    private PackCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        PackCommand pack = new(console);
        Command command = new("pack", "Write data, decoded and resized, into one file that is read fast.");
        new HelpPage
        {
            Usage = "jtr pack DATA --output FILE [options]",
            Text =
            [
                "Reads every sample once, at the training size, and writes images and labels into one checksummed file that later runs "
                    + "map into memory: 'jtr train --data FILE'. "
                    + "A damaged file of the data is an error that names it ('jtr inspect' lists all of them), unless --skip-bad leaves "
                    + "it out.",
            ],
            Arguments = [pack._input.Data],
            Groups =
            [
                new("Output", [pack._output, pack._part, pack._compact, pack._skipBad, pack._overwrite, pack._workers]),
                DataInput.Group,
                SettingsTable.Group("benchmark"),
            ],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("The part of NYU-v2 to train on:", "jtr pack nyuv2:nyuv2 --output train.jtrpack"),
                new("The part to score on:", "jtr pack nyuv2:nyuv2 --part test --output test.jtrpack"),
                new("To train on them:", "jtr train --data train.jtrpack --test test.jtrpack"),
            ],
        }.Apply(command, console);
        command.SetAction(pack.RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string output = parsed.GetValue(_output) ?? throw new UsageException("Name the file to write with --output, such as data.jtrpack.");
        DataRequest request = _input.Request(parsed) with { SkipBad = parsed.GetValue(_skipBad) };
        if (File.Exists(output) && !parsed.GetValue(_overwrite))
            throw new UsageException($"{output} is there already: --overwrite replaces it.");
        DataPart part = parsed.GetValue(_part) ?? DataPart.Train;
        IMultiTaskDataset data = Open(request, part);
        try
        {
            List<SkippedSample> skipped = [];
            PackOptions options = new()
            {
                Precision = parsed.GetValue(_compact) ? PackPrecision.Compact : PackPrecision.Exact,
                OnSkipped = request.SkipBad ? skipped.Add : null,
            };
            if (parsed.GetValue(_workers) is long workers)
                options = options with { Workers = (int)workers };
            long start = Stopwatch.GetTimestamp();
            _console.Line($"packing {data.Count} samples of {data.Height} x {data.Width}: {data.Tasks}");
            CountView.Show(
                _console,
                "packing",
                data.Count,
                progress =>
                {
                    PackedDataset.Write(data, output, options, new Reporter(progress), cancellationToken);
                    return 0;
                }
            );
            long bytes = new FileInfo(output).Length;
            int count = Count(output);
            _console.Line(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"wrote {output}: {count} samples, {bytes / 1048576.0:F1} MiB ({bytes / 1024.0 / count:F1} KiB a sample), in "
                        + $"{Durations.Format(Stopwatch.GetElapsedTime(start))}"
                )
            );
            BadSamples.ReportPacked(_console, skipped, data.Count - count);
            return Task.FromResult(ExitCode.Success);
        }
        finally
        {
            DataSource.Close(data);
        }
    }

    private static int Count(string path)
    {
        using PackedDataset packed = new(path);
        return packed.Count;
    }

    private static IMultiTaskDataset Open(DataRequest request, DataPart part)
    {
        DataLocation at = DataSource.Locate(request);
        if (part == DataPart.Train)
            return DataSource.OpenPart(request, at, DataPart.Train, tasks: null)!;
        // Both parts have to have the same tasks, which those of training say.
        IMultiTaskDataset train = DataSource.OpenPart(request, at, DataPart.Train, tasks: null)!;
        try
        {
            return DataSource.OpenPart(request, at, DataPart.Test, train.Tasks)
                ?? throw new UsageException("--part test: the data have no part to score on.");
        }
        finally
        {
            DataSource.Close(train);
        }
    }

    // Progress of the base library would be told on other threads, and late.
    private sealed class Reporter(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
