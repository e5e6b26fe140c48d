using System.Diagnostics.Metrics;
using Jtr.Interop.Training;

namespace Jtr.Interop.Diagnostics;

/// <summary>
/// The instruments of the meter <see cref="MeterName"/> (System.Diagnostics.Metrics), for dotnet-counters, OpenTelemetry and the like.
/// Where nobody listens they cost nothing, and recording allocates nothing. The gauges have a value while a fit runs, and none before and
/// after; of several fits, that of the one that reported last.
/// </summary>
public static class JtrMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Jtr.Interop";

    private static readonly Meter _meter = new(MeterName, typeof(JtrMetrics).Assembly.GetName().Version?.ToString(3));

    internal static readonly Counter<long> TrainingSteps = _meter.CreateCounter<long>("jtr.training.steps", "{step}", "Training steps done.");
    internal static readonly Counter<long> PredictedSamples = _meter.CreateCounter<long>("jtr.prediction.samples", "{sample}", "Samples that predictors have predicted.");
    internal static readonly Histogram<int> PredictionBatch = _meter.CreateHistogram<int>("jtr.prediction.batch_size", "{sample}", "Samples that went through the network at once.");
    internal static readonly Histogram<double> PredictionDuration = _meter.CreateHistogram<double>("jtr.prediction.duration", "s", "Time from the call of a predictor to its answer, waiting included.");

    private static readonly Lock _gate = new();

    // The fits that are running and have reported, the one that did so last at the end.
    private static readonly List<RunningFit> _fits = [];

    static JtrMetrics()
    {
        Gauge("jtr.training.step", "{step}", "Number of the last step that was reported.", p => p.Step);
        Gauge("jtr.training.loss", null, "The whole loss, mean over the steps since the last report.", p => p.Loss);
        Gauge("jtr.training.loss.supervised", null, "The supervised loss, likewise.", p => p.Supervised);
        Gauge("jtr.training.loss.dist", null, "The distance term, likewise, unweighted.", p => p.Dist);
        Gauge("jtr.training.loss.recon", null, "The reconstruction term, likewise, unweighted.", p => p.Recon);
        Gauge("jtr.training.learning_rate", null, "The rate that Adam used last.", p => p.LearningRate);
        Gauge("jtr.training.speed", "{step}/s", "Steps of a second.", p => p.StepsPerSecond);
    }

    private static void Gauge(string name, string? unit, string description, Func<TrainingProgress, double> value) =>
        _meter.CreateObservableGauge(name,
            () => Newest() is { } progress ? [new Measurement<double>(value(progress))] : Array.Empty<Measurement<double>>(), unit,
            description);

    private static TrainingProgress? Newest()
    {
        lock (_gate) return _fits.Count == 0 ? null : _fits[^1].Last;
    }

    /// <summary>A fit, from its start until it is disposed.</summary>
    internal sealed class RunningFit : IDisposable
    {
        /// <summary>Its last report.</summary>
        public TrainingProgress? Last { get; private set; }

        /// <summary>Tells the listeners how far it is.</summary>
        public void Report(TrainingProgress progress)
        {
            lock (_gate)
            {
                Last = progress;
                if (_fits.Count > 0 && _fits[^1] == this) return;
                _fits.Remove(this);
                _fits.Add(this);
            }
        }

        /// <summary>Says that it is over.</summary>
        public void Dispose()
        {
            lock (_gate) _fits.Remove(this);
        }
    }
}
