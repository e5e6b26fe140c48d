using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Configuration;
using Jtr.Cli.Output;

namespace Jtr.Cli;

/// <summary>The program `jtr` without its process, so that tests can run it.</summary>
internal static class JtrCommandLine
{
    /// <summary>Parses arguments and runs the command that they name.</summary>
    /// <param name="args">As after the program's name.</param>
    /// <param name="console">Where output goes.</param>
    /// <param name="cancellationToken">Asks the command to save and stop.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, CliConsole console, CancellationToken cancellationToken = default)
    {
        RootCommand root = MakeRoot(console, args);
        ParseResult parsed = root.Parse(args);
        if (parsed.GetValue(GlobalOptions.Quiet))
            console.BeQuiet();
        console.Verbose = parsed.GetValue(GlobalOptions.Verbose);
        // What a shell wants to have completed is not complete.
        bool isCompletion = args is [string first, ..] && first.StartsWith("[suggest", StringComparison.Ordinal);
        if (parsed.Errors.Count > 0 && !isCompletion && parsed.Action is not System.CommandLine.Help.HelpAction and not HelpPage.Printer)
        {
            foreach (string message in Messages(parsed))
                console.Fail(message);
            console.Error.WriteLine($"'{CommandPath(parsed)} --help' explains it.");
            return ExitCode.Usage;
        }
        try
        {
            InvocationConfiguration invocation = new()
            {
                Output = console.Output,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(invocation, cancellationToken).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            console.Fail(e.Message);
            console.Error.WriteLine($"'{CommandPath(parsed)} --help' explains it.");
            return ExitCode.Usage;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            console.Line("Stopped.");
            return ExitCode.Canceled;
        }
#pragma warning disable CA1031 // Whatever it was, the user gets a line instead of a stack trace.
        catch (Exception e)
#pragma warning restore CA1031
        {
            console.Fail(ErrorText.Describe(e));
            if (console.Verbose)
                console.Error.WriteLine(e);
            else if (!ErrorText.IsExpected(e))
                console.Error.WriteLine("This is a fault of jtr itself; --verbose shows where.");
            return ExitCode.Failure;
        }
        finally
        {
            console.LogTo(null);
        }
    }

    /// <summary>Makes all commands.</summary>
    /// <param name="console">Where output goes.</param>
    /// <param name="args">
    /// What is said, or null: only commands that are in it load the native library to know their options, so that the others work without.
    /// </param>
    internal static RootCommand MakeRoot(CliConsole console, IReadOnlyList<string>? args = null)
    {
        RootCommand root = new("Trains one network for many vision tasks when most labels are missing.");
        root.Add(GlobalOptions.Verbose);
        root.Add(GlobalOptions.Quiet);
        root.Add(TrainCommand.Make(console, TableOf("train")));
        root.Add(TransferCommand.Make(console));
        root.Add(EvaluateCommand.Make(console));
        root.Add(PredictCommand.Make(console));
        root.Add(LabelCommand.Make(console));
        root.Add(CompareCommand.Make(console, TableOf("compare")));
        root.Add(DemoCommand.Make(console));
        root.Add(InspectCommand.Make(console));
        root.Add(SuggestCommand.Make(console));
        root.Add(PackCommand.Make(console));
        root.Add(ReportCommand.Make(console));
        root.Add(AdaptCommand.Make(console));
        root.Add(ExportCommand.Make(console));
        root.Add(ImportCommand.Make(console));
        root.Add(ConfigCommand.Make(console));
        root.Add(WeightsCommand.Make(console));
        root.Add(OptionsCommand.Make(console));
        root.Add(DoctorCommand.Make(console));
        root.Add(CompletionCommand.Make(console));
        RootHelp.Apply(root, console);
        return root;

        SettingsTable TableOf(string command) =>
            args is null || args.Any(a => a.Contains(command, StringComparison.Ordinal)) ? SettingsTable.Current : SettingsTable.Unloaded;
    }

    /// <summary>The parser's messages. After an unknown word the words behind it mean nothing either, so only the first is named.</summary>
    private static IEnumerable<string> Messages(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is not [string unknown, ..])
            return parsed.Errors.Select(e => e.Message).Distinct();
        string what =
            unknown.StartsWith('-') ? "option"
            : parsed.CommandResult.Command is RootCommand ? "command"
            : "argument";
        string meant = Suggestion.For(unknown, parsed.CommandResult.Command) is string name ? $" Did you mean {name}?" : "";
        return [$"there is no {what} '{unknown}'.{meant}"];
    }

    private static string CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "jtr" : $"jtr {parsed.CommandResult.Command.Name}";
}
