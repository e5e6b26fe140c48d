using System.Runtime.InteropServices;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Predictions;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using NetVips;

namespace Jtr.Interop.Datasets;

/// <summary>Writes predictions as images. Files appear whole or not at all; their folders are made.</summary>
public static class PredictionFiles
{
    /// <summary>What one step of a depth image stands for where nothing else is said, in the depth's unit.</summary>
    public const double DefaultDepthScale = 0.001;

    /// <summary>
    /// Whether <see cref="SavePng"/> can write a task's predictions: all but maps of other than 1 or 3 channels and tasks of whole
    /// photographs.
    /// </summary>
    /// <param name="task">The task.</param>
    public static bool FitsPng(VisionTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return LabelImage.Of(task, DefaultDepthScale) is { Fits: true };
    }

    /// <summary>
    /// Writes a prediction as a PNG file that <see cref="FolderDataset"/> reads as a label: class ids in grey, of 8 bits up to 255
    /// classes and of 16 bits above; depths in 16-bit grey, in steps of a scale (0 is "none"); normals in 16-bit RGB, 0 to 65535 for
    /// -1 to 1; maps in 16 bits, 0 to 65535 for 0 to 1.
    /// </summary>
    /// <param name="prediction">The prediction.</param>
    /// <param name="path">The file.</param>
    /// <param name="depthScale">Depth: what one step stands for, above 0, in the depth's unit. More than 65535 steps are cut off.</param>
    /// <exception cref="ArgumentException">The scale is not above 0, or a PNG file has no such number of channels.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="JtrNativeLibraryException">libvips, which writes images, cannot be loaded.</exception>
    public static void SavePng(this TaskPrediction prediction, string path, double depthScale = DefaultDepthScale)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        VisionTask task = prediction.Task;
        LabelImage image =
            LabelImage.Of(task, depthScale)
            ?? throw new ArgumentException(
                $"task '{task.Name}' is about whole photographs, of which there is no image",
                nameof(prediction)
            );
        if (!image.Fits)
            throw new ArgumentException($"a PNG file has 1 or 3 channels; map '{task.Name}' has {task.LabelChannels}", nameof(prediction));
        int plane = prediction.Height * prediction.Width;
        using Pooled<ushort> words = new(task.LabelChannels * plane);
        image.Encode(prediction.Values, plane, words.Span);
        Save(path, words, prediction.Height, prediction.Width, task.LabelChannels, image.Bits);
    }

    /// <summary>
    /// Writes the confidence as a 16-bit grey PNG file. One step stands for what <see cref="ConfidenceStep"/> says.
    /// </summary>
    /// <param name="prediction">The prediction.</param>
    /// <param name="path">The file.</param>
    /// <param name="depthScale">Depth: what one step stands for, above 0, in the depth's unit.</param>
    /// <exception cref="InvalidOperationException">There is no confidence.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="JtrNativeLibraryException">libvips, which writes images, cannot be loaded.</exception>
    public static void SaveConfidencePng(this TaskPrediction prediction, string path, double depthScale = DefaultDepthScale)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ReadOnlySpan<float> confidence = prediction.Confidence;
        if (confidence.IsEmpty)
            throw new InvalidOperationException(
                $"there is no confidence: {nameof(InferenceOptions)}.{nameof(InferenceOptions.Confidence)} was not set"
            );
        if (prediction.Task.Kind.Extent == TaskExtent.Image)
            throw new ArgumentException(
                $"task '{prediction.Task.Name}' is about whole photographs, whose confidence is one number and no image",
                nameof(prediction)
            );
        double step = ConfidenceStep(prediction.Task, depthScale);
        using Pooled<ushort> words = new(confidence.Length);
        Span<ushort> to = words.Span;
        for (int i = 0; i < to.Length; i++)
            to[i] = (ushort)Math.Clamp(Math.Round(confidence[i] / step), 0, ushort.MaxValue);
        Save(path, words, prediction.Height, prediction.Width, 1, bits: 16);
    }

    /// <summary>
    /// What one step of <see cref="SaveConfidencePng"/> stands for: 1/65535 of a probability and of a map's value, the scale of
    /// depth, 0.01 degrees of normals.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="depthScale">Depth: its scale, above 0.</param>
    public static double ConfidenceStep(VisionTask task, double depthScale = DefaultDepthScale)
    {
        ArgumentNullException.ThrowIfNull(task);
        return (LabelImage.Of(task, depthScale) ?? throw new ArgumentException($"'{task.Name}' has no image", nameof(task))).ConfidenceStep;
    }

    /// <summary>Writes a picture as PNG or, where the file's name ends in .jpg or .jpeg, as JPEG.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pixels">[height, width, 3] red, green and blue.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="width">Columns, 1 or more.</param>
    /// <exception cref="ArgumentException">There are not as many pixels.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="JtrNativeLibraryException">libvips, which writes images, cannot be loaded.</exception>
    public static void SavePicture(string path, ReadOnlySpan<byte> pixels, int height, int width)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (pixels.Length != 3L * height * width)
            throw new ArgumentException(
                $"a picture of {height} x {width} has {3L * height * width} values, not {pixels.Length}",
                nameof(pixels)
            );
        VipsFile.Write(path, pixels, height, width, 3, Enums.BandFormat.Uchar);
    }

    private static void Save(string path, Pooled<ushort> words, int height, int width, int channels, int bits)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (bits == 16)
        {
            VipsFile.Write(path, MemoryMarshal.AsBytes(words.Span), height, width, channels, Enums.BandFormat.Ushort);
            return;
        }
        using Pooled<byte> bytes = new(words.Length);
        Span<ushort> from = words.Span;
        Span<byte> to = bytes.Span;
        for (int i = 0; i < to.Length; i++)
            to[i] = (byte)from[i];
        VipsFile.Write(path, to, height, width, channels, Enums.BandFormat.Uchar);
    }
}
