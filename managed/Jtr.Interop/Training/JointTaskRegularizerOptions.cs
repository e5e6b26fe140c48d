using Jtr.Interop.Native;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>Everything that a <see cref="JointTaskRegularizer"/> is made of.</summary>
public sealed record JointTaskRegularizerOptions
{
    internal const int DefaultWidth = 64;

    /// <summary>The tasks.</summary>
    public required TaskSet Tasks { get; init; }

    /// <summary>The loss and its auto-encoder.</summary>
    public JointTaskOptions JointTask { get; init; } = new();

    /// <summary>The auto-encoder's optimiser.</summary>
    public AdamOptions Optimizer { get; init; } = new();

    /// <summary>Seed of the initial weights and of the noise.</summary>
    public ulong Seed { get; init; }

    /// <summary>Number format of weights, predictions and gradients.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>What backward passes compute a second time, against memory; the numbers are the same.</summary>
    public Recomputation Recomputation { get; init; } = Recomputation.Norms;

    /// <summary>Where to run.</summary>
    public DeviceKind Device { get; init; } = DeviceKind.Auto;

    /// <summary>Which GPU, 0 or more.</summary>
    public int DeviceIndex { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is outside its range or missing; ParamName is its name.</exception>
    public void Validate()
    {
        TrainerOptions.ValidateTasks(OptionRange.NotNull(nameof(Tasks), Tasks));
        OptionRange.NotNull(nameof(JointTask), JointTask).Validate();
        OptionRange.NotNull(nameof(Optimizer), Optimizer).Validate();
        OptionRange.Named(nameof(Precision), Precision);
        OptionRange.Named(nameof(Recomputation), Recomputation);
        OptionRange.Named(nameof(Device), Device);
        NativeRange.Check(nameof(DeviceIndex), DeviceIndex, "device_index");
    }
}
