using System.Diagnostics.Metrics;

namespace Jtr.Interop.Diagnostics;

/// <summary>
/// The instruments of the meter <see cref="MeterName"/> (System.Diagnostics.Metrics), for dotnet-counters, OpenTelemetry and the like.
/// Where nobody listens they cost nothing, and recording allocates nothing.
/// </summary>
public static class JtrMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Jtr.Interop";

    private static readonly Meter _meter = new(MeterName, typeof(JtrMetrics).Assembly.GetName().Version?.ToString(3));

    private static long _step;
    private static double _loss, _supervised, _dist, _recon, _rate, _speed;

    internal static readonly Counter<long> TrainingSteps = _meter.CreateCounter<long>("jtr.training.steps", "{step}", "Training steps done.");
    internal static readonly Counter<long> PredictedSamples = _meter.CreateCounter<long>("jtr.prediction.samples", "{sample}", "Samples that predictors have predicted.");
    internal static readonly Histogram<int> PredictionBatch = _meter.CreateHistogram<int>("jtr.prediction.batch_size", "{sample}", "Samples that went through the network at once.");
    internal static readonly Histogram<double> PredictionDuration = _meter.CreateHistogram<double>("jtr.prediction.duration", "s", "Time from the call of a predictor to its answer, waiting included.");

    static JtrMetrics()
    {
        Gauge("jtr.training.step", "{step}", "Number of the last step that was reported.", () => Volatile.Read(ref _step));
        Gauge("jtr.training.loss", null, "The whole loss, mean over the steps since the last report.", () => Volatile.Read(ref _loss));
        Gauge("jtr.training.loss.supervised", null, "The supervised loss, likewise.", () => Volatile.Read(ref _supervised));
        Gauge("jtr.training.loss.dist", null, "The distance term, likewise, unweighted.", () => Volatile.Read(ref _dist));
        Gauge("jtr.training.loss.recon", null, "The reconstruction term, likewise, unweighted.", () => Volatile.Read(ref _recon));
        Gauge("jtr.training.learning_rate", null, "The rate that Adam used last.", () => Volatile.Read(ref _rate));
        Gauge("jtr.training.speed", "{step}/s", "Steps of a second.", () => Volatile.Read(ref _speed));
    }

    /// <summary>Tells the listeners how far a training is.</summary>
    /// <param name="progress">The report.</param>
    internal static void Report(Training.TrainingProgress progress)
    {
        Volatile.Write(ref _step, progress.Step);
        Volatile.Write(ref _loss, progress.Loss);
        Volatile.Write(ref _supervised, progress.Supervised);
        Volatile.Write(ref _dist, progress.Dist);
        Volatile.Write(ref _recon, progress.Recon);
        Volatile.Write(ref _rate, progress.LearningRate);
        Volatile.Write(ref _speed, progress.StepsPerSecond);
    }

    private static void Gauge(string name, string? unit, string description, Func<double> value) => _meter.CreateObservableGauge(name, value, unit, description);
}
