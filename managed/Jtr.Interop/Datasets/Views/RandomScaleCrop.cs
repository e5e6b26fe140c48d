using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>A window of a sample that is enlarged to the sample's size.</summary>
/// <param name="Zoom">Index of the scale.</param>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
internal readonly record struct CropWindow(int Zoom, int Top, int Left);

/// <summary>
/// RandomScaleCrop (METHOD section 4): a scale s drawn from {1, 1.2, 1.5}, a window of int(H/s) x int(W/s) at a uniform
/// place, resized back to H x W: image, normals and maps bilinear with aligned corners, class ids and depth nearest,
/// depth divided by s (what is enlarged is nearer).
/// </summary>
/// <remarks>
/// As in the published code, normals are not renormalised after the bilinear blend, and invalid normals (0, 0, 0) take
/// part in it: near edges a label normal is shorter than 1. A map's pixel into which a NaN enters becomes NaN, invalid.
/// </remarks>
internal sealed class RandomScaleCrop : IViewStep
{
    private readonly TaskSet _tasks;
    private readonly int _height;
    private readonly int _width;
    private readonly Zoom[] _zooms;
    private readonly float[] _scratch;

    public RandomScaleCrop(TaskSet tasks, int height, int width)
    {
        _tasks = tasks;
        _height = height;
        _width = width;
        _zooms = new Zoom[Scales.Length];
        for (int i = 0; i < _zooms.Length; i++) _zooms[i] = new Zoom(Scales[i], height, width);
        _scratch = new float[2 * width];
    }

    /// <summary>The scales of the published code.</summary>
    public static ReadOnlySpan<double> Scales => [1.0, 1.2, 1.5];

    /// <inheritdoc/>
    public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labelled, ViewKey key) =>
        Apply(source, destination, labelled, Draw(key.Random(RandomUse.Crop)));

    /// <summary>Draws a window: first the scale, then the row, then the column.</summary>
    public CropWindow Draw(CounterRandom random)
    {
        int zoom = random.NextInt32(_zooms.Length);
        int top = random.NextInt32(_height - _zooms[zoom].Height + 1);
        int left = random.NextInt32(_width - _zooms[zoom].Width + 1);
        return new CropWindow(zoom, top, left);
    }

    /// <summary>Enlarges a window.</summary>
    public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labelled, CropWindow window)
    {
        Zoom zoom = _zooms[window.Zoom];
        int plane = _height * _width;
        int start = window.Top * _width + window.Left;
        Bilinear(source.Image, destination.Image, 3, start, zoom);
        for (int t = 0; t < _tasks.Count; t++)
        {
            if (!labelled[t]) continue;
            Span<float> from = source.Label(t);
            Span<float> to = destination.Label(t);
            switch (_tasks[t].Kind)
            {
                case TaskKind.Segmentation:
                    PlaneSampling.Nearest(from[start..], _width, zoom.NearestRows, zoom.NearestColumns, 1f, to);
                    break;
                case TaskKind.Depth:
                    PlaneSampling.Nearest(from[start..], _width, zoom.NearestRows, zoom.NearestColumns, zoom.Scale, to);
                    break;
                case TaskKind.Normals:
                case TaskKind.Map:
                    Bilinear(from, to, from.Length / plane, start, zoom);
                    break;
                default:
                    throw new NotSupportedException($"task '{_tasks[t].Name}' is of a kind that has no crop: {_tasks[t].Kind}");
            }
        }
    }

    private void Bilinear(ReadOnlySpan<float> from, Span<float> to, int channels, int start, Zoom zoom)
    {
        int plane = _height * _width;
        for (int c = 0; c < channels; c++)
            PlaneSampling.Bilinear(from[(c * plane + start)..], _width, zoom.Rows, zoom.Columns, to.Slice(c * plane, plane), _scratch);
    }

    /// <summary>What a scale fixes.</summary>
    private sealed class Zoom(double scale, int height, int width)
    {
        public float Scale { get; } = (float)scale;
        public int Height { get; } = (int)(height / scale);
        public int Width { get; } = (int)(width / scale);
        public BilinearTable Rows { get; } = new((int)(height / scale), height);
        public BilinearTable Columns { get; } = new((int)(width / scale), width);
        public int[] NearestRows { get; } = PlaneSampling.NearestTable((int)(height / scale), height);
        public int[] NearestColumns { get; } = PlaneSampling.NearestTable((int)(width / scale), width);
    }
}
