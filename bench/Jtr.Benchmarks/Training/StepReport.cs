using System.Diagnostics;
using System.Globalization;

namespace Jtr.Benchmarks.Training;

/// <summary>
/// Managed against native step in seconds, for `./build.sh bench`: the two in turns, medians, and what the library adds to a step of the
/// demo's size. The difference of two steps of that size drowns in noise, so it is measured where a step is small.
/// </summary>
internal static class StepReport
{
    public static void Run()
    {
        using StepCase small = new(size: 32, width: 1, samples: 1, "jtr");
        (double native, double managed, long bytes) = Measure(small, rounds: 400);
        using StepCase demo = new(size: 32, width: 16, samples: 8, "jtr");
        (double demoNative, double demoManaged, _) = Measure(demo, rounds: 15);
        double added = managed - native,
            share = 100 * added / demoNative;
        Console.WriteLine("| step | native ms | from C# ms | added |");
        Console.WriteLine("|---|---|---|---|");
        Console.WriteLine(Line($"| 32 x 64, width 1, B = 1 | {native:F3} | {managed:F3} | {added * 1000:F1} us |"));
        Console.WriteLine(Line($"| 32 x 64, width 16, B = 8 | {demoNative:F1} | {demoManaged:F1} | {share:F4} % by the line above |"));
        Console.WriteLine(Line($"Bytes that a step allocates on the managed heap: {bytes}"));
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static (double Native, double Managed, long BytesPerStep) Measure(StepCase c, int rounds)
    {
        for (int i = 0; i < 3; i++)
        {
            c.NativeStep();
            c.ManagedStep();
        }
        double[] native = new double[rounds],
            managed = new double[rounds];
        long bytes = 0;
        for (int i = 0; i < rounds; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            c.NativeStep();
            native[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            long before = GC.GetAllocatedBytesForCurrentThread();
            begin = Stopwatch.GetTimestamp();
            c.ManagedStep();
            managed[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            bytes += GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Array.Sort(native);
        Array.Sort(managed);
        return (native[rounds / 2], managed[rounds / 2], bytes / rounds);
    }
}
