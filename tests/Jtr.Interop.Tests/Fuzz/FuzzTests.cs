using System.Globalization;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Fuzz;

/// <summary>
/// Damaged files of every format that is parsed here end in a typed error, or are read, and never take much memory. Each run
/// takes another seed and prints it; JTR_FUZZ_SEED repeats a run, JTR_FUZZ_CASES makes it longer or shorter.
/// </summary>
[TestFixture]
public sealed class FuzzTests
{
    private const int DefaultCases = 100_000;

    private static readonly ulong Seed = ulong.TryParse(
        Environment.GetEnvironmentVariable("JTR_FUZZ_SEED"),
        CultureInfo.InvariantCulture,
        out ulong seed
    )
        ? seed
        : (ulong)Random.Shared.NextInt64();

    private static readonly int Cases = int.TryParse(
        Environment.GetEnvironmentVariable("JTR_FUZZ_CASES"),
        CultureInfo.InvariantCulture,
        out int cases
    )
        ? cases
        : DefaultCases;

    private static IEnumerable<TestCaseData> Targets() => FuzzTargets.All.Select((t, i) => new TestCaseData(i).SetArgDisplayNames(t.Name));

    [TestCaseSource(nameof(Targets))]
    public void Damaged_files_end_in_typed_errors(int number)
    {
        FuzzTarget target = FuzzTargets.All[number];
        int count = (int)((long)Cases * target.Weight / FuzzTargets.All.Sum(t => t.Weight)) + 1;
        // Files in memory where the system has such a place: what is tested is not the disk.
        string folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        string path = Path.Combine(folder, $"jtr-fuzz-{Guid.NewGuid():N}{target.Extension}");
        List<byte> output = [];
        Dictionary<string, int> ends = [];
        long largest = 0;
        long peak = PeakMemory();
        try
        {
            for (int i = 0; i < count; i++)
            {
                CounterRandom random = new(Seed, RandomUse.Scene, (ulong)number, (ulong)i);
                Mutator.Mutate(target.Seed, ref random, output);
                byte[] file = [.. output];
                file = target.Repair?.Invoke(file) ?? file;
                File.WriteAllBytes(path, file);

                long before = GC.GetAllocatedBytesForCurrentThread();
                string end = Parse(target, path, out Exception? wrong);
                long bytes = GC.GetAllocatedBytesForCurrentThread() - before - file.Length;
                ends[end] = ends.GetValueOrDefault(end) + 1;
                largest = Math.Max(largest, bytes);
                if (wrong is not null || bytes > target.MostBytes)
                    Assert.Fail(
                        $"seed {Seed}, {target}, case {i}: {wrong?.ToString() ?? $"{bytes} bytes allocated"}\nfile (base64): "
                            + $"{Convert.ToBase64String(file)}"
                    );
            }
        }
        finally
        {
            File.Delete(path);
        }
        TestContext.Out.WriteLine(
            $"JTR_FUZZ_SEED={Seed}: {count} cases of {target}, "
                + $"{string.Join(", ", ends.OrderBy(e => e.Key).Select(e => $"{e.Value} {e.Key}"))}; at most {largest} bytes allocated"
        );
        // Native memory, too: what libvips and the native library take.
        Assert.That(PeakMemory() - peak, Is.LessThan(256L << 20), "bytes of memory that the process took at once");
        Assert.That(ends.Keys, Has.Some.Contains(nameof(JtrFormatException)), "no damage was noticed: the target is not parsed at all");
    }

    [TestCaseSource(nameof(Targets))]
    public void Whole_files_are_read(int number)
    {
        FuzzTarget target = FuzzTargets.All[number];
        using Datasets.Folders.TemporaryFolder folder = new();
        Assert.That(() => target.Parse(folder.Write("seed" + target.Extension, target.Seed)), Throws.Nothing);
    }

    [Test]
    public void A_small_png_that_claims_to_be_large_is_refused_before_its_memory_is_taken()
    {
        byte[] png = Datasets.Folders.TemporaryFolder.RawPng(3, 8, 4, 4, _ => 0);
        // 16,384 x 16,384.
        png[18] = png[22] = 64;
        png[19] = png[23] = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => RawPng.Read("a.png", png, 1L << 28), Throws.TypeOf<JtrFormatException>().With.Message.Contains("16384 x 16384"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Small_files_that_claim_to_be_large_pictures_are_refused_before_their_memory_is_taken()
    {
        using Datasets.Folders.TemporaryFolder folder = new();
        byte[] png = File.ReadAllBytes(folder.Image16("a.png", 8, 8, 3, i => i));
        byte[] jpeg = File.ReadAllBytes(folder.Image("a.jpg", 8, 8, 3, i => i));
        // 8,192 x 8,192, which would be allowed.
        png[18] = png[22] = 32;
        png[19] = png[23] = 0;
        int size = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]) + 5;
        jpeg[size] = jpeg[size + 2] = 32;
        jpeg[size + 1] = jpeg[size + 3] = 0;
        folder.Write("a.png", PlainPng.Mend(png));
        folder.Write("a.jpg", jpeg);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(
            () => ImageFiles.ReadLabel(folder["a.png"], ids: false),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("cannot hold an image of 8192 x 8192")
        );
        Assert.That(
            () => ImageFiles.ReadPhotograph(folder["a.jpg"]),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("cannot hold an image of 8192 x 8192")
        );
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    /// <summary>The most memory that this process had at once, in bytes; 0 where the system does not tell.</summary>
    private static long PeakMemory()
    {
        const string status = "/proc/self/status";
        string? line = File.Exists(status)
            ? File.ReadLines(status).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
            : null;
        return line is null
            ? 0
            : 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static string Parse(FuzzTarget target, string path, out Exception? wrong)
    {
        wrong = null;
        try
        {
            target.Parse(path);
            return "read";
        }
        catch (Exception e)
        {
            if (e is not (JtrException or ArgumentException or IOException))
                wrong = e;
            return e.GetType().Name;
        }
    }
}
