using System.Buffers;
using System.Numerics;
using Jtr.Interop.Training;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Exchange of low frequencies (FDA; Yang and Soatto, CVPR 2020): the amplitudes of a photograph's lowest frequencies become those of the
/// other's, and all phases stay. What leaves [0, 1] is cut off.
/// </summary>
public sealed class FourierExchange : AppearanceExchange
{
    /// <summary>Makes it.</summary>
    /// <param name="share">
    /// Of the shorter side's frequencies those that are exchanged, above 0 to 0.25: the paper's beta; 0.01 to 0.09 there. At least the
    /// mean colour is.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The share is outside its range.</exception>
    public FourierExchange(double share = 0.05)
    {
        OptionRange.Holds(nameof(share), share, share is > 0 and <= 0.25, "above 0 to 0.25");
        Share = share;
    }

    /// <inheritdoc/>
    public override string Name => "fourier";

    /// <summary>Of the shorter side's frequencies those that are exchanged.</summary>
    public double Share { get; }

    /// <inheritdoc/>
    public override void Apply(Span<float> image, ReadOnlySpan<float> other, int height, int width)
    {
        int plane = height * width;
        for (int c = 0; c < image.Length / plane; c++)
        {
            Span<float> channel = image.Slice(c * plane, plane);
            Change(channel, other.Slice(c * plane, plane), height, width);
            foreach (ref float value in channel)
                value = Math.Clamp(value, 0f, 1f);
        }
    }

    /// <summary>Exchanges amplitudes of one channel, without cutting off.</summary>
    internal void Change(Span<float> channel, ReadOnlySpan<float> other, int height, int width)
    {
        int largest = (int)(Share * Math.Min(height, width));
        int columns = largest + 1, // frequencies 0 to largest along rows; of a real picture the others are their conjugates
            rows = 2 * largest + 1; // -largest to largest
        int[] sizes = [rows * columns, rows * columns, height * columns, Math.Max(height, width)];
        Complex[] rented = ArrayPool<Complex>.Shared.Rent(sizes.Sum());
        try
        {
            Span<Complex> own = rented.AsSpan(0, sizes[0]),
                theirs = rented.AsSpan(sizes[0], sizes[1]);
            Picture picture = new(height, width, largest, rented.AsSpan(sizes[0] + sizes[1], sizes[2] + sizes[3]));
            picture.Transform(channel, own);
            picture.Transform(other, theirs);
            for (int i = 0; i < own.Length; i++)
            {
                double amplitude = own[i].Magnitude;
                // Where there is no phase to keep, it counts as 0.
                own[i] = amplitude > 0 ? own[i] * (theirs[i].Magnitude / amplitude - 1) : theirs[i].Magnitude;
            }
            picture.Add(own, channel);
        }
        finally
        {
            ArrayPool<Complex>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// Fourier transforms of pictures of one size, of the lowest frequencies alone: spectra are [-largest..largest, 0..largest].
    /// </summary>
    private readonly ref struct Picture(int height, int width, int largest, Span<Complex> scratch)
    {
        private readonly Span<Complex> _lines = scratch[..(height * (largest + 1))]; // [H, 0..largest]
        private readonly Span<Complex> _waves = scratch[(height * (largest + 1))..];

        /// <summary>The spectrum of a picture [H, W].</summary>
        public void Transform(ReadOnlySpan<float> picture, Span<Complex> spectrum)
        {
            for (int l = 0; l <= largest; l++)
            {
                ReadOnlySpan<Complex> waves = Waves(-l, width);
                for (int y = 0; y < height; y++)
                {
                    double real = 0,
                        imaginary = 0;
                    ReadOnlySpan<float> row = picture.Slice(y * width, width);
                    for (int x = 0; x < row.Length; x++)
                    {
                        real += row[x] * waves[x].Real;
                        imaginary += row[x] * waves[x].Imaginary;
                    }
                    _lines[y * (largest + 1) + l] = new Complex(real, imaginary);
                }
            }
            for (int k = -largest; k <= largest; k++)
            {
                ReadOnlySpan<Complex> waves = Waves(-k, height);
                for (int l = 0; l <= largest; l++)
                {
                    Complex sum = Complex.Zero;
                    for (int y = 0; y < height; y++)
                        sum += _lines[y * (largest + 1) + l] * waves[y];
                    spectrum[(k + largest) * (largest + 1) + l] = sum;
                }
            }
        }

        /// <summary>Adds the picture of a spectrum.</summary>
        public void Add(ReadOnlySpan<Complex> spectrum, Span<float> picture)
        {
            _lines.Clear();
            for (int k = -largest; k <= largest; k++)
            {
                ReadOnlySpan<Complex> waves = Waves(k, height);
                for (int l = 0; l <= largest; l++)
                {
                    Complex change = spectrum[(k + largest) * (largest + 1) + l];
                    for (int y = 0; y < height; y++)
                        _lines[y * (largest + 1) + l] += change * waves[y];
                }
            }
            for (int l = 0; l <= largest; l++)
            {
                // Frequency -l adds the conjugate of what l does.
                double factor = (l == 0 ? 1.0 : 2.0) / ((double)height * width);
                ReadOnlySpan<Complex> waves = Waves(l, width);
                for (int y = 0; y < height; y++)
                {
                    Complex line = _lines[y * (largest + 1) + l] * factor;
                    Span<float> row = picture.Slice(y * width, width);
                    for (int x = 0; x < row.Length; x++)
                        row[x] += (float)(line.Real * waves[x].Real - line.Imaginary * waves[x].Imaginary);
                }
            }
        }

        /// <summary>exp(2 pi i frequency place / count) of all places.</summary>
        private ReadOnlySpan<Complex> Waves(int frequency, int count)
        {
            for (int i = 0; i < count; i++)
            {
                (double sine, double cosine) = Math.SinCos(2 * Math.PI * ((long)frequency * i % count) / count);
                _waves[i] = new Complex(cosine, sine);
            }
            return _waves[..count];
        }
    }
}
