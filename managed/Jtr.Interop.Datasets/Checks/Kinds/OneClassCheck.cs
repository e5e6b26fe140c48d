using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks.Kinds;

/// <summary>Segmentation: masks of 0 and 255 (where 255 says "none"), masks of a single class, and grey levels in place of ids.</summary>
internal sealed class OneClassCheck(SegmentationTask task) : IDataCheck
{
    private readonly SortedSet<int> _ids = [];
    private readonly SortedSet<int> _raw = [];
    private int _looked;
    private int _void;
    private int _voidId;
    private string? _voidFile;
    private string? _file;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.IsTest || label.Values.IsEmpty)
            return;
        _looked++;
        _voidId = label.VoidId;
        _file ??= label.Path;
        bool hasVoid = false;
        if (label.Raw is RawLabel { IsWhole: true, Channels: 1 } raw)
        {
            foreach (float value in raw.Values)
            {
                _raw.Add((int)value);
                hasVoid |= (int)value == label.VoidId;
            }
        }
        foreach (float id in label.Values.Span)
        {
            if (id >= 0)
                _ids.Add((int)id);
        }
        if (!hasVoid)
            return;
        _void++;
        _voidFile ??= label.Path;
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        if (_ids.Count == 1 && _void > 0)
        {
            yield return Finding(
                $"it holds class {_ids.Min} and the void id {_voidId}, which says \"no label\", and nothing else: "
                    + "one class is all that it teaches",
                $"If {_voidId} is a class, list the numbers of the classes in tasks.json: {Example(_ids.Min, _voidId)}",
                _void,
                _voidFile
            );
        }
        else if (_ids.Count == 1)
        {
            yield return Finding(
                $"every pixel is of class {_ids.Min}: there is nothing to tell apart",
                "Look at how the labels were written: class ids are whole numbers from 0 on",
                _looked,
                _file
            );
        }
        else if (Step() > 1)
        {
            yield return Finding(
                $"it holds the ids {string.Join(", ", _ids)} of {task.ClassCount} classes: these look like grey levels, not like ids",
                $"If each is a class of its own, list them in tasks.json: {Example([.. _raw.Where(v => v >= 0)])}",
                _looked,
                _file
            );
        }
    }

    /// <summary>What all ids are multiples of; 0 where it says nothing, as for two classes 0 and 1.</summary>
    private int Step()
    {
        int step = 0;
        foreach (int id in _ids)
            step = Gcd(step, id);
        return _raw.Count > 0 && _ids.Count >= 2 && _ids.Max >= 2 * (_ids.Count - 1) ? step : 0;
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);

    private string Example(params int[] values) =>
        $$"""{"tasks": [{"name": "{{task.Name}}", "kind": "segmentation", "class_count": {{values.Length}}, """
        + $$""" "values": [{{string.Join(", ", values)}}]}]}""".TrimStart();

    private DataFinding Finding(string message, string advice, int count, string? file) =>
        new()
        {
            Level = FindingLevel.Warning,
            Check = "one-class",
            Task = task.Name,
            Message = message,
            Advice = advice,
            File = file,
            Count = count,
            Looked = _looked,
        };
}
