using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Output;

namespace Jtr.Cli.Commands;

/// <summary>`jtr transfer`: trains on a source that is rich in labels, then goes on from its weights on a poor one.</summary>
internal sealed class TransferCommand
{
    private static readonly string[] _ofOneStage = ["--resume", "--init-from"];

    // What the first stage's config.json says.
    private static readonly string[] _ofTheSource = ["--config", "--weights"];

    private readonly CliConsole _console;

    private readonly Option<string?> _from = OptionKinds.Text(
        "--from",
        "scenes|PATH",
        "The source: data that are rich in labels, as after --data."
    );

    private readonly Option<long?> _fromSteps = OptionKinds.Whole(
        "--from-steps",
        "N",
        "Steps on the source. Default: those of --steps or --epochs.",
        1,
        long.MaxValue
    );

    private readonly Option<string?> _data = OptionKinds.Text("--data", "scenes|PATH", "The data that the network is for.");

    private readonly Option<string?> _output = OptionKinds.Text(
        "--output",
        "FOLDER",
        "Where the run goes; its folder 'source' has that of the source. Default: jtr-run."
    );

    private TransferCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        TransferCommand transfer = new(console);
        Command command = new("transfer", "Train on data rich in labels, then go on from there on poor ones.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        new HelpPage
        {
            Usage = "jtr transfer --from DATA --data DATA [options of jtr train]",
            Text =
            [
                "Two runs of 'jtr train' after one another: on --from, and then on --data from the first one's weights (--init-from), with "
                    + "its network and settings. Tasks may differ: what fits is taken, and told; the rest starts fresh.",
                "All other options are those of 'jtr train', for both runs; --freeze and --freeze-steps let the second one begin with a "
                    + "backbone that stays. The same command again goes on where it was stopped.",
            ],
            Groups = [new("Transfer", [transfer._from, transfer._fromSteps, transfer._data, transfer._output])],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new(
                    "From many labelled scenes to a few photographs:",
                    "jtr transfer --from streets --data my-street --size 96x128 --from-steps 2000 --steps 400 --output transferred"
                ),
            ],
        }.Apply(command, console);
        command.SetAction(transfer.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string from = parsed.GetValue(_from) ?? throw new UsageException("Name the source with --from.");
        string data = parsed.GetValue(_data) ?? throw new UsageException("Name the data that the network is for with --data.");
        string output = parsed.GetValue(_output) ?? "jtr-run";
        string[] rest = [.. parsed.UnmatchedTokens, .. _console.Verbose ? (string[])["--verbose"] : []];
        if (Array.Find(rest, r => _ofOneStage.Contains(r.Split('=')[0])) is { } wrong)
            throw new UsageException($"{wrong.Split('=')[0]} is for one run: use 'jtr train' for it.");
        RunFolder source = new(Path.Combine(output, "source")),
            target = new(output);
        string[] steps = parsed.GetValue(_fromSteps) is { } own ? ["--steps", own.ToString(CultureInfo.InvariantCulture)] : [];
        // The second run's would be the source's else.
        if (steps.Length > 0 && !rest.Any(IsLength))
            throw new UsageException("With --from-steps, say the other run's --steps or --epochs, too.");
        _console.Title($"On the source {from}");
        int code = await StageAsync(
                source,
                ["--data", from, .. steps.Length == 0 ? rest : Without(rest, ["--steps", "--epochs"]), .. steps],
                cancellationToken
            )
            .ConfigureAwait(false);
        if (code != ExitCode.Success)
            return code;
        _console.Title($"On {data}");
        return await StageAsync(
                target,
                ["--config", source.Configuration, .. Without(rest, _ofTheSource), "--data", data, "--init-from", source.Path],
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private Task<int> StageAsync(RunFolder folder, string[] arguments, CancellationToken cancellationToken)
    {
        bool goesOn = File.Exists(folder.Checkpoint) && !arguments.Contains("--overwrite");
        string[] run = goesOn ? ["--resume", folder.Checkpoint] : ["--output", folder.Path, .. arguments];
        return JtrCommandLine.RunAsync(["train", .. run], _console, cancellationToken);
    }

    private static bool IsLength(string argument) => argument.Split('=')[0] is "--steps" or "--epochs";

    /// <summary>Arguments without some options and their values, as "--option value" or "--option=value".</summary>
    private static string[] Without(string[] arguments, string[] options)
    {
        List<string> kept = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            if (!options.Contains(arguments[i].Split('=')[0]))
                kept.Add(arguments[i]);
            else if (!arguments[i].Contains('=', StringComparison.Ordinal))
                i++;
        }
        return [.. kept];
    }
}
