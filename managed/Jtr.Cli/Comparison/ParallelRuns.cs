using System.Diagnostics;
using System.Globalization;
using Jtr.Cli.Output;
using Jtr.Cli.Parallel;
using Jtr.Interop;

namespace Jtr.Cli.Comparison;

/// <summary>
/// Several runs of a comparison at once, each in a process of its own: threads and memory of one process are no other's. What a process
/// says is in the run's folder, process.txt. Its standard input stays open as long as it is wanted: when that closes, it saves and stops,
/// also where this process was killed.
/// </summary>
/// <param name="arguments">The command line, as the user gave it.</param>
/// <param name="jobs">How many runs at once.</param>
internal sealed class ParallelRuns(IReadOnlyList<string> arguments, int jobs)
{
    private const int LastLines = 12;

    // How a process is told which run is its own.
    private const string OnlyVariable = "JTR_ONLY_RUN";

    // Options with a value that each process is given anew.
    private static readonly string[] _replaced = ["--jobs", "--threads", "--workers"];

    /// <summary>The run that this process is to do, or null where it does all.</summary>
    public static string? Only => Environment.GetEnvironmentVariable(OnlyVariable);

    /// <summary>Threads of each of several processes: those that there are, split.</summary>
    public static int Share(int? wanted, int jobs) => wanted ?? Math.Max(1, Environment.ProcessorCount / jobs);

    /// <summary>Does all runs.</summary>
    /// <param name="runs">Name and folder of each.</param>
    /// <param name="threads">Threads of the arithmetic of each.</param>
    /// <param name="workers">Threads of each that read samples, or null for the default.</param>
    /// <param name="done">Called when one is done, never twice at once.</param>
    /// <param name="cancellationToken">Stops all of them; they save.</param>
    /// <exception cref="JtrException">A run failed; those under way were finished.</exception>
    public async Task RunAsync(
        IReadOnlyList<(string Name, string Folder)> runs,
        int threads,
        int? workers,
        Action<int> done,
        CancellationToken cancellationToken
    )
    {
        int next = -1;
        string? failure = null;
        object gate = new();
        Task[] all =
        [
            .. Enumerable
                .Range(0, Math.Min(jobs, runs.Count))
                .Select(async _ =>
                {
                    for (int i = Interlocked.Increment(ref next); i < runs.Count; i = Interlocked.Increment(ref next))
                    {
                        if (cancellationToken.IsCancellationRequested || Volatile.Read(ref failure) is not null)
                            return;
                        string? wrong = await RunOneAsync(runs[i].Name, runs[i].Folder, threads, workers, cancellationToken)
                            .ConfigureAwait(false);
                        lock (gate)
                        {
                            if (wrong is null)
                                done(i);
                            else
                                failure ??= wrong;
                        }
                    }
                }),
        ];
        await Task.WhenAll(all).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (failure is not null)
            throw new JtrException(failure);
    }

    /// <summary>What went wrong, or null.</summary>
    private async Task<string?> RunOneAsync(string name, string folder, int threads, int? workers, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        string log = Path.Combine(folder, "process.txt");
        ProcessStartInfo start = SelfProcess.Start(Arguments(threads, workers));
        start.Environment[OnlyVariable] = name;
        using StreamWriter writer = new(log, append: true) { AutoFlush = true };
        using Process process = new() { StartInfo = start };
        process.OutputDataReceived += Write;
        process.ErrorDataReceived += Write;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using (cancellationToken.Register(process.StandardInput.Close))
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        if (process.ExitCode == ExitCode.Success || cancellationToken.IsCancellationRequested)
            return null;
        lock (writer)
            writer.Flush();
        string[] lines = ReadLines(log);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the run '{name}' ended with code {process.ExitCode}; the last that it said, all of it in {log}:\n"
                + $"{string.Join('\n', lines.TakeLast(LastLines))}"
        );

        void Write(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is null)
                return;
            lock (writer)
                writer.WriteLine(line.Data);
        }
    }

    private static string[] ReadLines(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private IEnumerable<string> Arguments(int threads, int? workers)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            if (_replaced.Contains(arguments[i]))
                i++;
            else
                yield return arguments[i];
        }
        yield return "--threads";
        yield return threads.ToString(CultureInfo.InvariantCulture);
        if (workers is not { } count)
            yield break;
        yield return "--workers";
        yield return count.ToString(CultureInfo.InvariantCulture);
    }
}
