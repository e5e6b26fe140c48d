using System.Diagnostics.Metrics;
using Jtr.Interop.Training;

namespace Jtr.Interop.Diagnostics;

/// <summary>
/// The instruments of the meter <see cref="MeterName"/> (System.Diagnostics.Metrics), for dotnet-counters, OpenTelemetry and the like.
/// Where nobody listens they cost nothing, and recording allocates nothing. Gauges have a value while a fit
/// runs, and none before and after: the last report of each run's name.
/// </summary>
public static class JtrMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Jtr.Interop";

    /// <summary>
    /// Tag of what a run records: the run's name (<see cref="Training.FitOptions.Name"/>). A run without a name has no tag.
    /// </summary>
    public const string RunTag = "jtr.run";

    /// <summary>Tag of a term of the loss: its name, one of <see cref="Training.Trainer.TermNames"/>.</summary>
    public const string TermTag = "jtr.term";

    /// <summary>
    /// Tag of what a predictor records: its name (<see cref="Inference.PredictorOptions.Name"/>). One without a name has no tag.
    /// </summary>
    public const string PredictorTag = "jtr.predictor";

    private static readonly Meter _meter = new(MeterName, typeof(JtrMetrics).Assembly.GetName().Version?.ToString(3));

    private static readonly Lock _gate = new();

    // Those that run and have reported, the one that did so last at the end.
    private static readonly List<RunMetrics> _runs = [];

    internal static readonly Counter<long> TrainingSteps = _meter.CreateCounter<long>(
        "jtr.training.steps",
        "{step}",
        "Training steps done."
    );
    internal static readonly Counter<long> PredictedSamples = _meter.CreateCounter<long>(
        "jtr.prediction.samples",
        "{sample}",
        "Samples that predictors have predicted."
    );
    internal static readonly Histogram<int> PredictionBatch = _meter.CreateHistogram<int>(
        "jtr.prediction.batch_size",
        "{sample}",
        "Samples that went through the network at once."
    );
    internal static readonly Histogram<double> PredictionDuration = _meter.CreateHistogram<double>(
        "jtr.prediction.duration",
        "s",
        "Time from the call of a predictor to its answer, waiting included."
    );

    static JtrMetrics()
    {
        Gauge("jtr.training.step", "{step}", "Number of the last step that was reported.", RunNumber.Step);
        Gauge("jtr.training.loss", null, "The whole loss, mean over the steps since the last report.", RunNumber.Loss);
        Gauge("jtr.training.loss.supervised", null, "The supervised loss, likewise.", RunNumber.Supervised);
        _meter.CreateObservableGauge("jtr.training.loss.term", MeasureTerms, null, "Each term that the method adds, likewise, unweighted.");
        Gauge("jtr.training.learning_rate", null, "The rate that Adam used last.", RunNumber.LearningRate);
        Gauge("jtr.training.speed", "{step}/s", "Steps of a second.", RunNumber.Speed);
    }

    /// <summary>Puts a run, which has reported, behind all others.</summary>
    internal static void ToTheEnd(RunMetrics run)
    {
        lock (_gate)
        {
            if (_runs.Count > 0 && _runs[^1] == run)
                return;
            _runs.Remove(run);
            _runs.Add(run);
        }
    }

    /// <summary>Forgets a run that is over.</summary>
    internal static void End(RunMetrics run)
    {
        lock (_gate)
            _runs.Remove(run);
    }

    // Of several runs of one name, the one that reported last.
    private static Measurement<double>[] Measure(RunNumber number)
    {
        lock (_gate)
            return [.. _runs.GroupBy(r => r.Name).Select(g => g.Last().Measure(number))];
    }

    private static Measurement<double>[] MeasureTerms()
    {
        lock (_gate)
            return [.. _runs.GroupBy(r => r.Name).SelectMany(g => g.Last().MeasureTerms())];
    }

    private static void Gauge(string name, string? unit, string description, RunNumber number) =>
        _meter.CreateObservableGauge(name, () => Measure(number), unit, description);
}
