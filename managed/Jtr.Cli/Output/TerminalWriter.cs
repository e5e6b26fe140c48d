using System.Text;

namespace Jtr.Cli.Output;

/// <summary>A terminal that may be closed while a run goes on, which is no reason for the run to fail.</summary>
internal sealed class TerminalWriter(TextWriter terminal) : TextWriter
{
    private volatile bool _isGone;

    /// <inheritdoc/>
    public override Encoding Encoding => terminal.Encoding;

    /// <summary>Drops all that is written from here on.</summary>
    public void Leave() => _isGone = true;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => terminal.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => terminal.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => terminal.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    /// <inheritdoc/>
    public override void Flush() => Try(terminal.Flush);

    private void Try(Action write)
    {
        if (_isGone)
            return;
        try
        {
            write();
        }
        catch (IOException)
        {
            _isGone = true;
        }
    }
}
