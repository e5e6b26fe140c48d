using Jtr.Interop.Inference;

namespace Jtr.Interop.Datasets;

/// <summary>Predicts photographs in files and streams.</summary>
public static class PhotographPredictions
{
    /// <summary>
    /// Predicts a JPEG or PNG file of any size: it is resized to the size that the network was trained at, or cut into tiles,
    /// and the prediction is brought back to the photograph's own size. Any number of threads may call at once.
    /// </summary>
    /// <param name="predictor">The network.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How to predict it, or null.</param>
    /// <returns>The predictions in the form of labels; dispose them to give their memory back early.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; ParamName is its name.</exception>
    /// <exception cref="JtrFormatException">The file is neither JPEG nor PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The predictor was disposed.</exception>
    public static ImagePrediction Predict(this Predictor predictor, string path, InferenceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        using PhotographImage photograph = PhotographImage.Read(path);
        return predictor.Predict(photograph, options);
    }

    /// <summary>Predicts a photograph from a stream, such as an upload, as that of a file is predicted.</summary>
    /// <param name="predictor">The network.</param>
    /// <param name="content">What would be in a JPEG or PNG file; read to its end.</param>
    /// <param name="options">How to predict it, or null.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <returns>The predictions in the form of labels; dispose them to give their memory back early.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; ParamName is its name.</exception>
    /// <exception cref="JtrFormatException">The content is neither JPEG nor PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The predictor was disposed.</exception>
    public static ImagePrediction Predict(
        this Predictor predictor,
        Stream content,
        InferenceOptions? options = null,
        string name = "photograph"
    )
    {
        ArgumentNullException.ThrowIfNull(predictor);
        ArgumentNullException.ThrowIfNull(content);
        using MemoryStream bytes = new();
        content.CopyTo(bytes);
        using PhotographImage photograph = PhotographImage.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), name);
        return predictor.Predict(photograph, options);
    }
}
