using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization.Painters;

/// <summary>Classes by <see cref="ClassPalette"/>; of a prediction the class with the largest logit. Black: no label.</summary>
internal sealed class SegmentationPainter() : LabelPainter("segmentation")
{
    public override void PaintLabel(VisionTask task, ReadOnlySpan<float> label, RgbImage picture, ValueRange? range)
    {
        IReadOnlyList<Rgb> palette = ClassPalette.For(task.Kind.ClassNames(task));
        for (int i = 0; i < label.Length; i++)
        {
            int id = (int)label[i];
            picture[i / picture.Width, i % picture.Width] = id >= 0 && id < palette.Count ? palette[id] : Rgb.Black;
        }
    }

    public override void PaintPrediction(VisionTask task, ReadOnlySpan<float> prediction, RgbImage picture, ValueRange? range)
    {
        IReadOnlyList<Rgb> palette = ClassPalette.For(task.Kind.ClassNames(task));
        int plane = picture.Width * picture.Height;
        for (int i = 0; i < plane; i++)
        {
            int best = 0;
            for (int c = 1; c < palette.Count; c++)
            {
                if (prediction[c * plane + i] > prediction[best * plane + i])
                    best = c;
            }
            picture[i / picture.Width, i % picture.Width] = palette[best];
        }
    }

    public override void AddLegend(PictureGrid grid, IReadOnlyList<PaintedTask> tasks) => grid.AddLegend(tasks[0].Task);
}
