using BenchmarkDotNet.Attributes;
using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Training;

namespace Jtr.Benchmarks.Training;

/// <summary>Scoring a set: scenes at 96 x 128, with the smallest network, so that reading and metrics show.</summary>
[MemoryDiagnoser]
public class EvaluationBenchmarks
{
    private const int Samples = 64;
    private SceneDataset _scenes = null!;
    private Trainer _trainer = null!;

    /// <summary>Makes data and network.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _scenes = new SceneDataset(
            new SceneOptions
            {
                Count = Samples,
                Height = 96,
                Width = 128,
            }
        );
        _trainer = new Trainer(
            new TrainerOptions
            {
                Tasks = _scenes.Tasks,
                Method = "supervised",
                Width = 1,
                Device = DeviceKind.Cpu,
            }
        );
    }

    /// <summary>Frees the network.</summary>
    [GlobalCleanup]
    public void CleanUp() => _trainer.Dispose();

    /// <summary>All metrics of segmentation, depth and normals.</summary>
    [Benchmark(OperationsPerInvoke = Samples)]
    public EvaluationResult Evaluate() => _trainer.Evaluate(_scenes);
}
