using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Jtr.Interop.Visualization;

namespace Jtr.Documentation.Tests;

/// <summary>
/// The commands of the pages: each page's blocks run in order, as they stand, in one shell in a folder with small photographs, where 'jtr'
/// is the tool of this checkout. Those with the remark "not run: REASON", and those of the pages in <see cref="ReadOnly"/>, are not run,
/// and those with the remark "runs where: PROGRAM" where that is installed; of every 'jtr' in any block, the command and its options have
/// to exist.
/// </summary>
public sealed class ShellTests
{
    /// <summary>
    /// Pages whose commands are run elsewhere, or install things and train for long; the reasons are here, since not all pages have
    /// comments.
    /// </summary>
    private static readonly Dictionary<string, string> ReadOnly = new()
    {
        ["docs/getting-started.md"] = "Jtr.Packages.Tests runs it whole, with the packages",
        ["docs/results.md"] = "trains for hours",
        ["README.md"] = "builds everything, and trains for minutes",
        ["managed/Jtr.Interop/PACKAGE.md"] = "adds packages that are not published",
        ["managed/Jtr.Cli/PACKAGE.md"] = "installs a package that is not published",
    };

    private static readonly string _tool = Path.Combine(AppContext.BaseDirectory, "Jtr.Cli.dll");
    private static readonly string _exampleLibrary = Path.Combine(Repository.Root, "build", "release", "libjtr_example.so");
    private static readonly Dictionary<string, string> _help = [];

    private static string[] RunPages() =>
        [
            .. CodeBlock
                .All.Where(b => b.Language == "sh" && !ReadOnly.ContainsKey(b.Page) && b.After("not run") is null)
                .Select(b => b.Page)
                .Distinct(),
        ];

    private static IEnumerable<TestCaseData> Blocks() =>
        CodeBlock.All.Where(b => b.Language == "sh").Select(b => new TestCaseData(b).SetArgDisplayNames(b.ToString()));

    [TestCaseSource(nameof(RunPages))]
    public void The_commands_of_the_page_work(string page)
    {
        string folder = Directory.CreateTempSubdirectory("jtr-docs-").FullName;
        try
        {
            WritePhotographs(Path.Combine(folder, "photos", "train"), "edge", 4);
            WritePhotographs(Path.Combine(folder, "photos", "test"), "edge", 2);
            WritePhotographs(
                Path.Combine(folder, "more-photos"),
                page.Contains("your-own-data", StringComparison.Ordinal) ? "border" : "edge",
                2
            );
            // Photographs of which tables tell.
            foreach (char name in "abcd")
                RgbImage.Create(32, 64).SavePng(Path.Combine(folder, "whole", "train", "image", $"{name}.png"));
            WriteProgram(Path.Combine(folder, "bin", "jtr"), "exec dotnet \"$JTR_TOOL\" \"$@\"");
            StringBuilder script = new("set -eu\nchmod +x bin/*\nexport PATH=\"$PWD/bin:$PATH\"\n");
            foreach (CodeBlock block in CodeBlock.All.Where(b => b.Page == page && b.After("not run") is null))
            {
                if (block.After("runs where") is string program && !IsInstalled(program))
                {
                    TestContext.Out.WriteLine($"{block} was left out: {program} is not installed");
                    continue;
                }
                if (block.After("file") is string file && block.Language is "json" or "csv")
                    script.Append($"mkdir -p \"$(dirname '{file}')\"\ncat >'{file}' <<'END OF FILE'\n{block.Text}END OF FILE\n");
                if (block.Language == "sh")
                    script.Append($"echo '== {block}'\n{block.Text}");
            }
            File.WriteAllText(Path.Combine(folder, "page.sh"), script.ToString());
            (int code, string said) = Start("bash", folder, "page.sh");
            Assert.That(code, Is.Zero, said);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void The_batch_script_of_SLURM_begins_a_run_and_goes_on_with_it()
    {
        CodeBlock block = CodeBlock.All.Single(b => b.Text.StartsWith("#!/bin/bash\n#SBATCH", StringComparison.Ordinal));
        string folder = Directory.CreateTempSubdirectory("jtr-slurm-").FullName;
        try
        {
            WritePhotographs(Path.Combine(folder, "photos"), "edge", 4);
            WriteProgram(Path.Combine(folder, "bin", "jtr"), "exec dotnet \"$JTR_TOOL\" \"$@\" --steps $STEPS --process-timeout 60");
            // What srun does for two tasks on one node.
            WriteProgram(
                Path.Combine(folder, "bin", "srun"),
                "export SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_NODELIST=localhost\n"
                    + "SLURM_PROCID=0 SLURM_LOCALID=0 \"$@\" & first=$!\nSLURM_PROCID=1 SLURM_LOCALID=1 \"$@\"\nwait $first"
            );
            string small = block
                .Text.Replace("/shared", folder, StringComparison.Ordinal)
                .Replace("--batch-size 256", "--batch-size 4 --size 64x64 --width 4", StringComparison.Ordinal);
            File.WriteAllText(
                Path.Combine(folder, "page.sh"),
                "set -eu\nchmod +x bin/*\nexport PATH=\"$PWD/bin:$PATH\" SLURM_CPUS_PER_TASK=1 SLURM_JOB_ID=1\n"
                    + $"cat >batch.sh <<'END OF FILE'\n{small}END OF FILE\n"
                    + "STEPS=2 bash -eu batch.sh\nSTEPS=4 bash -eu batch.sh\n"
            );
            (int code, string said) = Start("bash", folder, "page.sh");
            Assert.That(code, Is.Zero, said);
            Assert.That(said, Does.Match("2, started by srun").And.Contain("step 2/2").And.Contain("step 4/4"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCaseSource(nameof(Blocks))]
    public void Its_commands_and_options_exist(object block)
    {
        CodeBlock code = (CodeBlock)block;
        foreach (string line in code.Text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
        {
            Match command = Regex.Match(line, @"^(?:[A-Z_]+=\S+ |(?:torchrun|mpirun|srun) .*?)?\bjtr ([a-z]+)(.*?)(?:\s#.*)?$");
            if (!command.Success)
                continue;
            // A transfer passes what it does not know to its two runs.
            string name = command.Groups[1].Value,
                help = Help(name) + (name == "transfer" ? Help("train") : "");
            foreach (Match option in Regex.Matches(command.Groups[2].Value, "--[a-z-]+"))
                Assert.That(help, Does.Match($@"(?m)^\s*{option.Value}\b"), $"{code}: jtr {command.Groups[1].Value} has no {option.Value}");
        }
    }

    private static bool IsInstalled(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, program)));

    /// <summary>Writes a program, which is still to be made one that can be run.</summary>
    private static void WriteProgram(string path, string commands)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{commands}\n");
    }

    private static string Help(string command)
    {
        if (_help.TryGetValue(command, out string? help))
            return help;
        (int code, help) = Start("dotnet", AppContext.BaseDirectory, _tool, command, "--help");
        // Where there are many options, this is a part of them.
        if (help.Contains("--help-all", StringComparison.Ordinal))
            (code, help) = Start("dotnet", AppContext.BaseDirectory, _tool, command, "--help-all");
        Assert.That(code, Is.Zero, $"there is no 'jtr {command}'");
        return _help[command] = help;
    }

    private static (int Code, string Said) Start(string program, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["JTR_TOOL"] = _tool;
        // The library of this checkout with the method of docs/your-own-task-and-method.md in it, which has everything else too.
        if (File.Exists(_exampleLibrary))
            start.Environment["JTR_NATIVE"] = _exampleLibrary;
        // Small arithmetic, on a machine that may be busy: threads that wait for each other would take most of the time.
        start.Environment["OMP_NUM_THREADS"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }

    /// <summary>Photographs with class ids 0 to 2 in "seg" and a map, each for every other one; in sets of two, all have both.</summary>
    private static void WritePhotographs(string folder, string map, int count)
    {
        for (int n = 0; n < count; n++)
        {
            RgbImage photo = RgbImage.Create(32, 64),
                ids = RgbImage.Create(32, 64),
                edge = RgbImage.Create(32, 64);
            photo.Fill(0, 0, 32, 64, new Rgb(60, (byte)(30 * n), 90));
            photo.Fill(6, 10 + 4 * n, 20, 20, new Rgb(220, 190, 40));
            ids.Fill(16, 0, 16, 64, new Rgb(1, 1, 1));
            ids.Fill(6, 10 + 4 * n, 20, 20, new Rgb(2, 2, 2));
            edge.Fill(6, 10 + 4 * n, 2, 20, Rgb.White);
            photo.SavePng(Path.Combine(folder, "image", $"{n}.png"));
            if (count == 2 || n % 2 == 0)
                WriteGrey(ids, Path.Combine(folder, "seg", $"{n}.png"));
            if (count == 2 || n % 2 == 1)
                WriteGrey(edge, Path.Combine(folder, map, $"{n}.png"));
        }
    }

    private static void WriteGrey(RgbImage image, string path)
    {
        byte[] grey = new byte[image.Width * image.Height];
        for (int i = 0; i < grey.Length; i++)
            grey[i] = image.Data[3 * i];
        using NetVips.Image file = NetVips.Image.NewFromMemory(grey, image.Width, image.Height, 1, NetVips.Enums.BandFormat.Uchar);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        file.WriteToFile(path);
    }
}
