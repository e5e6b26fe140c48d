using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Jtr.Cli.Output;

namespace Jtr.Cli.CommandLine;

/// <summary>Options that belong together on a help page.</summary>
internal sealed record OptionGroup(string Title, IReadOnlyList<Option> Options);

/// <summary>A command line to learn from.</summary>
internal sealed record Example(string Purpose, string Command);

/// <summary>
/// What `--help` prints for a command: what it does, its options in groups, examples, what it leaves behind. Adds the options to the
/// command, so that none can be forgotten on the page.
/// </summary>
internal sealed class HelpPage
{
    private const int Indent = 2;
    private const string AllName = "--help-all";
    private const string AllDescription = "Show every option.";

    /// <summary>How the command is called, such as "jtr train [options]".</summary>
    public required string Usage { get; init; }

    /// <summary>What it does, in paragraphs.</summary>
    public required IReadOnlyList<string> Text { get; init; }

    /// <summary>Its positional arguments.</summary>
    public IReadOnlyList<Argument> Arguments { get; init; } = [];

    /// <summary>Names of the options that `--help` shows, where there are so many that `--help-all` shows the rest; or none.</summary>
    public IReadOnlyList<string> Everyday { get; init; } = [];

    /// <summary>Its options.</summary>
    public IReadOnlyList<OptionGroup> Groups { get; init; } = [];

    /// <summary>Things to say behind the options: a title and lines.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<(string Term, string Meaning)> Lines)> Sections { get; init; } = [];

    /// <summary>Options beside those of all commands, which are no <see cref="Groups"/>' own.</summary>
    public IReadOnlyList<(string Term, string Meaning)> General { get; init; } = [];

    /// <summary>Examples.</summary>
    public required IReadOnlyList<Example> Examples { get; init; }

    /// <summary>Gives a command its arguments, options and this page.</summary>
    public void Apply(Command command, CliConsole console)
    {
        foreach (Argument argument in Arguments)
            command.Add(argument);
        foreach (Option option in Groups.SelectMany(g => g.Options))
            command.Add(option);
        HelpOption help = command.Options.OfType<HelpOption>().FirstOrDefault() ?? new HelpOption();
        help.Description = "Show this page.";
        help.Action = new Printer(this, console, isAll: false);
        if (!command.Options.Contains(help))
            command.Add(help);
        if (Everyday.Count == 0)
            return;
        command.Add(new Option<bool>(AllName) { Description = AllDescription, Action = new Printer(this, console, isAll: true) });
    }

    /// <summary>Prints the page, lines broken at a width.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="width">Columns of a line.</param>
    /// <param name="isAll">Whether with all options, or with those of every day alone.</param>
    public void Write(TextWriter output, int width, bool isAll = false)
    {
        isAll |= Everyday.Count == 0;
        output.WriteLine($"usage: {Usage}");
        foreach (string paragraph in Text)
        {
            output.WriteLine();
            foreach (string line in TextWrap.Lines(paragraph, width))
                output.WriteLine(line);
        }
        if (Arguments.Count > 0)
            WriteSection(output, width, "Arguments", [.. Arguments.Select(a => (a.HelpName ?? a.Name, a.Description ?? ""))]);
        if (!isAll)
        {
            Dictionary<string, Option> options = Groups.SelectMany(g => g.Options).ToDictionary(o => o.Name);
            WriteSection(output, width, "Options of every day", [.. Everyday.Select(name => Describe(options[name]))]);
        }
        foreach (OptionGroup group in isAll ? Groups : [])
            WriteSection(output, width, group.Title, [.. group.Options.Select(Describe)]);
        WriteSection(
            output,
            width,
            "General",
            [
                ("--verbose", GlobalOptions.Verbose.Description!),
                ("--quiet", GlobalOptions.Quiet.Description!),
                ("--help", "Show this page."),
                .. Everyday.Count > 0 ? [(AllName, AllDescription)] : Array.Empty<(string, string)>(),
                .. General,
            ]
        );
        foreach ((string title, IReadOnlyList<(string, string)> lines) in Sections)
            WriteSection(output, width, title, lines);
        output.WriteLine();
        output.WriteLine("Examples:");
        foreach (Example example in Examples)
        {
            output.WriteLine();
            foreach (string line in TextWrap.Lines(example.Purpose, width - Indent))
                output.WriteLine($"  # {line}");
            output.WriteLine($"  {example.Command}");
        }
    }

    private static (string Term, string Meaning) Describe(Option option) =>
        (option.HelpName is null ? option.Name : $"{option.Name} {option.HelpName}", option.Description ?? "");

    private static void WriteSection(TextWriter output, int width, string title, IReadOnlyList<(string Term, string Meaning)> lines)
    {
        output.WriteLine();
        output.WriteLine($"{title}:");
        int column = Math.Min(lines.Max(l => l.Term.Length), 26) + Indent + 2;
        foreach ((string term, string meaning) in lines)
        {
            string start = new string(' ', Indent) + term;
            // A term that is too long has a line to itself.
            if (start.Length + 2 > column)
            {
                output.WriteLine(start);
                start = "";
            }
            foreach (string line in TextWrap.Lines(meaning, width - column))
            {
                output.WriteLine(start.PadRight(column) + line);
                start = "";
            }
        }
    }

    /// <summary>What `--help` does.</summary>
    internal sealed class Printer(HelpPage page, CliConsole console, bool isAll) : SynchronousCommandLineAction
    {
        /// <inheritdoc/>
        public override int Invoke(ParseResult parseResult)
        {
            page.Write(console.Output, console.Width, isAll);
            return ExitCode.Success;
        }
    }
}
