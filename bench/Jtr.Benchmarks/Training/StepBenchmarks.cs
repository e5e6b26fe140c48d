using BenchmarkDotNet.Attributes;

namespace Jtr.Benchmarks.Training;

/// <summary>
/// A training step called from C# against the same step called through the C interface alone. The smallest network and image: what the
/// library adds is the difference, and does not grow with the step.
/// </summary>
[MemoryDiagnoser]
public class StepBenchmarks
{
    private StepCase _case = null!;

    /// <summary>The method that is trained.</summary>
    [Params("supervised", "jtr")]
    public string Method { get; set; } = "jtr";

    /// <summary>Makes the trainers.</summary>
    [GlobalSetup]
    public void SetUp() => _case = new StepCase(size: 32, width: 1, samples: 1, Method);

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void CleanUp() => _case.Dispose();

    /// <summary>jtr_trainer_step.</summary>
    [Benchmark(Baseline = true)]
    public double NativeStep() => _case.NativeStep();

    /// <summary>Trainer.Step.</summary>
    [Benchmark]
    public double ManagedStep() => _case.ManagedStep();
}
