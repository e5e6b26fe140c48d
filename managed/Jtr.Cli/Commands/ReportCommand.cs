using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Output;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Reporting;

namespace Jtr.Cli.Commands;

/// <summary>`jtr report`: a page of HTML about a run, or about several.</summary>
internal sealed class ReportCommand
{
    private readonly CliConsole _console;

    private readonly Argument<string[]> _runs = new("runs")
    {
        HelpName = "RUN",
        Description =
            "Folders of runs, as --output of 'jtr train' names them, or the folder of a 'jtr compare'. One: a page about it. "
            + "More: a page that compares them with the first.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _output = OptionKinds.Text(
        "--output",
        "FILE",
        "Where the page goes. Default: report.html in the folder of the run; comparison.html for several."
    );

    private readonly Option<string?> _baseline = OptionKinds.Text(
        "--baseline",
        "FILE",
        "One run: a results.json to compare with; adds Delta %."
    );

    private ReportCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        ReportCommand report = new(console);
        Command command = new("report", "Make a page of curves, scores, pictures and settings of a run, or of several.");
        new HelpPage
        {
            Usage = "jtr report RUN [RUN...] [options]",
            Text =
            [
                "The page is one file for any browser, without network. 'jtr train' makes it at the end of a run; this makes it while the "
                    + "run goes on, or for several runs.",
                "The same curves are in the run's event file, for TensorBoard: tensorboard --logdir RUN",
            ],
            Arguments = [report._runs],
            Groups = [new("Report", [report._output, report._baseline])],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("How is the run doing?", "jtr report jtr-run"),
                new("JTR against supervised training:", "jtr report supervised with-jtr --output comparison.html"),
            ],
        }.Apply(command, console);
        command.SetAction(report.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        string[] runs = parsed.GetValue(_runs) ?? [];
        string? output = parsed.GetValue(_output);
        if (runs.Length == 0)
            throw new UsageException("Name the folder of a run, such as jtr-run.");
        EvaluationResult? baseline = parsed.GetValue(_baseline) is string file ? EvaluationResult.LoadJson(file) : null;
        if (runs.Length == 1 && File.Exists(Path.Combine(runs[0], ComparisonReport.DocumentName)))
            output = ComparisonReport.Save(runs[0], output);
        else if (runs.Length == 1)
            output = RunReport.Save(runs[0], output, baseline);
        else
            RunReport.SaveComparison(runs, output ??= "comparison.html");
        _console.Line($"Written: {output}");
        return ExitCode.Success;
    }
}
