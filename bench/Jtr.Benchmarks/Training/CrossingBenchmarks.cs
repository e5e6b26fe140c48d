using BenchmarkDotNet.Attributes;
using Jtr.Interop.Training;
using Api = Jtr.Bindings.NativeMethods.__Internal;

namespace Jtr.Benchmarks.Training;

/// <summary>What it costs to cross the border, with nothing to do on the other side.</summary>
[MemoryDiagnoser]
public class CrossingBenchmarks
{
    private readonly float[] _wrong = new float[1];
    private StepCase _case = null!;

    /// <summary>Makes a trainer.</summary>
    [GlobalSetup]
    public void SetUp() => _case = new StepCase(size: 32, width: 1, samples: 1, "supervised");

    /// <summary>Frees it.</summary>
    [GlobalCleanup]
    public void CleanUp() => _case.Dispose();

    /// <summary>A call through the generated bindings.</summary>
    [Benchmark(Baseline = true)]
    public int Call() => Api.FieldLayoutCount();

    /// <summary>A call of the library that is refused on the managed side.</summary>
    [Benchmark]
    public bool Refusal()
    {
        try
        {
            _case.Managed.Predict(_wrong, 1, 32, 32, _wrong);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    /// <summary>A property that does not cross.</summary>
    [Benchmark]
    public long StepCount() => _case.Managed.StepCount;
}
