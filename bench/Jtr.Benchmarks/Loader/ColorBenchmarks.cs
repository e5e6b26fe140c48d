using BenchmarkDotNet.Attributes;
using Jtr.Interop.Datasets.Views;

namespace Jtr.Benchmarks.Loader;

/// <summary>Each colour operation on one image of 288 x 384.</summary>
[MemoryDiagnoser]
public class ColorBenchmarks
{
    private readonly float[] _image = new float[3 * BenchmarkData.Height * BenchmarkData.Width];
    private readonly ColorAugmentation _color = new(BenchmarkData.Height, BenchmarkData.Width);
    private ColorOperation _operation;

    /// <summary>Names of the operations.</summary>
    public static IEnumerable<string> Operations => Enum.GetNames<ColorOperation>();

    /// <summary>The operation.</summary>
    [ParamsSource(nameof(Operations))]
    public string Operation { get; set; } = "";

    /// <summary>Fills the image.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        Random random = new(1);
        for (int i = 0; i < _image.Length; i++)
            _image[i] = random.NextSingle();
        _operation = Enum.Parse<ColorOperation>(Operation);
    }

    /// <summary>One operation.</summary>
    [Benchmark]
    public void Apply() => _color.Apply(_image, new ColorChange(_operation, 3));
}
