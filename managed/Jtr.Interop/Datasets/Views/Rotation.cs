using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>
/// Turns a sample about its middle: image, normals and maps bilinearly, class ids and depth from the nearest pixel. What lies outside
/// has the image's mirrored pixels and no label. One instance a thread.
/// </summary>
/// <param name="tasks">The tasks.</param>
/// <param name="height">H.</param>
/// <param name="width">W.</param>
/// <param name="degrees">The largest angle, either way.</param>
internal sealed class Rotation(TaskSet tasks, int height, int width, double degrees) : IViewStep
{
    // Where each pixel comes from.
    private readonly float[] _rows = new float[height * width];
    private readonly float[] _columns = new float[height * width];

    /// <inheritdoc/>
    public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labeled, ViewKey key)
    {
        CounterRandom random = key.Random(RandomUse.Rotation);
        Apply(source, destination, labeled, degrees * (2 * random.NextDouble() - 1));
    }

    /// <summary>Turns by a given angle.</summary>
    /// <param name="source">Read.</param>
    /// <param name="destination">Written.</param>
    /// <param name="labeled">The tasks whose labels the source holds.</param>
    /// <param name="angle">Degrees, anticlockwise as one looks at the picture.</param>
    public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labeled, double angle)
    {
        float sine = (float)Math.Sin(angle * Math.PI / 180),
            cosine = (float)Math.Cos(angle * Math.PI / 180);
        Locate(sine, cosine);
        int plane = height * width;
        for (int c = 0; c < source.Inputs.ImageChannels; c++)
            Image(source.Image.Slice(c * plane, plane), destination.Image.Slice(c * plane, plane));
        for (int i = 0; i < source.Inputs.Count; i++)
            Input(source.Inputs[i], source.Input(i), destination.Input(i), plane);
        source.InputPresent.CopyTo(destination.InputPresent);
        for (int t = 0; t < tasks.Count; t++)
        {
            if (!labeled[t])
                continue;
            Span<float> from = source.Label(t),
                to = destination.Label(t);
            ViewRule rule = tasks[t].Kind.Views;
            if (rule.Sampling == ViewSampling.Whole)
            {
                from.CopyTo(to);
                continue;
            }
            for (int c = 0; c < tasks[t].LabelChannels; c++)
            {
                ReadOnlySpan<float> channel = from.Slice(c * plane, plane);
                Span<float> turned = to.Slice(c * plane, plane);
                if (rule.Sampling == ViewSampling.Nearest)
                    Nearest(channel, turned, tasks[t].InvalidLabel);
                else
                    Bilinear(channel, turned, tasks[t].InvalidLabel);
            }
            if (rule.InPlane is { } vector)
                Turn(to.Slice(vector.X * plane, plane), to.Slice(vector.Y * plane, plane), sine, cosine);
        }
    }

    /// <summary>Planes turn as the photograph does; what comes from outside is their mean. A vector says nothing of places.</summary>
    private void Input(InputSpec input, ReadOnlySpan<float> from, Span<float> to, int plane)
    {
        if (!input.IsPlanes)
        {
            from.CopyTo(to);
            return;
        }
        for (int c = 0; c < input.Channels; c++)
        {
            float outside = (float)input.Mean[input.Mean.Count == 1 ? 0 : c];
            if (input.IsNearest)
                Nearest(from.Slice(c * plane, plane), to.Slice(c * plane, plane), outside);
            else
                Bilinear(from.Slice(c * plane, plane), to.Slice(c * plane, plane), outside);
        }
    }

    private void Locate(float sine, float cosine)
    {
        float middleRow = (height - 1) / 2f,
            middleColumn = (width - 1) / 2f;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                float dx = x - middleColumn,
                    dy = y - middleRow;
                _rows[y * width + x] = middleRow + dx * sine + dy * cosine;
                _columns[y * width + x] = middleColumn + dx * cosine - dy * sine;
            }
        }
    }

    private void Image(ReadOnlySpan<float> from, Span<float> to)
    {
        for (int i = 0; i < to.Length; i++)
            to[i] = Blend(from, Reflected(_rows[i], height), Reflected(_columns[i], width));
    }

    private void Bilinear(ReadOnlySpan<float> from, Span<float> to, float invalid)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = IsInside(i) ? Blend(from, Math.Clamp(_rows[i], 0, height - 1), Math.Clamp(_columns[i], 0, width - 1)) : invalid;
        }
    }

    private void Nearest(ReadOnlySpan<float> from, Span<float> to, float invalid)
    {
        for (int i = 0; i < to.Length; i++)
        {
            if (!IsInside(i))
            {
                to[i] = invalid;
                continue;
            }
            int y = Math.Clamp((int)MathF.Round(_rows[i]), 0, height - 1),
                x = Math.Clamp((int)MathF.Round(_columns[i]), 0, width - 1);
            to[i] = from[y * width + x];
        }
    }

    /// <summary>Vectors in the picture's plane, x right and y down, turn with it.</summary>
    private static void Turn(Span<float> x, Span<float> y, float sine, float cosine)
    {
        for (int i = 0; i < x.Length; i++)
            (x[i], y[i]) = (x[i] * cosine + y[i] * sine, y[i] * cosine - x[i] * sine);
    }

    /// <summary>Half a pixel around the outermost pixels' middles belongs to the picture.</summary>
    private bool IsInside(int i) => _rows[i] >= -0.5f && _rows[i] <= height - 0.5f && _columns[i] >= -0.5f && _columns[i] <= width - 0.5f;

    /// <summary>A place that is outside, mirrored at the outermost pixels' middles until it is inside.</summary>
    private static float Reflected(float place, int count)
    {
        if (count == 1)
            return 0;
        float period = 2 * (count - 1);
        float inside = Math.Abs(place) % period;
        return inside <= count - 1 ? inside : period - inside;
    }

    private float Blend(ReadOnlySpan<float> from, float row, float column)
    {
        int y = Math.Min((int)row, height - 1),
            x = Math.Min((int)column, width - 1);
        float below = row - y,
            right = column - x;
        // A pixel that the weight leaves out is not read, so that a NaN there does not spread.
        float upper = Between(from, y * width + x, right);
        return below == 0 ? upper : upper * (1 - below) + Between(from, (y + 1) * width + x, right) * below;
    }

    private static float Between(ReadOnlySpan<float> from, int at, float weight) =>
        weight == 0 ? from[at] : from[at] * (1 - weight) + from[at + 1] * weight;
}
