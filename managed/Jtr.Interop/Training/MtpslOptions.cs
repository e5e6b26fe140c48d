using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>
/// The method "mtpsl": cross-task consistency (Li, Liu, Bilen, CVPR 2022). Names and defaults are those of the
/// published code for NYU-v2; its one for Cityscapes has <see cref="ConWeight"/> 1 and the rate 1e-5 for <see cref="Film"/>.
/// </summary>
public sealed record MtpslOptions : IMethodOptions
{
    /// <summary>Weight of the consistency, 0 or more.</summary>
    public double ConWeight { get; init; } = 2;

    /// <summary>Weight of the term that ties the joint space to the backbone's feature, 0 or more.</summary>
    public double RegWeight { get; init; } = 0.5;

    /// <summary>
    /// Steps over which <see cref="ConWeight"/> rises linearly from 0; 0: it is constant. Published: constant, or 100 epochs.
    /// </summary>
    public long RampUpSteps { get; init; }

    /// <summary>
    /// Optimiser of the mapping network's FiLM scales and shifts; the rest of that network is trained like the multi-task network, as the
    /// published code does. Published: the rate 1e-3, halved every 30 epochs.
    /// </summary>
    public AdamOptions Film { get; init; } = new() { LearningRate = 1e-3 };

    /// <summary>Pairs of tasks that go through the mapping network at once; 0 chooses. The result depends on it by rounding only.</summary>
    public int MicroBatch { get; init; }

    /// <summary>Checks every property.</summary>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentException">A property is outside its range or missing; ParamName is its name.</exception>
    public void Validate(string name = "Mtpsl")
    {
        NativeRange.Check($"{name}.{nameof(ConWeight)}", ConWeight, "method[mtpsl].con_weight");
        NativeRange.Check($"{name}.{nameof(RegWeight)}", RegWeight, "method[mtpsl].reg_weight");
        NativeRange.Check($"{name}.{nameof(RampUpSteps)}", RampUpSteps, "method[mtpsl].ramp_up_steps");
        OptionRange.NotNull($"{name}.{nameof(Film)}", Film).Validate($"{name}.{nameof(Film)}");
        NativeRange.Check($"{name}.{nameof(MicroBatch)}", MicroBatch, "method[mtpsl].micro_batch");
    }

    JsonObject IMethodOptions.ToNative()
    {
        JsonObject native = JsonSerializer.SerializeToNode(this, NativeJson.Default.MtpslOptions)!.AsObject();
        native.Remove("film");
        native["film_optimizer"] = Film.ToNativeOptimizer();
        native["film_schedule"] = Film.ToNativeSchedule();
        return native;
    }
}
