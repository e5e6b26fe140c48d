using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks.Kinds;

/// <summary>Depth: whole numbers of 8 bits, which are a picture of a depth more often than a depth.</summary>
internal sealed class DepthBitsCheck(DepthTask task) : IDataCheck
{
    private const int Few = 8;

    private int _looked;
    private int _few;
    private double _scale;
    private float _highest;
    private string? _file;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.Raw is not RawLabel raw)
            return;
        _looked++;
        if (raw.Bits != Few)
            return;
        _few++;
        _file ??= label.Path;
        _scale = label.DepthScale;
        foreach (float value in raw.Values)
            _highest = Math.Max(_highest, value);
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        if (_few == 0)
            yield break;
        yield return new DataFinding
        {
            Level = FindingLevel.Warning,
            Check = "depth-of-8-bits",
            Task = task.Name,
            Message = string.Create(
                    CultureInfo.InvariantCulture,
                    $"its files have 8 bits, 255 steps at most; times {_scale:G4}, the largest depth is {_highest * _scale:G4} {task.Unit}"
                )
                .TrimEnd(),
            Advice =
                "If the files are pictures of a depth, write the depth itself: PNG of 16 bits in millimetres, or .npy in metres; "
                + "else say metres a step with --depth-scale",
            File = _file,
            Count = _few,
            Looked = _looked,
        };
    }
}
