using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace Jtr.Packages.Tests;

/// <summary>
/// A new user, with a folder of packages and one of photographs and without the source tree, does what docs/getting-started.md says: every
/// block of shell in it, in order and unchanged, in one shell, and every block of C# in the file that the page names. Where the test is run
/// by root, the user is nobody, who has no rights.
/// </summary>
public sealed class GettingStartedTests
{
    private string _folder = null!;

    [OneTimeSetUp]
    public void MakeFolder()
    {
        Shell.PreparePackages();
        _folder = Shell.MakeFolder();
        string packages = Directory.CreateDirectory(Path.Combine(_folder, "packages")).FullName;
        foreach (string file in Directory.GetFiles(Shell.Packages, "*.nupkg"))
            File.Copy(file, Path.Combine(packages, Path.GetFileName(file)));
        // A home without anything but the machine's package sources.
        string home = Directory.CreateDirectory(Path.Combine(_folder, "home", ".nuget", "NuGet")).FullName,
            sources = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "NuGet", "NuGet.Config");
        if (File.Exists(sources))
            File.Copy(sources, Path.Combine(home, "NuGet.Config"));
        WritePhotographs(Path.Combine(_folder, "photos", "train"), 8);
        WritePhotographs(Path.Combine(_folder, "photos", "test"), 2);
    }

    [OneTimeTearDown]
    public void RemoveFolder()
    {
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void The_page_holds_word_by_word()
    {
        string script = Script(File.ReadAllText(Path.Combine(Repository.Root, "docs", "getting-started.md")));
        string said = Run(script);
        TestContext.Out.WriteLine(said);

        Assert.That(said, Does.Contain("killed, as after a loss of power"), "training was alive when it was killed");
        Assert.That(said, Does.Match(@"Training goes on at step \d+"));
        foreach (
            string file in new[]
            {
                "inspected.png",
                "photos-run/results.json",
                "photos-run/predictions.png",
                "photos-run/report.html",
                "photos.onnx",
                "predictions/predictions.png",
            }
        )
            Assert.That(File.Exists(Path.Combine(_folder, file)), file);
        Assert.That(Directory.GetFiles(Path.Combine(_folder, "photos-run"), "events.out.tfevents.*"), Is.Not.Empty);
        string report = File.ReadAllText(Path.Combine(_folder, "photos-report.html"));
        Assert.That(report, Is.EqualTo(File.ReadAllText(Path.Combine(_folder, "photos-run", "report.html"))), "the page says so");
        Assert.That(
            report,
            Does.Contain("Run photos-run").And.Contain("<svg").And.Contain("data:image/png;base64,").And.Contain("seg: mIoU")
        );
        foreach (string photograph in Directory.GetFiles(Path.Combine(_folder, "photos", "test", "image")))
        {
            string name = Path.Combine(_folder, "predictions", Path.GetFileNameWithoutExtension(photograph));
            Assert.That(File.Exists($"{name}.seg.ids.png") && File.Exists($"{name}.seg.overlay.jpg"), name);
        }
        Assert.That(said, Does.Match("preset +recommended: a backbone that has seen photographs"));
        // 8 photographs, 30 times, in batches of 8; both parts of the run are in the curves.
        string[] steps = [.. File.ReadAllLines(Path.Combine(_folder, "photos-run", "progress.csv")).Skip(1).Select(l => l.Split(',')[0])];
        Assert.That(steps[0], Is.EqualTo("1"));
        Assert.That(steps[^1], Is.EqualTo("30"));
        Assert.That(
            said,
            Does.Match(@"seg: \[1, 3, 64, 96\], -?\d").And.Match(@"edge: \[1, 1, 64, 96\], -?\d"),
            "what ONNX Runtime computed"
        );
    }

    /// <summary>The blocks of the page as one script. A block of C# is written to the file that a comment before it names.</summary>
    private static string Script(string page)
    {
        StringBuilder script = new("set -eu\n");
        string? file = null,
            kind = null;
        foreach (string line in page.Split('\n'))
        {
            if (line.StartsWith("<!-- file: ", StringComparison.Ordinal))
                file = line["<!-- file: ".Length..^" -->".Length];
            else if (line.StartsWith("```", StringComparison.Ordinal) && kind is null)
            {
                kind = line[3..];
                if (kind == "csharp")
                    script.Append($"cat >'{file ?? throw new InvalidDataException("C# without a file")}' <<'END OF FILE'\n");
                else if (kind is not ("sh" or "text"))
                    throw new InvalidDataException($"a block of '{kind}', which this test does not know");
            }
            else if (line == "```")
            {
                if (kind == "csharp")
                    script.Append("END OF FILE\n");
                (kind, file) = (null, null);
            }
            else if (kind is "sh" or "csharp")
                script.Append(line).Append('\n');
        }
        return script.ToString();
    }

    private string Run(string script)
    {
        string path = Path.Combine(_folder, "page.sh");
        File.WriteAllText(path, script);
        string[] command = [.. AsNobody(), "env", $"HOME={Path.Combine(_folder, "home")}", "bash", path];
        using Process process = Shell.Start(_folder, command[0], command[1..]);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string said = output + error.GetAwaiter().GetResult();
        Assert.That(process.ExitCode, Is.Zero, said);
        return said;
    }

    /// <summary>
    /// What comes before a command so that nobody runs it, where root runs the test: the page promises that it takes no root. Else nothing.
    /// </summary>
    private string[] AsNobody()
    {
        string[] nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
        if (!Environment.IsPrivilegedProcess || !File.Exists(nobody[0]))
            return [];
        Shell.Run(_folder, "chown", "-R", "65534:65534", _folder, Directory.CreateDirectory(Shell.RestoredPackages).FullName);
        // A checkout or an SDK in root's home is out of everyone else's reach.
        using Process process = Shell.Start(
            _folder,
            nobody[0],
            [.. nobody[1..], "env", $"HOME={Path.Combine(_folder, "home")}", "sh", "-c", "dotnet --version && test -w \"$NUGET_PACKAGES\""]
        );
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0)
            return nobody;
        TestContext.Out.WriteLine($"run by root, since others cannot reach what it takes: {output}{error.GetAwaiter().GetResult()}");
        return [];
    }

    /// <summary>Squares on grounds, half of them labelled for seg (class ids 0 to 2), half for edge.</summary>
    private static void WritePhotographs(string folder, int count)
    {
        const int Size = 64;
        for (int n = 0; n < count; n++)
        {
            int left = 8 + 5 * n % 24,
                shade = n;
            bool Inside(int x, int y) => x >= left && x < left + 24 && y >= 20 && y < 44;
            bool Border(int x, int y) => Inside(x, y) && !(Inside(x - 2, y) && Inside(x + 2, y) && Inside(x, y - 2) && Inside(x, y + 2));
            WritePng(
                Path.Combine(folder, "image", $"photo{n}.png"),
                Size,
                3,
                (x, y, c) => Inside(x, y) ? (byte)(220 - 60 * c) : (byte)(40 + 10 * shade + (y > 40 ? 50 : 0))
            );
            if (n % 2 == 0 || count == 2)
                WritePng(
                    Path.Combine(folder, "seg", $"photo{n}.png"),
                    Size,
                    1,
                    (x, y, _) =>
                        (byte)(
                            Inside(x, y) ? 2
                            : y > 40 ? 1
                            : 0
                        )
                );
            if (n % 2 == 1 || count == 2)
                WritePng(Path.Combine(folder, "edge", $"photo{n}.png"), Size, 1, (x, y, _) => (byte)(Border(x, y) ? 255 : 0));
        }
    }

    /// <summary>A PNG file without this project's code: its parts as the standard has them.</summary>
    private static void WritePng(string path, int size, int channels, Func<int, int, int, byte> value)
    {
        using MemoryStream rows = new();
        using (ZLibStream zlib = new(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int y = 0; y < size; y++)
            {
                zlib.WriteByte(0);
                for (int x = 0; x < size; x++)
                {
                    for (int c = 0; c < channels; c++)
                        zlib.WriteByte(value(x, y, c));
                }
            }
        }
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, size);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), size);
        (header[8], header[9]) = (8, (byte)(channels == 3 ? 2 : 0));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(path);
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk(file, "IHDR", header);
        Chunk(file, "IDAT", rows.ToArray());
        Chunk(file, "IEND", []);
    }

    private static void Chunk(FileStream file, string name, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(name), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        uint crc = uint.MaxValue;
        foreach (byte b in body)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
        }
        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        file.Write(number);
    }
}
