using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>A label that checks look at. Valid while they do.</summary>
internal sealed class SeenLabel
{
    /// <summary>Whether it is of the data to score on.</summary>
    public required bool IsTest { get; init; }

    /// <summary>The task.</summary>
    public required VisionTask Task { get; init; }

    /// <summary>The label's file, or the sample's name where it has none of its own.</summary>
    public required string Path { get; init; }

    /// <summary>The numbers as the file has them; null where the data are no folder of files, or the file is damaged.</summary>
    public RawLabel? Raw { get; init; }

    /// <summary>How the photograph lies in its file; null where it is not known.</summary>
    public StoredSize? Photograph { get; init; }

    /// <summary>[C, H, W] at the training size, or [C]; empty where it cannot be read.</summary>
    public ReadOnlyMemory<float> Values { get; init; }

    /// <summary>The class id that says "none", where the task has one.</summary>
    public int VoidId { get; init; }

    /// <summary>Metres of a unit of a whole-number depth.</summary>
    public double DepthScale { get; init; }

    /// <summary>The number that says "none" in a depth's files, where one does.</summary>
    public double? NoneValue { get; init; }

    /// <summary>Whether a pixel has a value.</summary>
    public bool HasValue
    {
        get
        {
            float none = Task.InvalidLabel;
            ReadOnlySpan<float> values = Values.Span;
            return float.IsNaN(none) ? !AllNaN(values) : values.ContainsAnyExcept(none);
        }
    }

    private static bool AllNaN(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsNaN(value))
                return false;
        }
        return true;
    }
}

/// <summary>Rows and columns of a photograph as its file stores it, and how it is to be turned (EXIF: 1 is upright).</summary>
internal readonly record struct StoredSize(int Height, int Width, int Orientation)
{
    /// <summary>Whether rows become columns.</summary>
    public bool IsTurned => Orientation is >= 5 and <= 8;

    /// <summary>Rows when upright.</summary>
    public int UprightHeight => IsTurned ? Width : Height;

    /// <summary>Columns when upright.</summary>
    public int UprightWidth => IsTurned ? Height : Width;
}
