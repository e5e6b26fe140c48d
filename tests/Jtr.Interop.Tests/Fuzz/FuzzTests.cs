using System.Globalization;
using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Tests.Fuzz;

/// <summary>
/// Damaged files of every format that is parsed here end in a typed error, or are read, and never take much memory. Each run
/// takes another seed and prints it; JTR_FUZZ_SEED repeats a run, JTR_FUZZ_CASES makes it longer or shorter.
/// </summary>
[TestFixture]
public sealed class FuzzTests
{
    private const int DefaultCases = 100_000;

    // The runtime's own needs (messages, stack traces, JSON buffers) are far below; a size that is believed is far above.
    private const long MostBytes = 4 << 20;

    private static readonly ulong Seed = ulong.TryParse(Environment.GetEnvironmentVariable("JTR_FUZZ_SEED"), CultureInfo.InvariantCulture, out ulong seed)
        ? seed
        : (ulong)Random.Shared.NextInt64();

    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("JTR_FUZZ_CASES"), CultureInfo.InvariantCulture, out int cases) ? cases : DefaultCases;

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
                if (wrong is not null || bytes > MostBytes)
                    Assert.Fail($"seed {Seed}, {target}, case {i}: {wrong?.ToString() ?? $"{bytes} bytes allocated"}\nfile (base64): {Convert.ToBase64String(file)}");
            }
        }
        finally
        {
            File.Delete(path);
        }
        TestContext.Out.WriteLine($"JTR_FUZZ_SEED={Seed}: {count} cases of {target}, {string.Join(", ", ends.OrderBy(e => e.Key).Select(e => $"{e.Value} {e.Key}"))}; at most {largest} bytes allocated");
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
            if (e is not (JtrException or ArgumentException or IOException)) wrong = e;
            return e.GetType().Name;
        }
    }
}
