using Jtr.Interop.Training;

namespace Jtr.Interop.Export;

/// <summary>How <see cref="OnnxExport"/> writes a network.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>Rows of the input; null: any number.</summary>
    public int? Height { get; init; }

    /// <summary>Columns of the input; null: any number.</summary>
    public int? Width { get; init; }

    /// <summary>Samples of a batch, 1 or more; null: any number.</summary>
    public int? Batch { get; init; }

    /// <summary>Name of the input; no task may have it.</summary>
    public string InputName { get; init; } = "image";

    /// <summary>The domain whose norms the network has, where each has its own; null: the mixture of all.</summary>
    public string? AsDomain { get; init; }

    /// <summary>Number format of the weights and of the arithmetic.</summary>
    public OnnxPrecision Precision { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        if (Height is { } height)
            OptionRange.Within(nameof(Height), height, 1, int.MaxValue);
        if (Width is { } width)
            OptionRange.Within(nameof(Width), width, 1, int.MaxValue);
        if (Batch is { } batch)
            OptionRange.Within(nameof(Batch), batch, 1, int.MaxValue);
        OptionRange.Named(nameof(Precision), Precision);
        if (string.IsNullOrWhiteSpace(InputName))
            throw new ArgumentException($"{nameof(InputName)} must be a name.", nameof(InputName));
    }
}

#pragma warning disable CA1720 // The names of the formats are what users know them by.
/// <summary>Number formats of an exported ONNX model.</summary>
public enum OnnxPrecision
{
    /// <summary>32-bit floating point: what the network computes.</summary>
    Float32 = 0,

    /// <summary>16-bit floating point between input and outputs, which stay in 32 bits; norms are part of the convolutions.</summary>
    Float16 = 1,

    /// <summary>
    /// Convolutions of 16 channels or more in 8-bit whole numbers, by a scale for each output channel and one for each input, which is
    /// found
    /// when the model runs (dynamic quantisation); norms are part of the convolutions. The rest is in 32 bits.
    /// </summary>
    Int8 = 2,
}
#pragma warning restore CA1720
