using System.Diagnostics.Metrics;
using Jtr.Interop.Training;

namespace Jtr.Interop.Diagnostics;

/// <summary>What one run tells the listeners, under its name, until it is disposed. Recording allocates nothing.</summary>
/// <param name="name">Value of the tag <see cref="JtrMetrics.RunTag"/>, or null: no tag.</param>
internal sealed class RunMetrics(string? name) : IDisposable
{
    private readonly KeyValuePair<string, object?>[] _tags = name is null ? [] : [new(JtrMetrics.RunTag, name)];
    private long _step;
    private IReadOnlyList<LossTerm> _terms = [];
    private double _loss,
        _supervised,
        _rate,
        _speed;

    /// <summary>Whose numbers these are.</summary>
    public string? Name => name;

    /// <summary>Counts a step.</summary>
    public void CountStep() => JtrMetrics.TrainingSteps.Add(1, _tags);

    /// <summary>Keeps a report for gauges to show.</summary>
    public void Report(TrainingProgress progress)
    {
        Volatile.Write(ref _loss, progress.Loss);
        Volatile.Write(ref _supervised, progress.Supervised);
        Volatile.Write(ref _terms, progress.Terms);
        Volatile.Write(ref _rate, progress.LearningRate);
        Volatile.Write(ref _speed, progress.StepsPerSecond);
        Volatile.Write(ref _step, progress.Step);
        JtrMetrics.ToTheEnd(this);
    }

    /// <summary>Says that the run is over.</summary>
    public void Dispose() => JtrMetrics.End(this);

    /// <summary>The terms of the last report, tagged.</summary>
    public IEnumerable<Measurement<double>> MeasureTerms() =>
        Volatile.Read(ref _terms).Select(t => new Measurement<double>(t.Value, [.. _tags, new(JtrMetrics.TermTag, t.Name)]));

    /// <summary>A number of the last report, tagged.</summary>
    public Measurement<double> Measure(RunNumber number) =>
        new(
            number switch
            {
                RunNumber.Step => Volatile.Read(ref _step),
                RunNumber.Loss => Volatile.Read(ref _loss),
                RunNumber.Supervised => Volatile.Read(ref _supervised),
                RunNumber.LearningRate => Volatile.Read(ref _rate),
                RunNumber.Speed => Volatile.Read(ref _speed),
                _ => throw new ArgumentOutOfRangeException(nameof(number)),
            },
            _tags
        );
}

/// <summary>A number that gauges show of a run.</summary>
internal enum RunNumber
{
    Step,
    Loss,
    Supervised,
    LearningRate,
    Speed,
}
