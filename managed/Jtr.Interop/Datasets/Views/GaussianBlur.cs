namespace Jtr.Interop.Datasets.Views;

/// <summary>
/// A Gaussian blur, along rows and then along columns; beyond the border the outermost pixels go on. One instance a thread.
/// </summary>
/// <param name="height">H.</param>
/// <param name="width">W.</param>
/// <param name="largest">The largest standard deviation, in pixels.</param>
internal sealed class GaussianBlur(int height, int width, double largest)
{
    // Of the Gaussian, what lies beyond three standard deviations is left out.
    private const double Reach = 3;

    private readonly float[] _weights = new float[2 * (int)Math.Ceiling(Reach * largest) + 1];
    private readonly float[] _rows = new float[height * width];

    /// <summary>Blurs an image as is drawn for a view.</summary>
    public void Apply(Span<float> image, ViewKey key)
    {
        CounterRandom random = key.Random(RandomUse.Blur);
        Apply(image, largest * random.NextDouble());
    }

    /// <summary>Blurs an image.</summary>
    /// <param name="image">[channels, H, W], in place.</param>
    /// <param name="deviation">In pixels, at most the largest.</param>
    public void Apply(Span<float> image, double deviation)
    {
        int reach = (int)Math.Ceiling(Reach * deviation);
        if (reach == 0)
            return;
        double sum = 0;
        for (int i = -reach; i <= reach; i++)
            sum += Math.Exp(-0.5 * i * i / (deviation * deviation));
        for (int i = -reach; i <= reach; i++)
            _weights[i + reach] = (float)(Math.Exp(-0.5 * i * i / (deviation * deviation)) / sum);
        int plane = height * width;
        for (int c = 0; c < image.Length / plane; c++)
        {
            Span<float> channel = image.Slice(c * plane, plane);
            for (int y = 0; y < height; y++)
                Line(channel.Slice(y * width, width), _rows.AsSpan(y * width, width), width, 1, reach);
            for (int x = 0; x < width; x++)
                Line(_rows.AsSpan(x), channel[x..], height, width, reach);
        }
    }

    private void Line(ReadOnlySpan<float> from, Span<float> to, int count, int stride, int reach)
    {
        for (int i = 0; i < count; i++)
        {
            float value = 0;
            for (int k = -reach; k <= reach; k++)
                value += _weights[k + reach] * from[Math.Clamp(i + k, 0, count - 1) * stride];
            to[i * stride] = value;
        }
    }
}
