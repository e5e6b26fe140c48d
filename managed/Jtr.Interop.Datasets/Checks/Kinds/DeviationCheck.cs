using System.Globalization;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks.Kinds;

/// <summary>Regression: values that do not vary, and such as the task's mean and deviation do not fit.</summary>
internal sealed class DeviationCheck(RegressionTask task) : IDataCheck
{
    // Standardised values should be about 1 in size; a mean or deviation of another unit is off by far more.
    private const double Far = 10;

    private readonly RunningMoments[] _values = new RunningMoments[task.ValueCount];
    private int _looked;
    private string? _file;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.IsTest || label.Values.IsEmpty)
            return;
        _looked++;
        _file ??= label.Path;
        ReadOnlySpan<float> values = label.Values.Span;
        for (int v = 0; v < values.Length; v++)
        {
            if (!float.IsNaN(values[v]))
                _values[v].Add(values[v]);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        for (int v = 0; v < _values.Length; v++)
        {
            RunningMoments seen = _values[v];
            if (seen.Count < 2)
                continue;
            if (seen.Deviation == 0)
            {
                yield return Finding(
                    "value-constant",
                    string.Create(CultureInfo.InvariantCulture, $"'{task.ValueNames[v]}' is {seen.Mean:G6} in every label to train on"),
                    "There is nothing to learn of it: look at what the table holds"
                );
                continue;
            }
            (double mean, double deviation) = (task.Means[v], task.Deviations[v]);
            bool fits = Math.Abs(seen.Mean - mean) <= Far * deviation && seen.Deviation / deviation is > 1 / Far and < Far;
            if (fits)
                continue;
            yield return Finding(
                "value-scale",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{task.ValueNames[v]}' has the mean {seen.Mean:G4} and the deviation {seen.Deviation:G4}, where the task says "
                        + $"{mean:G4} and {deviation:G4}"
                ),
                "Give its mean and standard_deviation in tasks.json, or leave them out there: then they are those of the table"
            );
        }
    }

    private DataFinding Finding(string check, string message, string advice) =>
        new()
        {
            Level = FindingLevel.Warning,
            Check = check,
            Task = task.Name,
            Message = message,
            Advice = advice,
            File = _file,
            Count = _looked,
            Looked = _looked,
        };
}
