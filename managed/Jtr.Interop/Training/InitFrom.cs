namespace Jtr.Interop.Training;

/// <summary>Where <see cref="Trainer.Create"/> takes weights from.</summary>
/// <param name="Path">
/// A checkpoint of a run, or a safetensors file of weights: of <see cref="Export.SafetensorsExport"/>, or any other with names of the
/// published code's state.
/// </param>
public sealed record InitFrom(string Path)
{
    /// <summary>Whether to take the moving average of the weights where a checkpoint has one; it is what predicts there.</summary>
    public bool Averaged { get; init; } = true;

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Path))
            throw new ArgumentException($"{nameof(Path)} must be the name of a file.", nameof(Path));
    }
}
