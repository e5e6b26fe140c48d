using System.Diagnostics.Metrics;
using System.Numerics;
using Jtr.Interop.Diagnostics;

namespace Jtr.Interop.Tests.Inference;

/// <summary>Gathers what one instrument of the library records.</summary>
internal sealed class MetricsListener : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<(double Value, KeyValuePair<string, object?>[] Tags)> _values = [];

    public MetricsListener(string instrument)
    {
        _listener.InstrumentPublished = (i, listener) =>
        {
            if (i.Meter.Name == JtrMetrics.MeterName && i.Name == instrument)
                listener.EnableMeasurementEvents(i);
        };
        _listener.SetMeasurementEventCallback<int>((_, value, tags, _) => Add(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Add(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Add(value, tags));
        _listener.Start();
    }

    public int Count => Values.Length;
    public double Sum => Values.Sum();
    public double Largest => Values.Max();

    public double[] Values
    {
        get
        {
            lock (_values)
                return [.. _values.Select(v => v.Value)];
        }
    }

    /// <summary>What was recorded under a tag.</summary>
    public double[] Of(string tag, string value)
    {
        lock (_values)
            return [.. _values.Where(v => v.Tags.Contains(new(tag, value))).Select(v => v.Value)];
    }

    /// <summary>Asks gauges for their values.</summary>
    public void Ask() => _listener.RecordObservableInstruments();

    /// <summary>Asks a gauge for its value.</summary>
    public double Observe()
    {
        Ask();
        return Values[^1];
    }

    public void Dispose() => _listener.Dispose();

    private void Add<T>(T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        where T : INumber<T>
    {
        lock (_values)
            _values.Add((double.CreateChecked(value), tags.ToArray()));
    }
}
