namespace Jtr.Interop.Inference;

public sealed partial class Predictor
{
    /// <summary>
    /// Rows and columns of the images that the network was trained with last, or null where that is not known. A predictor of a trainer
    /// has those of its last step, one of a checkpoint what the checkpoint says.
    /// </summary>
    public (int Height, int Width)? TrainingSize { get; private init; }

    /// <summary>
    /// Predicts an image of any size: it is resized to the size that the network was trained at, or cut into tiles, and the
    /// prediction is brought back to the image's own size. Any number of threads may call at once; calls of one size share batches.
    /// </summary>
    /// <param name="image">The image; not disposed.</param>
    /// <param name="options">How to predict it, or null.</param>
    /// <returns>The predictions in the form of labels; dispose them to give their memory back early.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; ParamName is its name.</exception>
    /// <exception cref="JtrOutOfMemoryException">The image does not fit into memory.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ImagePrediction Predict(SourceImage image, InferenceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new ImageInference(this, options ?? new InferenceOptions()).Predict(image);
    }

    /// <summary>Predicts an image in memory, of any size, as <see cref="Predict(SourceImage, InferenceOptions)"/> does.</summary>
    /// <param name="image">The image.</param>
    /// <param name="options">How to predict it, or null.</param>
    /// <returns>The predictions in the form of labels.</returns>
    /// <exception cref="ArgumentException">The image's values do not fit its size, or an option is outside its range.</exception>
    /// <exception cref="JtrOutOfMemoryException">The image does not fit into memory.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ImagePrediction Predict(ImageSample image, InferenceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check(image);
        using SampleImage source = new(image) { Inputs = image.Inputs };
        return Predict(source, options);
    }

    /// <summary>Throws unless the values of an image fit its size.</summary>
    private void Check(ImageSample image)
    {
        if (image.Height < 1 || image.Width < 1)
            throw new ArgumentException($"image '{image.Name}' is {image.Height} x {image.Width}; both must be 1 or more", nameof(image));
        long plane = (long)image.Height * image.Width;
        int channels = Inputs.ImageChannels;
        if (image.Values.Length != channels * plane)
            throw new ArgumentException(
                $"image '{image.Name}' [{channels}, {image.Height}, {image.Width}] has {channels * plane} elements, "
                    + $"not {image.Values.Length}",
                nameof(image)
            );
    }
}
