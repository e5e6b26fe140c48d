using BenchmarkDotNet.Attributes;
using Jtr.Interop.Datasets.Views;

namespace Jtr.Benchmarks.Loader;

/// <summary>Each colour operation on one image of 288 x 384.</summary>
[MemoryDiagnoser]
public class ColourBenchmarks
{
    private readonly float[] _image = new float[3 * BenchmarkData.Height * BenchmarkData.Width];
    private readonly ColourAugmentation _colour = new(BenchmarkData.Height, BenchmarkData.Width);
    private ColourOperation _operation;

    /// <summary>Names of the operations.</summary>
    public static IEnumerable<string> Operations => Enum.GetNames<ColourOperation>();

    /// <summary>The operation.</summary>
    [ParamsSource(nameof(Operations))]
    public string Operation { get; set; } = "";

    /// <summary>Fills the image.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        Random random = new(1);
        for (int i = 0; i < _image.Length; i++) _image[i] = random.NextSingle();
        _operation = Enum.Parse<ColourOperation>(Operation);
    }

    /// <summary>One operation.</summary>
    [Benchmark]
    public void Apply() => _colour.Apply(_image, new ColourChange(_operation, 3));
}
