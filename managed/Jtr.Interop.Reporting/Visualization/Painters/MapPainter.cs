using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization.Painters;

/// <summary>Magma; of several channels the strongest. Grey: no label.</summary>
internal sealed class MapPainter() : LabelPainter("map")
{
    private static readonly Rgb _noValue = new(96, 96, 96);

    public override void PaintLabel(VisionTask task, ReadOnlySpan<float> label, RgbImage picture, ValueRange? range) =>
        Paint(picture, label);

    public override void PaintPrediction(VisionTask task, ReadOnlySpan<float> prediction, RgbImage picture, ValueRange? range) =>
        Paint(picture, prediction);

    public override void AddLegend(PictureGrid grid, IReadOnlyList<PaintedTask> tasks) => grid.AddLegend("maps: 0 to 1", Colormap.Magma);

    private static void Paint(RgbImage picture, ReadOnlySpan<float> map)
    {
        int plane = picture.Width * picture.Height;
        for (int i = 0; i < plane; i++)
        {
            float strongest = float.NaN;
            for (int at = i; at < map.Length; at += plane)
            {
                if (!(map[at] <= strongest) && !float.IsNaN(map[at]))
                    strongest = map[at];
            }
            picture[i / picture.Width, i % picture.Width] = float.IsNaN(strongest) ? _noValue : Colormap.Magma(strongest);
        }
    }
}
