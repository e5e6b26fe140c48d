using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization;

/// <summary>
/// Pictures of photographs, labels and predictions, in the colours that the field uses: classes by <see cref="ClassPalette"/>, depth in
/// viridis (near dark, far bright), normals as (n + 1) / 2, maps in magma. Pixels without a label are black, in maps grey.
/// </summary>
public static class TaskPainter
{
    private static readonly Rgb _noMapValue = new(96, 96, 96);

    /// <summary>A photograph.</summary>
    /// <param name="image">[3, H, W] RGB in [0, 1].</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public static RgbImage PaintImage(ReadOnlySpan<float> image, int height, int width)
    {
        RgbImage picture = Make(image.Length, 3, height, width, nameof(image));
        int plane = height * width;
        for (int i = 0; i < plane; i++)
            picture[i % width, i / width] = new(
                Colormap.Byte(image[i]),
                Colormap.Byte(image[plane + i]),
                Colormap.Byte(image[2 * plane + i])
            );
        return picture;
    }

    /// <summary>A label.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="label">[label channels, H, W].</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="depthRange">Depth: what the colours' ends stand for; by default the label's own range.</param>
    public static RgbImage PaintLabel(VisionTask task, ReadOnlySpan<float> label, int height, int width, ValueRange? depthRange = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        RgbImage picture = Make(label.Length, task.LabelChannels, height, width, nameof(label));
        switch (task)
        {
            case SegmentationTask segmentation:
                IReadOnlyList<Rgb> palette = ClassPalette.For(segmentation);
                for (int i = 0; i < label.Length; i++)
                {
                    int id = (int)label[i];
                    picture[i % width, i / width] = id >= 0 && id < palette.Count ? palette[id] : Rgb.Black;
                }
                break;
            case DepthTask:
                PaintDepth(
                    picture,
                    label,
                    depthRange ?? ValueRange.Of(label, task.InvalidLabel) ?? ValueRange.Unit,
                    voidValue: task.InvalidLabel
                );
                break;
            case NormalsTask:
                PaintNormals(picture, label);
                break;
            default:
                PaintMap(picture, label, task.LabelChannels);
                break;
        }
        return picture;
    }

    /// <summary>A prediction.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="prediction">[C, H, W] as the network gives it out: raw logits, depths, normals or maps.</param>
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
        RgbImage picture = Make(prediction.Length, task.Channels, height, width, nameof(prediction));
        switch (task)
        {
            case SegmentationTask segmentation:
                PaintLogits(picture, prediction, ClassPalette.For(segmentation));
                break;
            case DepthTask:
                PaintDepth(picture, prediction, depthRange ?? ValueRange.Of(prediction) ?? ValueRange.Unit, voidValue: float.NaN);
                break;
            case NormalsTask:
                PaintNormals(picture, prediction);
                break;
            default:
                PaintMap(picture, prediction, task.Channels);
                break;
        }
        return picture;
    }

    private static void PaintLogits(RgbImage picture, ReadOnlySpan<float> logits, IReadOnlyList<Rgb> palette)
    {
        int plane = picture.Width * picture.Height;
        for (int i = 0; i < plane; i++)
        {
            int best = 0;
            for (int c = 1; c < palette.Count; c++)
            {
                if (logits[c * plane + i] > logits[best * plane + i])
                    best = c;
            }
            picture[i % picture.Width, i / picture.Width] = palette[best];
        }
    }

    private static void PaintDepth(RgbImage picture, ReadOnlySpan<float> depth, ValueRange range, float voidValue)
    {
        for (int i = 0; i < depth.Length; i++)
            picture[i % picture.Width, i / picture.Width] = depth[i] == voidValue ? Rgb.Black : Colormap.Viridis(range.Place(depth[i]));
    }

    private static void PaintNormals(RgbImage picture, ReadOnlySpan<float> normals)
    {
        int plane = picture.Width * picture.Height;
        for (int i = 0; i < plane; i++)
        {
            float x = normals[i],
                y = normals[plane + i],
                z = normals[2 * plane + i];
            picture[i % picture.Width, i / picture.Width] =
                x == 0 && y == 0 && z == 0
                    ? Rgb.Black
                    : new(Colormap.Byte((x + 1) / 2), Colormap.Byte((y + 1) / 2), Colormap.Byte((z + 1) / 2));
        }
    }

    // Of several channels the strongest is shown.
    private static void PaintMap(RgbImage picture, ReadOnlySpan<float> map, int channels)
    {
        int plane = picture.Width * picture.Height;
        for (int i = 0; i < plane; i++)
        {
            float strongest = float.NaN;
            for (int c = 0; c < channels; c++)
            {
                float value = map[c * plane + i];
                if (!(value <= strongest) && !float.IsNaN(value))
                    strongest = value;
            }
            picture[i % picture.Width, i / picture.Width] = float.IsNaN(strongest) ? _noMapValue : Colormap.Magma(strongest);
        }
    }

    private static RgbImage Make(int values, int channels, int height, int width, string name)
    {
        RgbImage picture = new(width, height);
        if (values != (long)channels * height * width)
            throw new ArgumentException(
                $"{channels} channels of {height} x {width} have {(long)channels * height * width} values, not {values}",
                name
            );
        return picture;
    }
}
