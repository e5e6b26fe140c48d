using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Output;
using Jtr.Cli.Parallel;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>Options of `jtr train` about the processes that train together. They are no settings: each start may have others.</summary>
internal sealed class TrainGroup
{
    private const string ProcessesName = "--processes";

    private readonly Option<long?> _processes = OptionKinds.Whole(
        ProcessesName,
        "N",
        "Start N processes on this machine that train together, each with a share of every batch, and a GPU of its own where there are "
            + "several. Launchers such as torchrun, mpirun and srun start their own: then leave it out.",
        1,
        1024
    );

    private readonly Option<long?> _timeout = OptionKinds.Whole(
        "--process-timeout",
        "SECONDS",
        "After which a process that does not answer is given up, and all others end. Default: 600.",
        1,
        86400
    );

    private readonly Option<string?> _listen = OptionKinds.Text(
        "--listen",
        "ADDRESS",
        "This machine's address for the other processes. Default: the one from which rank 0's machine is reached."
    );

    private readonly Option<string?> _interface = OptionKinds.Text(
        "--interface",
        "NAME",
        "Network interface in place of that address, such as eth0."
    );

    /// <summary>The options.</summary>
    public OptionGroup Group => new("Several processes", [_processes, _timeout, _listen, _interface]);

    /// <summary>How many processes are to be started, or null where this one trains.</summary>
    /// <exception cref="UsageException">A launcher has started this one already.</exception>
    public int? ToStart(ParseResult parsed)
    {
        if (parsed.GetValue(_processes) is not { } count || count == 1)
            return null;
        return FromEnvironment() is { Size: > 1 } group
            ? throw new UsageException(
                $"{ProcessesName} {count} starts processes, but this one was started as rank {group.Rank} of {group.Size} by "
                    + $"{group.Launcher}: leave it out, or unset the launcher's environment variables."
            )
            : (int)count;
    }

    /// <summary>The command line of each of them.</summary>
    public static IReadOnlyList<string> Arguments(ParseResult parsed)
    {
        string[] all = [.. parsed.Tokens.Select(t => t.Value)];
        int at = Array.IndexOf(all, ProcessesName);
        return [.. all[..at], .. all[(at + 2)..]];
    }

    /// <summary>The group that this process is of; null where it trains by itself.</summary>
    /// <exception cref="UsageException">A launcher's variables are wrong.</exception>
    public JtrProcessGroup? Read(ParseResult parsed)
    {
        if (FromEnvironment() is not { Size: > 1 } group)
            return null;
        return group with
        {
            Timeout = parsed.GetValue(_timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : group.Timeout,
            Listen = parsed.GetValue(_listen),
            Interface = parsed.GetValue(_interface),
        };
    }

    /// <summary>What a launcher says; null where none started this process.</summary>
    /// <exception cref="UsageException">Its variables are wrong.</exception>
    public static JtrProcessGroup? FromEnvironment()
    {
        try
        {
            return JtrProcessGroup.FromEnvironment();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(ErrorText.Describe(e));
        }
    }

    /// <summary>The device of a process: of several on a machine with several GPUs each has its own, unless one is named.</summary>
    public static DeviceChoice Device(DeviceChoice said, JtrProcessGroup? group) =>
        group is null || said.Kind == DeviceKind.Cpu || said.Index > 0 || JtrRuntime.CudaDeviceCount < 2
            ? said
            : said with
            {
                Index = group.LocalRank % JtrRuntime.CudaDeviceCount,
            };

    /// <summary>Starts the processes and waits for them.</summary>
    public static Task<int> StartAsync(CliConsole console, ParseResult parsed, int count, CancellationToken cancellationToken)
    {
        console.StopWords = "Stopping after this step, then saving; Ctrl-C again ends now, without saving.";
        return new LocalProcesses(console, Arguments(parsed), count).RunAsync(cancellationToken);
    }
}
