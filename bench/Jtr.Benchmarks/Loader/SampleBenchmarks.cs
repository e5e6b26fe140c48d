using BenchmarkDotNet.Attributes;
using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Views;
using Jtr.Interop.Tasks;

namespace Jtr.Benchmarks.Loader;

/// <summary>What one sample of NYU-v2's size costs one thread, stage by stage.</summary>
[MemoryDiagnoser]
public class SampleBenchmarks
{
    private readonly float[] _image = new float[3 * BenchmarkData.Height * BenchmarkData.Width];
    private readonly float[] _labels = new float[BenchmarkData.Tasks.TotalLabelChannels * BenchmarkData.Height * BenchmarkData.Width];
    private readonly RandomScaleCrop _crop = new(BenchmarkData.Tasks, BenchmarkData.Height, BenchmarkData.Width, flip: true);
    private readonly ViewPipeline _copy = new(BenchmarkData.Tasks, BenchmarkData.Height, BenchmarkData.Width);
    private readonly ColorAugmentation _color = new(BenchmarkData.Height, BenchmarkData.Width);
    private BenchmarkData _data = null!;
    private Batch _batch = null!;
    private ViewMaker _npy = null!;
    private ViewMaker _bareNpy = null!;
    private ViewMaker _exact = null!;
    private ViewMaker _compact = null!;
    private int _next;

    private SampleBuffer Raw => new(BenchmarkData.Tasks, BenchmarkData.Height, BenchmarkData.Width, _image, _labels);

    /// <summary>Makes the data.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _data = new BenchmarkData();
        _batch = new Batch(BenchmarkData.Tasks, 3, 1, BenchmarkData.Height, BenchmarkData.Width);
        DataLoaderOptions options = new() { Flip = FlipMode.EveryView };
        _npy = new ViewMaker(_data.Npy, options);
        _bareNpy = new ViewMaker(_data.BareNpy, options);
        _exact = new ViewMaker(_data.Exact, options);
        _compact = new ViewMaker(_data.Compact, options);
        for (int i = 0; i < BenchmarkData.Samples; i++)
            ReadExact();
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _batch.Dispose();
        _data.Dispose();
    }

    /// <summary>Reading alone.</summary>
    [Benchmark]
    public void ReadNpy() => Read(_data.Npy);

    /// <summary>Reading alone, without any check.</summary>
    [Benchmark]
    public void ReadBareNpy() => Read(_data.BareNpy);

    /// <summary>Reading alone.</summary>
    [Benchmark]
    public void ReadExact() => Read(_data.Exact);

    /// <summary>Reading alone.</summary>
    [Benchmark]
    public void ReadCompact() => Read(_data.Compact);

    /// <summary>Three views that are copies.</summary>
    [Benchmark]
    public void CopyThreeViews()
    {
        for (int v = 0; v < 3; v++)
            _copy.Apply(Raw, _batch.GetSample(v, 0), BenchmarkData.Tasks.All, new ViewKey(1, 0, 0, v));
    }

    /// <summary>Three views that are crops, half of them mirrored.</summary>
    [Benchmark]
    public void CropThreeViews()
    {
        int n = _next++;
        for (int v = 0; v < 3; v++)
            _crop.Apply(Raw, _batch.GetSample(v, 0), BenchmarkData.Tasks.All, new ViewKey(1, 0, n, v));
    }

    /// <summary>Two colour operations on each of three images.</summary>
    [Benchmark]
    public void ColorThreeViews()
    {
        int n = _next++;
        for (int v = 0; v < 3; v++)
            _color.Apply(_batch.GetSample(v, 0).Image, new ViewKey(1, 0, n, v));
    }

    /// <summary>A whole sample: read, three views, colours.</summary>
    [Benchmark]
    public void SampleOfNpy() => Fill(_npy);

    /// <summary>A whole sample: read without any check, three views, colours.</summary>
    [Benchmark]
    public void SampleOfBareNpy() => Fill(_bareNpy);

    /// <summary>A whole sample: read, three views, colours.</summary>
    [Benchmark]
    public void SampleOfExact() => Fill(_exact);

    /// <summary>A whole sample: read, three views, colours.</summary>
    [Benchmark]
    public void SampleOfCompact() => Fill(_compact);

    private void Read(IMultiTaskDataset data) => data.Read(_next++ % BenchmarkData.Samples, BenchmarkData.Tasks.All, Raw);

    private void Fill(ViewMaker maker)
    {
        _batch.Indices[0] = _next % BenchmarkData.Samples;
        maker.Fill(_batch, 0, BenchmarkData.Tasks.All, 1, _next++ / BenchmarkData.Samples, CancellationToken.None);
    }
}
