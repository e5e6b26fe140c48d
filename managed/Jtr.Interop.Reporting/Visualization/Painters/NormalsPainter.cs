using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization.Painters;

/// <summary>(n + 1) / 2 as red, green and blue. Black: no label.</summary>
internal sealed class NormalsPainter() : LabelPainter("normals")
{
    public override void PaintLabel(VisionTask task, ReadOnlySpan<float> label, RgbImage picture, ValueRange? range) =>
        Paint(picture, label);

    public override void PaintPrediction(VisionTask task, ReadOnlySpan<float> prediction, RgbImage picture, ValueRange? range) =>
        Paint(picture, prediction);

    private static void Paint(RgbImage picture, ReadOnlySpan<float> normals)
    {
        int plane = picture.Width * picture.Height;
        for (int i = 0; i < plane; i++)
        {
            float x = normals[i],
                y = normals[plane + i],
                z = normals[2 * plane + i];
            picture[i / picture.Width, i % picture.Width] =
                x == 0 && y == 0 && z == 0
                    ? Rgb.Black
                    : new(Colormap.Byte((x + 1) / 2), Colormap.Byte((y + 1) / 2), Colormap.Byte((z + 1) / 2));
        }
    }
}
