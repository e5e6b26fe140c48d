using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization;

/// <summary>
/// Pictures of photographs, labels and predictions, in the colours that the field uses: classes by <see cref="ClassPalette"/>, depth in
/// viridis (near dark, far bright), normals as (n + 1) / 2, maps in magma. Pixels without a label are black, in maps grey. Classes, tags
/// and values of the photograph as a whole are words on black; <see cref="PictureCell"/> and <see cref="PictureOverlay.Write"/> write them
/// on the photograph. A <see cref="LabelPainter"/> gives a kind of task its own colours.
/// </summary>
public static class TaskPainter
{
    /// <summary>A photograph.</summary>
    /// <param name="image">
    /// [C, H, W] in [0, 1]. Of three channels and more the first three are red, green and blue; of one or two the first is grey.
    /// </param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public static RgbImage PaintImage(ReadOnlySpan<float> image, int height, int width)
    {
        int plane = height * width,
            channels = plane > 0 ? Math.Max(1, image.Length / plane) : InputSet.RgbChannels;
        RgbImage picture = Make(image.Length, channels, TaskExtent.Pixel, height, width, nameof(image));
        int green = channels < InputSet.RgbChannels ? 0 : plane;
        for (int i = 0; i < plane; i++)
            picture[i / width, i % width] = new(
                Colormap.Byte(image[i]),
                Colormap.Byte(image[green + i]),
                Colormap.Byte(image[2 * green + i])
            );
        return picture;
    }

    /// <summary>A label.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="label">[label channels, H, W], or [label channels] of a task of whole photographs.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="depthRange">Depth: what the colours' ends stand for; by default the label's own range.</param>
    public static RgbImage PaintLabel(VisionTask task, ReadOnlySpan<float> label, int height, int width, ValueRange? depthRange = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        RgbImage picture = Make(label.Length, task.LabelChannels, task.Kind.Extent, height, width, nameof(label));
        LabelPainter.Of(task.Kind).PaintLabel(task, label, picture, depthRange);
        return picture;
    }

    /// <summary>A prediction.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="prediction">
    /// [C, H, W] as the network gives it out: raw logits, depths, normals or maps; [C] of a task of whole photographs.
    /// </param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="depthRange">
    /// Depth: what the colours' ends stand for; by default the prediction's own range. Give the label's to make the two comparable.
    /// </param>
    public static RgbImage PaintPrediction(
        VisionTask task,
        ReadOnlySpan<float> prediction,
        int height,
        int width,
        ValueRange? depthRange = null
    )
    {
        ArgumentNullException.ThrowIfNull(task);
        RgbImage picture = Make(prediction.Length, task.Channels, task.Kind.Extent, height, width, nameof(prediction));
        LabelPainter.Of(task.Kind).PaintPrediction(task, prediction, picture, depthRange);
        return picture;
    }

    private static RgbImage Make(int values, int channels, TaskExtent extent, int height, int width, string name)
    {
        RgbImage picture = RgbImage.Create(height, width);
        if (extent == TaskExtent.Image && values != channels)
            throw new ArgumentException($"{channels} channels of a photograph as a whole are {channels} values, not {values}", name);
        if (extent == TaskExtent.Pixel && values != (long)channels * height * width)
            throw new ArgumentException(
                $"{channels} channels of {height} x {width} have {(long)channels * height * width} values, not {values}",
                name
            );
        return picture;
    }
}
