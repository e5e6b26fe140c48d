using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks.Kinds;

/// <summary>Depth: a large constant, such as 65535, that says "nothing there" and is read as a depth.</summary>
internal sealed class DepthConstantCheck(DepthTask task) : IDataCheck
{
    // Fewer may be a speck; a depth camera's holes are more.
    private const double Share = 0.001;

    // How far a constant is beyond the largest depth.
    private const double Gap = 4;

    private readonly List<(string File, float Highest, float Next, double Share)> _labels = [];
    private double _scale = 1;
    private bool _isWhole;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.Raw is not RawLabel raw)
            return;
        float highest = 0,
            next = 0;
        long at = 0,
            all = 0;
        foreach (float value in raw.Values)
        {
            // The value that says "none" on purpose is no depth.
            if (!(value > 0) || !float.IsFinite(value) || value == label.NoneValue)
                continue;
            all++;
            if (value == highest)
            {
                at++;
            }
            else if (value > highest)
            {
                (next, highest, at) = (highest, value, 1);
            }
            else
            {
                next = Math.Max(next, value);
            }
        }
        _isWhole |= raw.IsWhole;
        _scale = raw.IsWhole ? label.DepthScale : 1;
        _labels.Add((label.Path, highest, next, all == 0 ? 0 : (double)at / all));
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        if (_labels.Count == 0)
            yield break;
        float constant = _labels.Max(l => l.Highest);
        List<(string File, float Highest, float Next, double Share)> holders = _labels.FindAll(l => l.Highest == constant);
        float next = _labels.Max(l => l.Highest == constant ? l.Next : l.Highest);
        bool isLargest = _isWhole && constant is ushort.MaxValue;
        bool isFar = next > 0 && constant > Gap * next;
        if ((!isLargest && !isFar) || holders.Average(l => l.Share) < Share)
            yield break;
        string number = constant.ToString("G9", CultureInfo.InvariantCulture);
        yield return new DataFinding
        {
            Level = FindingLevel.Warning,
            Check = "depth-constant",
            Task = task.Name,
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"{100 * holders.Average(l => l.Share):F1} % of the pixels with a depth hold {number}, which is read as "
                    + $"{constant * _scale:G6} {task.Unit}; the next depth is {next * _scale:G4}: {number} looks like \"nothing there\""
            ),
            Advice =
                "If it is, say so in tasks.json: "
                + $$"""{"tasks": [{"name": "{{task.Name}}", "kind": "depth", "void_value": {{number}}}]}, or write 0""",
            File = holders[0].File,
            Count = holders.Count,
            Looked = _labels.Count,
        };
    }
}
