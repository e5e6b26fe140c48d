using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Jtr.Cli.Output;

/// <summary>
/// Where the program writes: results and progress to standard output, errors to standard error. On a terminal it is pretty, anywhere
/// else it writes plain lines without control characters.
/// </summary>
internal sealed class CliConsole
{
    private const int PlainWidth = 100;

    private readonly VerboseLogger _logger;

    /// <summary>Makes a console.</summary>
    /// <param name="output">Receives results and progress.</param>
    /// <param name="error">Receives errors.</param>
    /// <param name="terminal">The terminal that <paramref name="output"/> is, or null when it is none.</param>
    public CliConsole(TextWriter output, TextWriter error, IAnsiConsole? terminal = null)
    {
        Output = output;
        Error = error;
        Terminal = terminal;
        _logger = new VerboseLogger(error);
    }

    /// <summary>Receives results and progress.</summary>
    public TextWriter Output { get; }

    /// <summary>Receives errors.</summary>
    public TextWriter Error { get; }

    /// <summary>The terminal, or null when output goes to a file or pipe.</summary>
    public IAnsiConsole? Terminal { get; }

    /// <summary>Whether to show what is behind an error.</summary>
    public bool Verbose { get; set; }

    /// <summary>Receives the library's messages; null unless <see cref="Verbose"/>.</summary>
    public ILogger? Logger => Verbose ? _logger : null;

    /// <summary>Columns of a line.</summary>
    public int Width => Terminal is null ? PlainWidth : Math.Clamp(Terminal.Profile.Width, 60, 140);

    /// <summary>The console of this process.</summary>
    public static CliConsole ForProcess()
    {
        bool terminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";
        return new CliConsole(Console.Out, Console.Error, terminal ? AnsiConsole.Console : null);
    }

    /// <summary>Writes a line.</summary>
    public void Line(string text = "")
    {
        if (Terminal is null)
            Output.WriteLine(text);
        else
            Terminal.WriteLine(text);
    }

    /// <summary>Writes the title of what follows, a blank line before it.</summary>
    public void Title(string text)
    {
        if (Terminal is null)
            Output.WriteLine($"{Environment.NewLine}{text}");
        else
            Terminal.MarkupLineInterpolated($"\n[bold]{text}[/]");
    }

    /// <summary>Writes names and values, the values aligned.</summary>
    public void Facts(params IReadOnlyList<(string Name, string Value)> facts)
    {
        int width = facts.Max(f => f.Name.Length) + 2;
        foreach ((string name, string value) in facts)
        {
            if (Terminal is null)
                Output.WriteLine($"  {name.PadRight(width)}{value}");
            else
                Terminal.MarkupLineInterpolated($"  [grey]{name.PadRight(width)}[/]{value}");
        }
    }

    /// <summary>Writes a table.</summary>
    /// <param name="plain">The table as plain text, for pipes and files.</param>
    /// <param name="cells">The same as cells, equally many in each line, for terminals; the first line is the heading.</param>
    /// <param name="numbers">The columns that hold numbers.</param>
    public void Table(string plain, IReadOnlyList<string[]> cells, IReadOnlyList<int> numbers)
    {
        if (Terminal is null)
        {
            foreach (string line in plain.TrimEnd('\n').Split('\n'))
                Output.WriteLine(line);
            return;
        }
        Table table = new() { Border = TableBorder.Rounded };
        for (int c = 0; c < cells[0].Length; c++)
        {
            TableColumn column = new($"[bold]{cells[0][c].EscapeMarkup()}[/]");
            table.AddColumn(numbers.Contains(c) ? column.RightAligned() : column);
        }
        foreach (string[] line in cells.Skip(1))
            table.AddRow([.. line.Select(cell => cell.EscapeMarkup())]);
        Terminal.Write(table);
    }

    /// <summary>Writes an error to standard error.</summary>
    public void Fail(string message) => Error.WriteLine($"jtr: {message}");
}
