using Jtr.Interop.Datasets.Views;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>The photograph that another camera would have taken; see <see cref="SceneOptions.Shift"/>. One instance a thread.</summary>
internal sealed class OtherCamera
{
    /// <summary>
    /// Of the whole shift: the deviation of the blur over sqrt(H W), the light of the haze, and what the response's exponent is above 1.
    /// </summary>
    internal const double Softness = 0.015,
        Haze = 0.12,
        Darkness = 0.5;

    /// <summary>Of the whole shift: what the sensor's red, green and blue take of the scene's.</summary>
    internal static readonly double[][] Filters =
    [
        [0.90, 0.35, 0.05],
        [0.20, 0.50, 0.15],
        [0.15, 0.15, 0.25],
    ];

    private readonly double _shift,
        _deviation;
    private readonly GaussianBlur _blur;

    /// <summary>Makes one.</summary>
    /// <param name="shift">Above 0 and up to 1.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    public OtherCamera(double shift, int height, int width)
    {
        _shift = shift;
        _deviation = shift * Softness * Math.Sqrt((double)height * width);
        _blur = new GaussianBlur(height, width, _deviation);
    }

    /// <summary>Changes a photograph.</summary>
    /// <param name="image">[3, H, W] in [0, 1], in place.</param>
    public void Apply(Span<float> image)
    {
        int plane = image.Length / 3;
        for (int i = 0; i < plane; i++)
        {
            (double red, double green, double blue) = (image[i], image[plane + i], image[2 * plane + i]);
            for (int c = 0; c < 3; c++)
            {
                double own =
                    c == 0 ? red
                    : c == 1 ? green
                    : blue;
                double seen = Filters[c][0] * red + Filters[c][1] * green + Filters[c][2] * blue;
                double light = Math.Pow(own + _shift * (seen - own), 1 + _shift * Darkness);
                image[c * plane + i] = (float)Math.Min(1, _shift * Haze + (1 - _shift * Haze) * light);
            }
        }
        _blur.Apply(image, _deviation);
    }
}
