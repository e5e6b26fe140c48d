using Jtr.Interop.Training;

namespace Jtr.Interop.Export;

/// <summary>How <see cref="OnnxExport"/> writes a network.</summary>
public sealed record OnnxExportOptions
{
    // Every network halves its maps five times.
    private const int Stride = 32;

    /// <summary>Rows of the input, a multiple of 32; null: any multiple of 32.</summary>
    public int? Height { get; init; }

    /// <summary>Columns of the input, a multiple of 32; null: any multiple of 32.</summary>
    public int? Width { get; init; }

    /// <summary>Samples of a batch, 1 or more; null: any number.</summary>
    public int? Batch { get; init; }

    /// <summary>Name of the input; no task may have it.</summary>
    public string InputName { get; init; } = "image";

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        if (Height is { } height)
            Trainer.CheckSize(nameof(Height), height, Stride);
        if (Width is { } width)
            Trainer.CheckSize(nameof(Width), width, Stride);
        if (Batch is { } batch)
            OptionRange.Within(nameof(Batch), batch, 1, int.MaxValue);
        if (string.IsNullOrWhiteSpace(InputName))
            throw new ArgumentException($"{nameof(InputName)} must be a name.", nameof(InputName));
    }
}
