using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training.Parallel;

/// <summary>What launchers say in environment variables.</summary>
public sealed class LauncherTests
{
    private static JtrProcessGroup? Read(params (string Name, string Value)[] variables) =>
        JtrProcessGroup.FromEnvironment(name => variables.FirstOrDefault(v => v.Name == name).Value);

    private static JtrProcessGroup Group(string launcher, int rank, int size, int local, string address, int port) =>
        new()
        {
            Launcher = launcher,
            Rank = rank,
            Size = size,
            LocalRank = local,
            Address = address,
            Port = port,
        };

    [Test]
    public void Without_a_launcher_there_is_no_group()
    {
        Assert.That(Read(), Is.Null);
        Assert.That(Read(("MASTER_ADDR", "10.0.0.1"), ("LOCAL_RANK", "1"), ("RANK", " ")), Is.Null);
        // A batch script of SLURM, and a shell of salloc: nothing was started by srun.
        Assert.That(Read(("SLURM_JOB_ID", "7"), ("SLURM_PROCID", "0"), ("SLURM_NTASKS", "8")), Is.Null);
    }

    [Test]
    public void Torchrun()
    {
        (string, string)[] all =
        [
            ("RANK", "3"),
            ("WORLD_SIZE", "8"),
            ("LOCAL_RANK", "1"),
            ("LOCAL_WORLD_SIZE", "2"),
            ("MASTER_ADDR", "node7"),
            ("MASTER_PORT", "29511"),
            // It was itself started by srun.
            ("SLURM_STEP_ID", "0"),
            ("SLURM_PROCID", "1"),
            ("SLURM_STEP_NUM_TASKS", "4"),
        ];
        Assert.That(Read(all), Is.EqualTo(Group("torchrun", 3, 8, 1, "node7", 29511)));
        // Its agent listens there itself.
        (string, string)[] own = [.. all, ("TORCHELASTIC_USE_AGENT_STORE", "True"), ("TORCHELASTIC_RESTART_COUNT", "2")];
        Assert.That(Read(own), Is.EqualTo(Group("torchrun", 3, 8, 1, "node7", 29511) with { LauncherStore = "jtr/attempt_2" }));
        (string, string)[] none = [.. all, ("TORCHELASTIC_USE_AGENT_STORE", "False"), ("TORCHELASTIC_RESTART_COUNT", "0")];
        Assert.That(Read(none), Is.EqualTo(Read(all)));
    }

    [Test]
    public void Four_variables_by_hand() =>
        Assert.That(
            Read(("RANK", "0"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "10.0.0.1"), ("MASTER_PORT", "2000")),
            Is.EqualTo(Group("torchrun", 0, 2, 0, "10.0.0.1", 2000))
        );

    [Test]
    public void Open_mpi()
    {
        (string, string)[] all =
        [
            ("OMPI_COMM_WORLD_RANK", "2"),
            ("OMPI_COMM_WORLD_SIZE", "4"),
            ("OMPI_COMM_WORLD_LOCAL_RANK", "2"),
            ("OMPI_COMM_WORLD_LOCAL_SIZE", "4"),
        ];
        Assert.That(Read(all), Is.EqualTo(Group("Open MPI", 2, 4, 2, "127.0.0.1", JtrProcessGroup.DefaultPort)));
        all[3].Item2 = "2";
        ArgumentException error = Assert.Throws<ArgumentException>(() => Read(all))!;
        Assert.That(error.ParamName, Is.EqualTo("MASTER_ADDR"));
        Assert.That(
            Read([.. all, ("MASTER_ADDR", "10.1.1.1"), ("MASTER_PORT", "3000")]),
            Is.EqualTo(Group("Open MPI", 2, 4, 2, "10.1.1.1", 3000))
        );
    }

    [Test]
    public void Mpich()
    {
        (string, string)[] all = [("PMI_RANK", "1"), ("PMI_SIZE", "2"), ("MPI_LOCALRANKID", "1"), ("MPI_LOCALNRANKS", "2")];
        Assert.That(Read(all), Is.EqualTo(Group("mpiexec", 1, 2, 1, "127.0.0.1", JtrProcessGroup.DefaultPort)));
        // On the machines of a SLURM job.
        all[3].Item2 = "1";
        Assert.That(
            Read([.. all, ("SLURM_JOB_NODELIST", "gpu[07-09]"), ("SLURM_JOB_ID", "123456")]),
            Is.EqualTo(Group("mpiexec", 1, 2, 1, "gpu07", 15000 + 3456))
        );
    }

    [Test]
    public void Slurm()
    {
        (string, string)[] all =
        [
            ("SLURM_JOB_ID", "4711"),
            ("SLURM_STEP_ID", "0"),
            ("SLURM_PROCID", "5"),
            ("SLURM_STEP_NUM_TASKS", "16"),
            ("SLURM_LOCALID", "1"),
            ("SLURM_JOB_NODELIST", "rack1-gpu[3-5,9],login"),
        ];
        Assert.That(Read(all), Is.EqualTo(Group("srun", 5, 16, 1, "rack1-gpu3", 19711)));
        Assert.That(Read([.. all, ("MASTER_ADDR", "10.9.8.7")])!.Address, Is.EqualTo("10.9.8.7"));
        Assert.That(Read([.. all, ("SLURM_STEP_NODELIST", "b12")])!.Address, Is.EqualTo("b12"));
    }

    [TestCase("node1", "node1")]
    [TestCase("node1,node2", "node1")]
    [TestCase("node[007-120,200]", "node007")]
    [TestCase("a[2,4]b[6-7]c", "a2b6c")]
    [TestCase("n1.cluster.example", "n1.cluster.example")]
    public void The_first_machine_of_a_list(string list, string first) =>
        Assert.That(ProcessLauncher.FirstHost("LIST", list), Is.EqualTo(first));

    [TestCase("")]
    [TestCase("node[")]
    [TestCase("node[]")]
    [TestCase("node[x-3]")]
    [TestCase(",node1")]
    public void A_list_that_is_none(string list) =>
        Assert.That(
            Assert.Throws<ArgumentException>(() => ProcessLauncher.FirstHost("LIST", list))!.Message,
            Does.Contain("LIST").And.Contain("no list of machines")
        );

    [TestCase("WORLD_SIZE", "RANK=0", "is not set, though RANK is")]
    [TestCase("RANK", "WORLD_SIZE=2", "is not set, though WORLD_SIZE is")]
    [TestCase("MASTER_ADDR", "RANK=0 WORLD_SIZE=2 MASTER_PORT=1", "is not set")]
    [TestCase("MASTER_PORT", "RANK=0 WORLD_SIZE=2 MASTER_ADDR=h", "is not set")]
    [TestCase("MASTER_PORT", "RANK=0 WORLD_SIZE=2 MASTER_ADDR=h MASTER_PORT=70000", "'70000'")]
    [TestCase("RANK", "RANK=2 WORLD_SIZE=2 MASTER_ADDR=h MASTER_PORT=1", "ranks are 0 to 1")]
    [TestCase("RANK", "RANK=-1 WORLD_SIZE=2 MASTER_ADDR=h MASTER_PORT=1", "'-1'")]
    [TestCase("WORLD_SIZE", "RANK=0 WORLD_SIZE=two MASTER_ADDR=h MASTER_PORT=1", "'two'")]
    [TestCase("LOCAL_RANK", "RANK=0 WORLD_SIZE=2 LOCAL_RANK=x MASTER_ADDR=h MASTER_PORT=1", "'x'")]
    [TestCase("PMI_SIZE", "PMI_RANK=0", "is not set, though PMI_RANK is")]
    [TestCase("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE=2", "is not set, though OMPI_COMM_WORLD_SIZE is")]
    [TestCase("SLURM_STEP_NUM_TASKS", "SLURM_STEP_ID=0 SLURM_PROCID=0", "is not set, though SLURM_PROCID is")]
    [TestCase("MASTER_ADDR", "SLURM_STEP_ID=0 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=2", "is not set")]
    [TestCase("SLURM_JOB_NODELIST", "SLURM_STEP_ID=0 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=2 SLURM_JOB_NODELIST=a[", "no list of machines")]
    public void What_is_missing_or_wrong_is_named(string variable, string set, string told)
    {
        (string, string)[] variables = [.. set.Split(' ').Select(v => (v.Split('=')[0], v.Split('=')[1]))];
        ArgumentException error = Assert.Throws<ArgumentException>(() => Read(variables))!;
        Assert.That(error.ParamName, Is.EqualTo(variable));
        Assert.That(error.Message, Does.StartWith($"The environment variable {variable} ").And.Contain(told));
    }

    [Test]
    public void One_process_of_a_launcher_needs_no_address() =>
        Assert.That(Read(("RANK", "0"), ("WORLD_SIZE", "1")), Is.EqualTo(Group("torchrun", 0, 1, 0, "127.0.0.1", 29500)));

    [Test]
    public void Ranges_are_checked_by_name()
    {
        JtrProcessGroup good = new() { Rank = 1, Size = 2 };
        good.Validate();
        Check(good with { Rank = 2 }, "Parallel.Rank");
        Check(good with { Size = 0 }, "Parallel.Size");
        Check(good with { Port = 0 }, "Parallel.Port");
        Check(good with { Address = " " }, "Parallel.Address");
        Check(good with { Timeout = TimeSpan.Zero }, "Parallel.Timeout");
        Check(good with { SyncNorms = (NormSync)7 }, "Parallel.SyncNorms");
        Check(good with { BucketMebibytes = -1 }, "Parallel.BucketMebibytes");
        Check(good with { Compression = (GradientCompression)7 }, "Parallel.Compression");

        static void Check(JtrProcessGroup group, string name) =>
            Assert.That(
                Assert.Catch<ArgumentException>(() => (SmallModel.Options with { Parallel = group }).Validate())!.ParamName,
                Is.EqualTo(name)
            );
    }

    [Test]
    public void Native_options_leave_the_group_to_its_property() =>
        Assert.That(
            Assert
                .Throws<ArgumentException>(() =>
                    (SmallModel.Options with { NativeOptions = """{"parallel": {"name": "c10d", "size": 2}}""" }).Validate()
                )!
                .Message,
            Does.Contain("Parallel")
        );
}
