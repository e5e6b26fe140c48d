namespace Jtr.Interop.Training;

/// <summary>Where <see cref="Trainer.Create"/> takes weights from.</summary>
/// <param name="Path">
/// A checkpoint or folder of a run, or a file of weights: safetensors (of <see cref="Export.SafetensorsExport"/>, or with the names of the
/// published code's state, of torchvision, timm or Hugging Face), PyTorch's .pth with the same names, or ONNX, whose graph is compared
/// with the backbone's.
/// </param>
public sealed record InitFrom(string Path)
{
    /// <summary>Whether to take the moving average of the weights where a checkpoint has one; it is what predicts there.</summary>
    public bool Averaged { get; init; } = true;

    /// <summary>
    /// Whether it is an error that the file lacks a tensor of the network other than of a head or decoder, has one of another shape, or
    /// has one
    /// that the network has no place for.
    /// </summary>
    public bool Strict { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Path))
            throw new ArgumentException($"{nameof(Path)} must be the name of a file.", nameof(Path));
    }
}
