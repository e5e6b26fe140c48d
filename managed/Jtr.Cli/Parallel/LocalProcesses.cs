using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Jtr.Cli.Comparison;
using Jtr.Cli.Output;

namespace Jtr.Cli.Parallel;

/// <summary>
/// Several processes of this program on this machine, which train together: `jtr train --processes`. What rank 0 says is shown; lines of
/// the others name their rank. When one fails the others end too; none is started again.
/// </summary>
/// <param name="console">Where they write.</param>
/// <param name="arguments">The command line of each.</param>
/// <param name="count">How many.</param>
internal sealed class LocalProcesses(CliConsole console, IReadOnlyList<string> arguments, int count)
{
    private const string StartedVariable = "JTR_STARTED_BY_JTR",
        ThreadsVariable = "OMP_NUM_THREADS";

    // What the shell says of a process that a signal ended: 128 and its number.
    private const int Signals = 128;

    /// <summary>How much later than its consequences a process's end may be seen.</summary>
    private static readonly TimeSpan _moment = TimeSpan.FromSeconds(1);

    /// <summary>How long processes have to notice that another one has ended, and then to save.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(15);

    /// <summary>Whether this process is one of them: it stops when its standard input ends.</summary>
    public static bool IsOne => Environment.GetEnvironmentVariable(StartedVariable) is { Length: > 0 };

    /// <summary>Starts them and waits for all to end.</summary>
    /// <param name="cancellationToken">Asks all of them to save and stop.</param>
    /// <returns>0 where all did what they were asked to, else the code of the first that did not.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        int port = FreePort();
        Process[] processes = [.. Enumerable.Range(0, count).Select(rank => Start(rank, port))];
        try
        {
            using CancellationTokenRegistration stop = cancellationToken.Register(() => Stop(processes));
            Task<int>[] ends = [.. processes.Select(EndOf)];
            HashSet<Task<int>> waited = [.. ends];
            int? first = null;
            while (waited.Count > 0)
            {
                Task<int> ended = await Task.WhenAny(waited).ConfigureAwait(false);
                waited.Remove(ended);
                int code = await ended.ConfigureAwait(false);
                if (code == ExitCode.Success)
                    continue;
                if (first is null && code != ExitCode.Canceled)
                {
                    int rank = Array.IndexOf(ends, ended);
                    // Others may end for want of one that a signal ended, and be seen before it.
                    if (code < Signals)
                        await Task.WhenAny(Task.WhenAll(ends), Task.Delay(_moment, CancellationToken.None)).ConfigureAwait(false);
                    int killed = Array.FindIndex(ends, e => e.IsCompletedSuccessfully && e.Result > Signals);
                    if (code < Signals && killed >= 0)
                        (rank, code) = (killed, ends[killed].Result);
                    console.Fail(
                        code > Signals
                            ? $"rank {rank} was ended by signal {code - Signals}; the others end too"
                            : string.Create(CultureInfo.InvariantCulture, $"rank {rank} ended with code {code}; the others end too")
                    );
                    _ = EndAllAsync(processes, Task.WhenAll(ends));
                }
                // What failed counts more than what was stopped.
                first = first is null or ExitCode.Canceled ? code : first;
            }
            return first ?? ExitCode.Success;
        }
        finally
        {
            foreach (Process process in processes)
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
                process.Dispose();
            }
        }
    }

    /// <summary>A port of this machine that nobody listens on.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Process Start(int rank, int port)
    {
        ProcessStartInfo start = SelfProcess.Start(arguments);
        // On a terminal rank 0 has it to itself, with its bars and colors.
        bool shares = rank == 0 && console.Terminal is not null;
        (start.RedirectStandardOutput, start.RedirectStandardError) = (!shares, !shares);
        Set("RANK", rank);
        Set("WORLD_SIZE", count);
        Set("LOCAL_RANK", rank);
        Set("LOCAL_WORLD_SIZE", count);
        start.Environment["MASTER_ADDR"] = "127.0.0.1";
        Set("MASTER_PORT", port);
        Set(StartedVariable, 1);
        if (!start.Environment.ContainsKey(ThreadsVariable))
            Set(ThreadsVariable, ParallelRuns.Share(null, count));
        Process process = new() { StartInfo = start };
        if (!shares)
        {
            process.OutputDataReceived += (_, line) => Show(line.Data, rank == 0 ? console.Output : console.Error);
            process.ErrorDataReceived += (_, line) => Show(line.Data, console.Error);
        }
        process.Start();
        if (!shares)
        {
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }
        return process;

        void Set(string variable, int value) => start.Environment[variable] = value.ToString(CultureInfo.InvariantCulture);

        void Show(string? line, TextWriter to)
        {
            if (line is null)
                return;
            lock (console)
                to.WriteLine(rank == 0 ? line : $"rank {rank}: {line}");
        }
    }

    private static async Task<int> EndOf(Process process)
    {
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        return process.ExitCode;
    }

    /// <summary>Asks processes to save and stop.</summary>
    private static void Stop(Process[] processes)
    {
        foreach (Process process in processes)
        {
            try
            {
                process.StandardInput.Close();
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // It has ended.
            }
        }
    }

    /// <summary>Ends those that do not end by themselves, which they do when they notice that one is gone.</summary>
    private static async Task EndAllAsync(Process[] processes, Task all)
    {
        await Task.WhenAny(all, Task.Delay(_grace)).ConfigureAwait(false);
        Stop(processes);
        await Task.WhenAny(all, Task.Delay(_grace)).ConfigureAwait(false);
        foreach (Process process in processes)
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It has ended.
            }
        }
    }
}
