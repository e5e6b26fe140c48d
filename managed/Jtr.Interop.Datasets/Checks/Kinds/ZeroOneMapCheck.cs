using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks.Kinds;

/// <summary>Maps: whole numbers that go up to 1 only, where the largest that fits stands for 1.</summary>
internal sealed class ZeroOneMapCheck(MapTask task) : IDataCheck
{
    private int _looked;
    private bool _isOther;
    private bool _hasOne;
    private int _bits;
    private string? _file;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.Raw is not RawLabel raw)
            return;
        _looked++;
        _file ??= label.Path;
        _bits = raw.Bits;
        _isOther |= !raw.IsWhole || raw.IsPalette || raw.Values.ContainsAnyExcept(0f, 1f);
        _hasOne |= raw.Values.Contains(1f);
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        if (_isOther || !_hasOne)
            yield break;
        int largest = (1 << _bits) - 1;
        yield return new DataFinding
        {
            Level = FindingLevel.Warning,
            Check = "map-of-0-and-1",
            Task = task.Name,
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"it holds 0 and 1 in whole numbers of {_bits} bits, where {largest} stands for 1: "
                    + $"its largest value is read as {1.0 / largest:G3}"
            ),
            Advice = $"Write {largest} in place of 1, or a .npy of truth values or floating-point numbers",
            File = _file,
            Count = _looked,
            Looked = _looked,
        };
    }
}
