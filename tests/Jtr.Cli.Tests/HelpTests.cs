using System.CommandLine;
using Jtr.Cli.CommandLine;

namespace Jtr.Cli.Tests;

public sealed class HelpTests
{
    private static readonly string[] _commands =
    [
        "train",
        "evaluate",
        "predict",
        "label",
        "compare",
        "demo",
        "inspect",
        "suggest",
        "pack",
        "adapt",
        "transfer",
        "config",
        "options",
        "doctor",
        "completion",
    ];

    [Test]
    public void Without_arguments_the_program_explains_itself_and_says_that_this_was_no_use()
    {
        CliRun run = CliRun.Of();
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Output, Does.StartWith("usage: jtr <command>"));
        Assert.That(CliRun.Of("--help").ExitCode, Is.EqualTo(ExitCode.Success));
        Assert.That(CliRun.Of("--help").Output, Is.EqualTo(run.Output));
    }

    [Test]
    public void The_first_page_lists_every_command_and_every_exit_code()
    {
        string page = CliRun.Of("--help").Output;
        foreach (string command in _commands)
            Assert.That(page, Does.Contain($"\n  {command} "));
        foreach (string code in new[] { "0", "1", "2", "130" })
            Assert.That(page, Does.Match($"\n  {code} +[A-Z]"));
    }

    [TestCaseSource(nameof(_commands))]
    public void A_commands_page_has_usage_options_examples_and_exit_codes(string name)
    {
        CliRun run = CliRun.Of(name, AllOptions(name));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success));
        Assert.That(run.Error, Is.Empty);
        Assert.That(run.Output, Does.StartWith($"usage: jtr {name}"));
        Assert.That(run.Output, Does.Contain("Exit codes:").And.Contain("Examples:"));
        foreach (Option option in Command(name).Options)
            Assert.That(run.Output, Does.Match($@"\n  {option.Name}[ \n]"), $"{option.Name} is not on the page");
    }

    [TestCaseSource(nameof(_commands))]
    public void Every_example_of_a_page_parses(string name)
    {
        string[] examples = [.. CliRun.Of(name, "--help").Output.Split('\n').Where(l => l.StartsWith("  jtr ", StringComparison.Ordinal))];
        Assert.That(examples, Is.Not.Empty);
        RootCommand root = JtrCommandLine.MakeRoot(new Output.CliConsole(TextWriter.Null, TextWriter.Null));
        foreach (string example in examples)
            Assert.That(root.Parse(example.Trim()["jtr ".Length..]).Errors.Select(e => e.Message), Is.Empty, example);
    }

    [TestCaseSource(nameof(_commands))]
    public void Lines_of_a_page_fit_a_terminal(string name)
    {
        // Examples are whole commands to copy, and are not broken.
        string[] lines =
        [
            .. CliRun.Of(name, AllOptions(name)).Output.Split('\n').Where(l => !l.StartsWith("  jtr ", StringComparison.Ordinal)),
        ];
        Assert.That(lines.Select(l => l.Length), Has.All.LessThanOrEqualTo(100));
    }

    [Test]
    public void Every_option_says_what_it_is_for()
    {
        RootCommand root = JtrCommandLine.MakeRoot(new Output.CliConsole(TextWriter.Null, TextWriter.Null));
        foreach (Option option in root.Subcommands.SelectMany(c => c.Options))
            Assert.That(option.Description, Is.Not.Null.And.EndsWith("."), option.Name);
    }

    [Test]
    public void Text_is_broken_at_blanks()
    {
        Assert.That(TextWrap.Lines("one two three", 7), Is.EqualTo(new[] { "one two", "three" }));
        Assert.That(TextWrap.Lines("incomprehensible or", 5), Is.EqualTo(new[] { "incomprehensible", "or" }));
        Assert.That(TextWrap.Lines("", 5), Is.EqualTo(new[] { "" }));
    }

    [Test]
    public void The_page_of_training_shows_the_options_of_every_day_and_another_one_all_of_them()
    {
        string page = CliRun.Of("train", "--help").Output,
            all = CliRun.Of("train", "--help-all").Output;
        Assert.That(page, Does.Contain("\n  --data ").And.Contain("\n  --steps ").And.Contain("--help-all").And.Contain("Examples:"));
        Assert.That(page, Does.Not.Contain("--chunk-bytes").And.Not.Contain("--lambda-recon"));
        Assert.That(all, Does.Contain("--chunk-bytes").And.Contain("--lambda-recon"));
        Assert.That(page.Split('\n'), Has.Length.LessThan(all.Split('\n').Length / 2));
    }

    [Test]
    public void The_first_page_lists_the_version_which_is_the_librarys()
    {
        Assert.That(CliRun.Of("--help").Output, Does.Match("\n  --version +[A-Z]"));
        CliRun version = CliRun.Of("--version");
        Assert.That(version.ExitCode, Is.EqualTo(ExitCode.Success));
        Assert.That(version.Output, Does.Match(@"^\d+\.\d+\.\d+"));
    }

    [TestCase("bash")]
    [TestCase("zsh")]
    [TestCase("fish")]
    [TestCase("pwsh")]
    public void A_script_for_a_shell_asks_the_program(string shell)
    {
        CliRun run = CliRun.Of("completion", shell);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("[suggest:").And.Contain("jtr"));
        Assert.That(CliRun.Of("completion", "tcsh").Error, Does.Contain("There is no script for 'tcsh'; there are bash, zsh, fish, pwsh."));
    }

    [TestCase("jtr tr", "train")]
    [TestCase("jtr train --learning", "--learning-rate")]
    [TestCase("jtr train --scenario one", "onelabel")]
    [TestCase("jtr inspect --js", "--json")]
    public void The_program_completes_what_a_shell_asks_for(string line, string completed)
    {
        CliRun run = CliRun.Of($"[suggest:{line.Length}]", line);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output.Split(Environment.NewLine), Does.Contain(completed));
    }

    [Test]
    [Platform("Linux")]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void The_script_for_bash_completes()
    {
        using TemporaryFolder folder = new();
        string jtr = folder["jtr"];
        File.WriteAllText(jtr, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "Jtr.Cli.dll")}' \"$@\"\n");
        File.SetUnixFileMode(jtr, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.WriteAllText(folder["script"], CliRun.Of("completion", "bash").Output);
        string test =
            $"PATH='{folder.Path}':$PATH; . '{folder["script"]}'; COMP_LINE='jtr train --learning'; COMP_POINT=${{#COMP_LINE}}; "
            + "COMP_WORDS=(jtr train --learning); COMP_CWORD=2; _jtr_complete; printf '%s\\n' \"${COMPREPLY[@]}\"";
        using System.Diagnostics.Process bash = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("/bin/bash", ["-c", test]) { RedirectStandardOutput = true }
        )!;
        Assert.That(bash.StandardOutput.ReadToEnd().Trim(), Is.EqualTo("--learning-rate"));
        bash.WaitForExit();
    }

    /// <summary>The option that shows every option of a command.</summary>
    private static string AllOptions(string name) => Command(name).Options.Any(o => o.Name == "--help-all") ? "--help-all" : "--help";

    private static Command Command(string name) =>
        JtrCommandLine.MakeRoot(new Output.CliConsole(TextWriter.Null, TextWriter.Null)).Subcommands.First(c => c.Name == name);
}
