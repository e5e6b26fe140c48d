namespace Jtr.Cli.Output;

/// <summary>A document that a command writes to a file, or to standard output where the file is named "-".</summary>
internal sealed class Document
{
    /// <summary>The name that stands for standard output.</summary>
    public const string StandardOutput = "-";

    private readonly string? _path;
    private readonly TextWriter? _output;

    private Document(string? path, TextWriter? output) => (_path, _output) = (path, output);

    /// <summary>Whether it goes to a file, to be listed with what was written.</summary>
    public bool IsFile => _path is not null;

    /// <summary>
    /// The document of an option; null where it is not given. Where it goes to standard output, all else that the command says goes to
    /// standard error from here on.
    /// </summary>
    public static Document? Of(string? path, CliConsole console) =>
        path is null ? null
        : path == StandardOutput ? new Document(null, console.KeepOutputFree())
        : new Document(path, null);

    /// <summary>Writes it, whole.</summary>
    public void Write(string text)
    {
        if (_path is not null)
        {
            WholeFile.Write(_path, text);
            return;
        }
        _output!.Write(text.EndsWith('\n') ? text : text + "\n");
        _output.Flush();
    }
}
