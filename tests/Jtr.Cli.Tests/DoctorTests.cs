using System.Diagnostics;
using Jtr.Cli.Doctor;
using Jtr.Cli.Output;

namespace Jtr.Cli.Tests;

public sealed class DoctorTests
{
    [Test]
    public void Findings_are_listed_with_their_remedies()
    {
        (bool fine, string output) = Diagnose(
            new Check("first", () => new(Verdict.Ok, "there")),
            new Check("second", () => new(Verdict.Slow, "slow thing", "install a faster one"))
        );
        Assert.That(fine, Is.True);
        Assert.That(output, Does.Contain("ok     first").And.Contain("slow   second").And.Contain("-> install a faster one"));
        Assert.That(output.TrimEnd(), Does.EndWith("Training works here; 1 could be better."));
    }

    [Test]
    public void An_exception_is_a_finding_and_fails_the_diagnosis()
    {
        (bool fine, string output) = Diagnose(new Check("disk", () => throw new IOException("disk full")));
        Assert.That(fine, Is.False);
        Assert.That(output, Does.Contain("wrong  disk").And.Contain("disk full").And.Contain("1 wrong: training does not work here yet."));
    }

    [Test]
    public void Without_the_library_nothing_that_needs_it_is_looked_at()
    {
        bool looked = false;
        (_, string output) = Diagnose(
            new Check(Checks.LibraryName, () => new(Verdict.Wrong, "not there")),
            new Check(
                "step",
                () =>
                {
                    looked = true;
                    return new(Verdict.Ok, "");
                },
                NeedsLibrary: true
            ),
            new Check("pictures", () => new(Verdict.Ok, "work"))
        );
        Assert.That(looked, Is.False);
        Assert.That(output, Does.Contain("pictures").And.Not.Contain("step"));
    }

    [Test]
    public void A_libtorch_of_the_same_version_in_LIBTORCH_is_taken_before_the_systems()
    {
        string torch = Path.GetDirectoryName(Jtr.Interop.Training.JtrRuntime.TorchPath)!;
        Assume.That(
            torch,
            Does.StartWith("/usr/lib").Or.StartWith("/lib"),
            "libjtr was built with a libtorch of its own, which comes first"
        );
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["lib"]);
        foreach (string file in Directory.EnumerateFiles(torch, "libtorch*.so*").Concat(Directory.EnumerateFiles(torch, "libc10*.so*")))
            File.CreateSymbolicLink(folder["lib", Path.GetFileName(file)], file);
        ProcessStartInfo start = new("dotnet", [typeof(JtrCommandLine).Assembly.Location, "doctor"]) { RedirectStandardOutput = true };
        start.Environment["LIBTORCH"] = folder.Path;
        using Process doctor = Process.Start(start)!;
        string output = doctor.StandardOutput.ReadToEnd();
        doctor.WaitForExit();
        Assert.That(output, Does.Contain(folder["lib"]));
        Assert.That(doctor.ExitCode, Is.Zero, output);
    }

    [TestCase("7f00-7f01 r-xp 0000 08:01 12 /usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0\n", Verdict.Slow)]
    [TestCase(
        "7f00-7f01 r-xp 0000 08:01 12 /usr/lib/x86_64-linux-gnu/blas/libblas.so.3\n7f00-7f01 r-xp 0000 08:01 12 "
            + "/usr/lib/openblas-pthread/libopenblas.so.0\n",
        Verdict.Ok
    )]
    [TestCase("7f00-7f01 r-xp 0000 08:01 12 /opt/libtorch/lib/libmkl_core.so\n", Verdict.Ok)]
    [TestCase("7f00-7f01 rw-p 0000 00:00 0 \n7f00-7f01 r-xp 0000 08:01 12 /opt/libtorch/lib/libtorch_cpu.so\n", Verdict.Ok)]
    public void A_slow_blas_is_noticed(string maps, object verdict) => Assert.That(Checks.Blas(maps).Verdict, Is.EqualTo(verdict));

    [Test]
    public void The_whole_diagnosis_passes_where_the_tests_run()
    {
        CliRun run = CliRun.Of("doctor");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Output);
        foreach (Check check in Checks.All)
            Assert.That(run.Output, Does.Contain(check.Name));
        Assert.That(run.Output, Does.Contain("Training works here"));
    }

    [Test]
    public void A_library_that_is_not_there_is_wrong_and_says_what_mends_it()
    {
        // In a process of its own, for a library that is loaded stays loaded.
        ProcessStartInfo start = new("dotnet", [typeof(JtrCommandLine).Assembly.Location, "doctor"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["JTR_NATIVE"] = "/no/such/place/libjtr.so";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.That(process.ExitCode, Is.EqualTo(ExitCode.Failure), output);
        Assert.That(output, Does.Contain("wrong  libjtr").And.Contain("/no/such/place/libjtr.so").And.Contain("./build.sh native"));
        Assert.That(output, Does.Not.Contain("\u001b"), "a pipe gets no control characters");
    }

    private static (bool Fine, string Output) Diagnose(params Check[] checks)
    {
        using StringWriter output = new();
        bool fine = new Diagnosis(new CliConsole(output, TextWriter.Null)).Run(checks);
        return (fine, output.ToString());
    }
}
