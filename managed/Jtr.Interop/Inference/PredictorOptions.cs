using Jtr.Interop.Native;
using Jtr.Interop.Training;

namespace Jtr.Interop.Inference;

/// <summary>How a <see cref="Predictor"/> computes. The predictions depend on it by rounding only.</summary>
public sealed record PredictorOptions
{
    /// <summary>Name of the predictor, or null: the tag <see cref="Diagnostics.JtrMetrics.PredictorTag"/> of its metrics.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Samples of waiting calls that go through the network together, 1 to 65,536. A call with more samples has a batch to itself. Memory
    /// grows with it, and the time that a call may wait for the one before it.
    /// </summary>
    public int MaxBatch { get; init; } = 8;

    /// <summary>
    /// Copies of the network that compute side by side, 1 to 64. More than one is of use where the arithmetic has few threads.
    /// </summary>
    public int Networks { get; init; } = 1;

    /// <summary>
    /// The domain whose norm statistics predict, where each has its own (<see cref="NormsTechnique"/>). Null: the mixture of all.
    /// </summary>
    public string? AsDomain { get; init; }

    /// <summary>Where to run.</summary>
    public DeviceKind Device { get; init; } = DeviceKind.Auto;

    /// <summary>Which GPU, 0 or more.</summary>
    public int DeviceIndex { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        OptionRange.Within(nameof(MaxBatch), MaxBatch, 1, 65536);
        OptionRange.Within(nameof(Networks), Networks, 1, 64);
        OptionRange.Named(nameof(Device), Device);
        NativeRange.Check(nameof(DeviceIndex), DeviceIndex, "device_index");
    }
}
