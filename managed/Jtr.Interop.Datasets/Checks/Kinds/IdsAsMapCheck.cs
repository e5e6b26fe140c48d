using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks.Kinds;

/// <summary>Maps: class ids, in a palette or as small numbers, in a folder whose name is not one of segmentation.</summary>
internal sealed class IdsAsMapCheck(MapTask task) : IDataCheck
{
    // A map uses its range; ids are the first whole numbers of it.
    private const int LargestId = 63;
    private const int UsualVoid = 255;

    private readonly SortedSet<int> _values = [];
    private int _looked;
    private int _palettes;
    private bool _isOther;
    private string? _file;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.Raw is not RawLabel raw)
            return;
        _looked++;
        if (raw.IsPalette)
        {
            _palettes++;
            _file = _palettes == 1 ? label.Path : _file;
        }
        _file ??= label.Path;
        _isOther |= !raw.IsWhole || raw.Channels != 1;
        for (int i = 0; i < raw.Values.Length && !_isOther; i++)
        {
            int value = (int)raw.Values[i];
            _isOther = value is < 0 or > LargestId and not UsualVoid;
            _values.Add(value);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        // 0 and 1 alone are a map in the wrong range, 0 and 255 a sharp one.
        bool isIds = !_isOther && _values.Count(v => v != UsualVoid) > 1 && _values.Count > 2;
        if (_palettes == 0 && !isIds)
            yield break;
        yield return new DataFinding
        {
            Level = FindingLevel.Warning,
            Check = "ids-as-map",
            Task = task.Name,
            Message =
                _palettes > 0
                    ? "it is read as a map of colours, but its files have a palette, as class ids have: it looks like segmentation"
                    : $"it is read as a map, but holds the numbers {string.Join(", ", _values.Take(8))}"
                        + $"{(_values.Count > 8 ? ", ..." : "")}, which look like class ids: it looks like segmentation",
            Advice = $"If it is: --tasks {task.Name}=segmentation (and the other tasks), a tasks.json, or a folder named seg",
            File = _file,
            Count = _palettes > 0 ? _palettes : _looked,
            Looked = _looked,
        };
    }
}
