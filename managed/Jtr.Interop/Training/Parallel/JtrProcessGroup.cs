using System.Text.Json.Nodes;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>Whose samples the statistics of batch norms are of, where several processes train together.</summary>
public enum NormSync
{
    /// <summary>All processes' where one of them has fewer than 8 samples at a time, else each its own.</summary>
    Auto = 0,

    /// <summary>All processes'.</summary>
    On = 1,

    /// <summary>Each process has its own; the running statistics become their means.</summary>
    Off = 2,
}

/// <summary>What gradients are rounded to on their way to the other processes.</summary>
public enum GradientCompression
{
    /// <summary>To nothing.</summary>
    None = 0,

    /// <summary>
    /// To bfloat16, half the bytes of float32: each process's are rounded once, added up in float32, and their sum is rounded once. All
    /// processes get the same sum.
    /// </summary>
    BFloat16 = 1,
}

/// <summary>
/// This process among those that train one network together, each with a share of every batch (libtorch's c10d). All processes make their
/// <see cref="Trainer"/> with equal options but for this one, and then make the same calls. The traffic is neither encrypted nor
/// authenticated: it belongs in a private network.
/// </summary>
public sealed record JtrProcessGroup
{
    /// <summary>The port of rank 0's store where nothing else is said, as of PyTorch's launchers.</summary>
    public const int DefaultPort = 29500;

    /// <summary>The most processes.</summary>
    public const int MaxSize = 65536;

    /// <summary>This process's number, 0 or more and below <see cref="Size"/>. Rank 0 writes checkpoints and reports progress.</summary>
    public int Rank { get; init; }

    /// <summary>Number of processes, 1 to <see cref="MaxSize"/>. One trains by itself, as without a group.</summary>
    public int Size { get; init; } = 1;

    /// <summary>This process's number among those of its machine, 0 or more: which of its GPUs it should take.</summary>
    public int LocalRank { get; init; }

    /// <summary>Address or name of rank 0's machine, where its store listens.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Port of rank 0's store, 1 to 65,535.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>
    /// What stands before the names in a store that the launcher serves at that address and port, as torchrun may; empty where rank 0
    /// serves one.
    /// </summary>
    public string LauncherStore { get; init; } = "";

    /// <summary>
    /// After which a process that does not answer is given up, at the start and in every step: 1 s to a day. Longer than what a process
    /// may be busy for by itself, as with a checkpoint.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whose samples the statistics of batch norms are of.</summary>
    public NormSync SyncNorms { get; init; } = NormSync.Auto;

    /// <summary>
    /// MiB of gradients that are summed at a time while the backward pass still runs, 0 to 65,536. 0: all of a network's together, after
    /// it.
    /// </summary>
    public double BucketMebibytes { get; init; } = 25;

    /// <summary>What gradients are rounded to on their way.</summary>
    public GradientCompression Compression { get; init; } = GradientCompression.None;

    /// <summary>This machine's address for the others; null: the one from which rank 0's machine is reached.</summary>
    public string? Listen { get; init; }

    /// <summary>Network interface in place of that address, such as "eth0"; or null.</summary>
    public string? Interface { get; init; }

    /// <summary>What started this process, such as "torchrun"; empty where that was not asked of the environment.</summary>
    public string Launcher { get; init; } = "";

    /// <summary>
    /// What a launcher says in environment variables: RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT and LOCAL_RANK (torchrun, or set by
    /// hand); else OMPI_COMM_WORLD_RANK and so on (Open MPI); PMI_RANK and so on (MPICH, Intel MPI); SLURM_PROCID and so on (srun).
    /// Launchers that do not name rank 0's machine need MASTER_ADDR, unless all processes are on one machine, or SLURM lists the
    /// machines of its job.
    /// </summary>
    /// <returns>The group; null where no launcher started this process.</returns>
    /// <exception cref="ArgumentException">A variable is missing or wrong; ParamName is its name.</exception>
    public static JtrProcessGroup? FromEnvironment() => FromEnvironment(Environment.GetEnvironmentVariable);

    /// <summary>What a launcher says in variables that a function looks up.</summary>
    /// <param name="variables">Gives a variable's value, or null where it is not set.</param>
    /// <inheritdoc cref="FromEnvironment()" path="/returns"/>
    /// <inheritdoc cref="FromEnvironment()" path="/exception"/>
    public static JtrProcessGroup? FromEnvironment(Func<string, string?> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        return ProcessLauncher.Read(variables);
    }

    /// <summary>Checks every property.</summary>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name.</exception>
    public void Validate(string name = nameof(TrainerOptions.Parallel))
    {
        NativeRange.Check($"{name}.{nameof(Size)}", Size, "parallel[c10d].size");
        OptionRange.Within($"{name}.{nameof(Rank)}", Rank, 0, Size - 1);
        OptionRange.Within($"{name}.{nameof(LocalRank)}", LocalRank, 0);
        NativeRange.Check($"{name}.{nameof(Port)}", Port, "parallel[c10d].port");
        NativeRange.Check($"{name}.{nameof(Timeout)}", Timeout.TotalSeconds, "parallel[c10d].timeout_s");
        OptionRange.Named($"{name}.{nameof(SyncNorms)}", SyncNorms);
        NativeRange.Check($"{name}.{nameof(BucketMebibytes)}", BucketMebibytes, "parallel[c10d].bucket_mib");
        OptionRange.Named($"{name}.{nameof(Compression)}", Compression);
        if (string.IsNullOrWhiteSpace(Address))
            throw new ArgumentException($"{name}.{nameof(Address)} must be the address of rank 0's machine.", $"{name}.{nameof(Address)}");
    }

    /// <summary>As libjtr reads it.</summary>
    internal JsonObject ToNative() =>
        Size == 1
            ? new() { ["name"] = "none" }
            : new()
            {
                ["name"] = "c10d",
                ["rank"] = Rank,
                ["size"] = Size,
                ["address"] = Address,
                ["port"] = Port,
                ["launcher_store"] = LauncherStore,
                ["timeout_s"] = Timeout.TotalSeconds,
                ["listen"] = Listen ?? "",
                ["interface"] = Interface ?? "",
                ["sync_norms"] = NativeJson.Word(SyncNorms),
                ["bucket_mib"] = BucketMebibytes,
                ["compression"] = NativeJson.Word(Compression),
            };
}
