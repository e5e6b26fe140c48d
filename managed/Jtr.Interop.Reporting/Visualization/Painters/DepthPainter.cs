using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization.Painters;

/// <summary>Viridis: near dark, far bright. Black: no label.</summary>
internal sealed class DepthPainter() : LabelPainter("depth")
{
    public override bool HasRange => true;

    public override void PaintLabel(VisionTask task, ReadOnlySpan<float> label, RgbImage picture, ValueRange? range) =>
        Paint(picture, label, range ?? ValueRange.Of(label, task.InvalidLabel) ?? ValueRange.Unit, voidValue: task.InvalidLabel);

    public override void PaintPrediction(VisionTask task, ReadOnlySpan<float> prediction, RgbImage picture, ValueRange? range) =>
        Paint(picture, prediction, range ?? ValueRange.Of(prediction) ?? ValueRange.Unit, voidValue: float.NaN);

    public override void AddLegend(PictureGrid grid, IReadOnlyList<PaintedTask> tasks)
    {
        foreach ((VisionTask task, ValueRange? shown) in tasks)
        {
            if (shown is not { } range)
                continue;
            grid.AddLegend(
                string.Create(CultureInfo.InvariantCulture, $"{task.Name}: {range.Low:G3} to {range.High:G3} {task.Kind.Unit(task)}"),
                Colormap.Viridis
            );
        }
    }

    private static void Paint(RgbImage picture, ReadOnlySpan<float> depth, ValueRange range, float voidValue)
    {
        for (int i = 0; i < depth.Length; i++)
            picture[i / picture.Width, i % picture.Width] = depth[i] == voidValue ? Rgb.Black : Colormap.Viridis(range.Place(depth[i]));
    }
}
