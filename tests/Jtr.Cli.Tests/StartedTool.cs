using System.Diagnostics;
using System.Globalization;

namespace Jtr.Cli.Tests;

/// <summary>The tool as a process.</summary>
internal sealed class StartedTool : IDisposable
{
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly List<string> _lines = [];

    /// <summary>Starts it.</summary>
    /// <param name="arguments">Of the tool.</param>
    /// <param name="variables">Of its environment.</param>
    public StartedTool(string[] arguments, params (string Name, string Value)[] variables)
        : this(arguments, [], variables) { }

    /// <summary>Has it started by another program.</summary>
    /// <param name="arguments">Of the tool.</param>
    /// <param name="launcher">The command line of the program, before that of the tool.</param>
    /// <param name="variables">Of the environment.</param>
    public StartedTool(string[] arguments, string[] launcher, params (string Name, string Value)[] variables)
    {
        string tool = Path.Combine(AppContext.BaseDirectory, "Jtr.Cli.dll");
        ProcessStartInfo start = new("env", ["--default-signal=HUP,INT,TERM", .. launcher, "dotnet", tool, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Take;
        _process.ErrorDataReceived += Take;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        void Take(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not { } text)
                return;
            lock (_lines)
                _lines.Add(text);
        }
    }

    /// <summary>The number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>What it has written.</summary>
    public string Said
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public int Wait()
    {
        Assert.That(_process.WaitForExit(_longest), Is.True, () => Said);
        _process.WaitForExit();
        return _process.ExitCode;
    }

    /// <summary>Waits until it has written something.</summary>
    public void WaitFor(string text) => WaitUntil(() => Said.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits until something is so; fails where it ends before.</summary>
    public void WaitUntil(Func<bool> isReached)
    {
        bool isThere = SpinWait.SpinUntil(
            () =>
            {
                Thread.Sleep(5);
                return _process.HasExited || isReached();
            },
            _longest
        );
        Assert.That(isThere && !_process.HasExited, () => Said);
    }

    /// <summary>The process of a rank that this one has started.</summary>
    public int ChildOf(int rank) =>
        Directory
            .GetDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0 && ParentOf(id) == Id)
            .Single(id => File.ReadAllText($"/proc/{id}/environ").Split('\0').Contains($"RANK={rank}"));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static int ParentOf(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
