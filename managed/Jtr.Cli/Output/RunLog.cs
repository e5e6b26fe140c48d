using System.Globalization;

namespace Jtr.Cli.Output;

/// <summary>The log of a run: all that the command says, each line with its time. What is written is on disk at once.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly Lock _lock = new();
    private readonly StreamWriter _file;
    private readonly TimeProvider _clock;

    /// <summary>Opens the log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isContinued">Whether to write behind what is there.</param>
    /// <param name="clock">For tests.</param>
    public RunLog(string path, bool isContinued, TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        _file = new StreamWriter(
            new FileStream(path, isContinued ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.ReadWrite)
        )
        {
            AutoFlush = true,
            NewLine = "\n",
        };
    }

    /// <summary>Writes lines.</summary>
    public void Write(string text)
    {
        string time = _clock.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        lock (_lock)
        {
            foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
            {
                if (line.Length > 0)
                    _file.WriteLine($"{time}  {line}");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            _file.Dispose();
    }
}
