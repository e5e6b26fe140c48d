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
    private readonly List<TerminalWriter> _terminals = [];
    private RunLog? _log;
    private string _who = "";

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
    public TextWriter Output { get; private set; }

    /// <summary>Receives errors.</summary>
    public TextWriter Error { get; private set; }

    /// <summary>The terminal, or null when output goes to a file or pipe.</summary>
    public IAnsiConsole? Terminal { get; private set; }

    /// <summary>Whether nothing but warnings and errors is shown.</summary>
    public bool IsQuiet { get; private set; }

    /// <summary>What is said as soon as the command is asked to stop.</summary>
    public string StopWords { get; set; } = "Stopping; Ctrl-C again ends now.";

    /// <summary>Says so on a display that has the terminal to itself; null where there is none.</summary>
    public Action<string>? OnStop { get; set; }

    /// <summary>Whether to show what is behind an error.</summary>
    public bool Verbose { get; set; }

    /// <summary>Receives the library's messages; null unless <see cref="Verbose"/>.</summary>
    public ILogger? Logger => Verbose ? _logger : null;

    /// <summary>Columns of a line.</summary>
    public int Width => Terminal is null ? PlainWidth : Math.Clamp(Terminal.Profile.Width, 60, 140);

    /// <summary>The console of this process.</summary>
    public static CliConsole ForProcess()
    {
        // Written to a file, an error of writing is one of the command; a terminal may go.
        List<TerminalWriter> writers = [];
        if (!Console.IsOutputRedirected)
            Console.SetOut(Kept(Console.Out));
        if (!Console.IsErrorRedirected)
            Console.SetError(Kept(Console.Error));
        bool terminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";
        CliConsole console = new(Console.Out, Console.Error, terminal ? AnsiConsole.Console : null);
        console._terminals.AddRange(writers);
        return console;

        TerminalWriter Kept(TextWriter writer)
        {
            writers.Add(new TerminalWriter(writer));
            return writers[^1];
        }
    }

    /// <summary>The terminal was closed: writes nothing to it any more. Files and pipes still get what is written.</summary>
    public void HangUp() => _terminals.ForEach(t => t.Leave());

    /// <summary>Says at once that the command was asked to stop.</summary>
    public void AnnounceStop()
    {
        // Of several processes the first one says so.
        if (StopWords.Length == 0)
            return;
        _log?.Write(StopWords);
        if (OnStop is { } show)
            show(StopWords);
        else
            Error.WriteLine(StopWords);
    }

    /// <summary>Shows nothing but warnings and errors from here on.</summary>
    public void BeQuiet()
    {
        IsQuiet = true;
        Output = TextWriter.Null;
        Terminal = null;
    }

    /// <summary>
    /// Shows warnings and errors alone from here on, with the rank of this process, where rank 0 of several shows the rest.
    /// </summary>
    /// <param name="rank">The rank, or null where who reads it knows the rank.</param>
    public void BeRank(int? rank)
    {
        BeQuiet();
        StopWords = "";
        _who = rank is null ? "" : $"rank {rank}: ";
    }

    /// <summary>Shows on standard error what would be on standard output, which is to have nothing but a document.</summary>
    /// <returns>Where the document goes.</returns>
    public TextWriter KeepOutputFree()
    {
        TextWriter output = Output;
        if (!IsQuiet)
            Output = Error;
        Terminal = null;
        return output;
    }

    /// <summary>Writes all that is said from here on to a file, too.</summary>
    /// <param name="log">The file, or null for none any more; the one before is closed.</param>
    public void LogTo(RunLog? log)
    {
        _log?.Dispose();
        _log = log;
    }

    /// <summary>Writes a line.</summary>
    public void Line(string text = "")
    {
        _log?.Write(text);
        if (Terminal is null)
            Output.WriteLine(text);
        else
            Terminal.WriteLine(Above(text));
    }

    /// <summary>Writes a line that matters also to those who want to read nothing else.</summary>
    public void Warn(string text)
    {
        if (!IsQuiet)
        {
            Line(text);
            return;
        }
        _log?.Write(text);
        Error.WriteLine(_who + text);
    }

    /// <summary>Writes a line of progress: to the log, and where there is no terminal, which has a bar for it.</summary>
    public void Progress(string text)
    {
        _log?.Write(text);
        if (Terminal is null)
            Output.WriteLine(text);
    }

    /// <summary>Writes the title of what follows, a blank line before it.</summary>
    public void Title(string text)
    {
        _log?.Write(text);
        if (Terminal is null)
            Output.WriteLine($"{Environment.NewLine}{text}");
        else
        {
            Terminal.WriteLine(Above(""));
            Terminal.MarkupLineInterpolated($"[bold]{Above(text)}[/]");
        }
    }

    /// <summary>A line over a display: as wide as the terminal, for what stood there is not erased.</summary>
    private string Above(string text) => OnStop is null ? text : text.PadRight(Terminal!.Profile.Width - 1);

    /// <summary>Writes names and values, the values aligned.</summary>
    public void Facts(params IReadOnlyList<(string Name, string Value)> facts)
    {
        int width = facts.Max(f => f.Name.Length) + 2;
        foreach ((string name, string value) in facts)
        {
            _log?.Write($"  {name.PadRight(width)}{value}");
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
        _log?.Write(plain);
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
    public void Fail(string message)
    {
        _log?.Write($"jtr: {message}");
        Error.WriteLine($"jtr: {_who}{message}");
    }
}
