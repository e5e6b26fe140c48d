using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>A window of a sample that is enlarged to the sample's size.</summary>
/// <param name="Zoom">Index of the scale.</param>
/// <param name="Top">First row.</param>
/// <param name="Left">First column, of the mirrored sample if it is mirrored.</param>
/// <param name="Mirrored">Whether the sample is mirrored left to right before the window is cut out.</param>
internal readonly record struct CropWindow(int Zoom, int Top, int Left, bool Mirrored = false);

/// <summary>
/// RandomScaleCrop (Nishi et al., CVPR 2024): a scale s drawn from {1, 1.2, 1.5}, a window of int(H/s) x int(W/s) at a uniform
/// place, resized back to H x W: image, normals and maps bilinear with aligned corners, class ids and depth nearest,
/// depth divided by s (what is enlarged is nearer). Before it, if asked for, a horizontal flip with probability 1/2.
/// </summary>
/// <remarks>
/// The flip costs nothing: the window is read from right to left instead, which gives the same values bit for bit.
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
    private readonly bool _flip;

    /// <param name="tasks">The tasks.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="flip">Whether samples are mirrored with probability 1/2.</param>
    public RandomScaleCrop(TaskSet tasks, int height, int width, bool flip = false)
    {
        _flip = flip;
        _tasks = tasks;
        _height = height;
        _width = width;
        _zooms = new Zoom[Scales.Length];
        for (int i = 0; i < _zooms.Length; i++)
            _zooms[i] = new Zoom(Scales[i], height, width);
        _scratch = new float[2 * width];
    }

    /// <summary>The scales of the published code.</summary>
    public static ReadOnlySpan<double> Scales => [1.0, 1.2, 1.5];

    /// <inheritdoc/>
    public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labeled, ViewKey key) =>
        Apply(source, destination, labeled, Window(key));

    /// <summary>The window of a view: what <see cref="Apply(SampleBuffer, SampleBuffer, TaskMask, ViewKey)"/> cuts out.</summary>
    public CropWindow Window(ViewKey key) => Draw(key.Random(RandomUse.Crop)) with { Mirrored = _flip && DrawFlip(key) };

    /// <summary>A window in numbers.</summary>
    public ViewCrop Describe(CropWindow window)
    {
        Zoom zoom = _zooms[window.Zoom];
        return new ViewCrop(Scales[window.Zoom], window.Top, window.Left, zoom.Height, zoom.Width, window.Mirrored);
    }

    /// <summary>Draws whether a view is mirrored: from a stream of its own, so that windows do not depend on it.</summary>
    public static bool DrawFlip(ViewKey key) => key.Random(RandomUse.Flip).NextInt32(2) != 0;

    /// <summary>Draws a window: first the scale, then the row, then the column.</summary>
    public CropWindow Draw(CounterRandom random)
    {
        int zoom = random.NextInt32(_zooms.Length);
        int top = random.NextInt32(_height - _zooms[zoom].Height + 1);
        int left = random.NextInt32(_width - _zooms[zoom].Width + 1);
        return new CropWindow(zoom, top, left);
    }

    /// <summary>Enlarges a window.</summary>
    public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labeled, CropWindow window)
    {
        Zoom zoom = _zooms[window.Zoom];
        Columns columns = window.Mirrored ? zoom.Mirrored : zoom.Straight;
        int left = window.Mirrored ? _width - window.Left - zoom.Width : window.Left;
        int start = window.Top * _width + left;
        Bilinear(source.Image, destination.Image, source.Inputs.ImageChannels, start, zoom, columns);
        for (int i = 0; i < source.Inputs.Count; i++)
            Apply(source.Inputs[i], source.Input(i), destination.Input(i), start, zoom, columns);
        for (int t = 0; t < _tasks.Count; t++)
        {
            if (!labeled[t])
                continue;
            Span<float> from = source.Label(t);
            Span<float> to = destination.Label(t);
            ViewRule rule = _tasks[t].Kind.Views;
            int channels = _tasks[t].LabelChannels;
            float divisor = rule.DividedByScale ? zoom.Scale : 1f;
            if (rule.Sampling == ViewSampling.Nearest)
            {
                Nearest(from, to, channels, start, zoom, columns, divisor);
            }
            else
            {
                if (rule.Sampling == ViewSampling.Bilinear)
                    Bilinear(from, to, channels, start, zoom, columns);
                else
                    from.CopyTo(to);
                if (divisor != 1f)
                {
                    foreach (ref float value in to)
                        value /= divisor;
                }
            }
            if (!window.Mirrored)
                continue;
            int places = to.Length / channels;
            for (int i = 0; i < rule.NegatedByMirror.Count; i++)
                PlaneSampling.Negate(to.Slice(rule.NegatedByMirror[i] * places, places));
        }
    }

    /// <summary>Cuts an input as the photograph is cut; a vector says nothing of places.</summary>
    private void Apply(InputSpec input, ReadOnlySpan<float> from, Span<float> to, int start, Zoom zoom, Columns columns)
    {
        if (!input.IsPlanes)
            from.CopyTo(to);
        else if (input.IsNearest)
            Nearest(from, to, input.Channels, start, zoom, columns, divisor: 1);
        else
            Bilinear(from, to, input.Channels, start, zoom, columns);
    }

    private void Nearest(ReadOnlySpan<float> from, Span<float> to, int channels, int start, Zoom zoom, Columns columns, float divisor)
    {
        int plane = _height * _width;
        for (int c = 0; c < channels; c++)
            PlaneSampling.Nearest(
                from[(c * plane + start)..],
                _width,
                zoom.NearestRows,
                columns.Nearest,
                divisor,
                to.Slice(c * plane, plane)
            );
    }

    private void Bilinear(ReadOnlySpan<float> from, Span<float> to, int channels, int start, Zoom zoom, Columns columns)
    {
        int plane = _height * _width;
        for (int c = 0; c < channels; c++)
            PlaneSampling.Bilinear(from[(c * plane + start)..], _width, zoom.Rows, columns.Bilinear, to.Slice(c * plane, plane), _scratch);
    }

    /// <summary>What a scale fixes.</summary>
    private sealed class Zoom
    {
        public Zoom(double scale, int height, int width)
        {
            Scale = (float)scale;
            Height = (int)(height / scale);
            Width = (int)(width / scale);
            Rows = new BilinearTable(Height, height);
            NearestRows = PlaneSampling.NearestTable(Height, height);
            BilinearTable bilinear = new(Width, width);
            int[] nearest = PlaneSampling.NearestTable(Width, width);
            Straight = new Columns(bilinear, nearest);
            Mirrored = new Columns(bilinear.Mirror(Width), [.. nearest.Select(x => Width - 1 - x)]);
        }

        public float Scale { get; }
        public int Height { get; }
        public int Width { get; }
        public BilinearTable Rows { get; }
        public int[] NearestRows { get; }
        public Columns Straight { get; }
        public Columns Mirrored { get; }
    }

    /// <summary>Where the columns of a view come from, counted from the window's left end in the sample.</summary>
    private sealed record Columns(BilinearTable Bilinear, int[] Nearest);
}
