using System.Globalization;

namespace Jtr.Interop.Training;

/// <summary>A program that starts processes and numbers them, by the environment variables that it sets.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rank">The process's number.</param>
/// <param name="Size">Number of processes.</param>
/// <param name="LocalRank">The process's number on its machine.</param>
/// <param name="LocalSize">Number of processes on its machine, or null where it does not say.</param>
/// <param name="Mark">
/// A variable without which the others mean nothing, or null: they may be there where nothing was started.
/// </param>
internal sealed record ProcessLauncher(string Name, string Rank, string Size, string LocalRank, string? LocalSize, string? Mark = null)
{
    private const string Address = "MASTER_ADDR",
        Port = "MASTER_PORT",
        SlurmJob = "SLURM_JOB_ID";

    private const int FirstSlurmPort = 15000,
        SlurmPorts = 10000;

    // The first that is there counts.
    private static readonly ProcessLauncher[] _known =
    [
        new("torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"),
        new("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"),
        new("mpiexec", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
        // A batch script has a number too, and the number of tasks; a step is what srun starts.
        new("srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", LocalSize: null, Mark: "SLURM_STEP_ID"),
    ];

    /// <summary>What the variables say; null where none of a launcher is set.</summary>
    /// <exception cref="ArgumentException">One is missing or wrong.</exception>
    public static JtrProcessGroup? Read(Func<string, string?> variables)
    {
        Func<string, string?> set = name => variables(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
        ProcessLauncher? launcher = _known.FirstOrDefault(l =>
            l.Mark is null ? set(l.Rank) is not null || set(l.Size) is not null : set(l.Mark) is not null && set(l.Rank) is not null
        );
        return launcher?.Group(set);
    }

    private JtrProcessGroup Group(Func<string, string?> set)
    {
        int size = Number(set, Size, 1, JtrProcessGroup.MaxSize),
            rank = Number(set, Rank, 0, JtrProcessGroup.MaxSize - 1);
        if (rank >= size)
            throw Wrong(Rank, $"is {rank}, but {Size} is {size}: ranks are 0 to {size - 1}");
        int local = set(LocalRank) is null ? 0 : Number(set, LocalRank, 0, size - 1);
        bool isOneMachine = size == 1 || (LocalSize is not null && set(LocalSize) is not null && Number(set, LocalSize, 1, size) == size);
        return new JtrProcessGroup
        {
            Rank = rank,
            Size = size,
            LocalRank = local,
            Address = AddressOf(set, isOneMachine),
            Port = PortOf(set, size),
            LauncherStore = StoreOf(set),
            Launcher = Name,
        };
    }

    private string AddressOf(Func<string, string?> set, bool isOneMachine)
    {
        if (set(Address) is { } said)
            return said;
        if (isOneMachine)
            return "127.0.0.1";
        // Not where someone numbered the processes by hand: rank 0 may be on any machine of the job.
        foreach (string list in (string[])["SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"])
        {
            if (this != _known[0] && set(list) is { } hosts)
                return FirstHost(list, hosts);
        }
        throw Wrong(Address, $"is not set: with {Size} and {Rank} it has to name rank 0's machine");
    }

    private int PortOf(Func<string, string?> set, int size)
    {
        if (set(Port) is not null)
            return Number(set, Port, 1, ushort.MaxValue);
        if (this == _known[0] && size > 1)
            throw Wrong(Port, $"is not set: with {Size} and {Rank} it has to be the port of rank 0's store");
        // So that two jobs on a machine do not meet; its number is the same for all processes.
        return set(SlurmJob) is not null
            ? FirstSlurmPort + Number(set, SlurmJob, 0, int.MaxValue) % SlurmPorts
            : JtrProcessGroup.DefaultPort;
    }

    /// <summary>
    /// Where torchrun's agent itself listens at the address and port, its store is there for the processes too; what they write is told
    /// apart from what they wrote before they were started anew.
    /// </summary>
    private string StoreOf(Func<string, string?> set) =>
        this == _known[0] && set("TORCHELASTIC_USE_AGENT_STORE") == "True" ? $"jtr/attempt_{set("TORCHELASTIC_RESTART_COUNT") ?? "0"}" : "";

    /// <summary>The first of a list such as "node[03-05,9],login" or "rack1-gpu[0-3]": "node03", "rack1-gpu0".</summary>
    internal static string FirstHost(string variable, string hosts)
    {
        Exception NoList() => Wrong(variable, $"is '{hosts}', which is no list of machines");
        string host = "";
        for (int i = 0; i < hosts.Length && hosts[i] != ','; i++)
        {
            if (hosts[i] != '[')
            {
                host += hosts[i] is ']' or ' ' ? throw NoList() : hosts[i];
                continue;
            }
            int end = hosts.IndexOf(']', i);
            string number = end < 0 ? "" : hosts[(i + 1)..end].Split(',')[0].Split('-')[0];
            if (number.Length == 0 || !number.All(char.IsAsciiDigit))
                throw NoList();
            host += number;
            i = end;
        }
        return host.Length > 0 ? host : throw NoList();
    }

    private int Number(Func<string, string?> set, string variable, int lowest, int highest)
    {
        if (set(variable) is not { } text)
            throw Wrong(variable, $"is not set, though {(variable == Rank ? Size : Rank)} is");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= lowest && number <= highest
            ? number
            : throw Wrong(variable, $"is '{text}'; it has to be a whole number of {lowest} to {highest}");
    }

    private static ArgumentException Wrong(string variable, string what) => new($"The environment variable {variable} {what}.", variable);
}
