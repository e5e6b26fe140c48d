using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Output;

namespace Jtr.Cli.Commands;

/// <summary>`jtr config`: what may be in a run's configuration file.</summary>
internal static class ConfigCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        Argument<string?> what = new("what")
        {
            HelpName = "schema|table",
            Description = "schema: the JSON schema, for completion and checks in editors. table: the settings as Markdown.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Command command = new("config", "Tell what may be in the configuration file of a run.");
        new HelpPage
        {
            Usage = "jtr config schema",
            Text =
            [
                "A run's settings may stand in a JSON file, for 'jtr train --config'. This prints its schema; a file that begins with { "
                    + "\"$schema\": \"jtr-run.schema.json\" has completion in editors.",
                "Every run keeps its settings, defaults included, as config.json in its folder.",
            ],
            Arguments = [what],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("The schema, to be kept as jtr-run.schema.json beside the file:", "jtr config schema"),
                new("Repeat a run with another seed:", "jtr train --config jtr-run/config.json --set training.seed=2 --output again"),
            ],
        }.Apply(command, console);
        command.SetAction(parsed =>
        {
            string text = parsed.GetValue(what) switch
            {
                "schema" => ConfigurationSchema.Write(SettingsTable.Current),
                "table" => ConfigurationSchema.WriteTable(SettingsTable.Current),
                null => throw new UsageException("Say what to print: jtr config schema."),
                string other => throw new UsageException($"There is no '{other}' to print; it is schema or table."),
            };
            console.Output.Write(text);
            return ExitCode.Success;
        });
        return command;
    }
}
