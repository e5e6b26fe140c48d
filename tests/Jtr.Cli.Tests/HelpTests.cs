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
        "compare",
        "demo",
        "inspect",
        "pack",
        "config",
        "options",
        "doctor",
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
        CliRun run = CliRun.Of(name, "--help");
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
        string[] lines = [.. CliRun.Of(name, "--help").Output.Split('\n').Where(l => !l.StartsWith("  jtr ", StringComparison.Ordinal))];
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

    private static Command Command(string name) =>
        JtrCommandLine.MakeRoot(new Output.CliConsole(TextWriter.Null, TextWriter.Null)).Subcommands.First(c => c.Name == name);
}
