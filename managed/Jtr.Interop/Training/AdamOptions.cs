using System.Text.Json.Nodes;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>The Adam optimiser and the schedule of its rate. The defaults are the published ones (Nishi et al., CVPR 2024).</summary>
public sealed record AdamOptions
{
    /// <summary>Learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Decay of the mean of the gradients, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of their squares, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator, above 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>
    /// Decoupled weight decay, 0 or more (AdamW; Loshchilov and Hutter, ICLR 2019): in each step the weights of convolutions and linear
    /// maps
    /// lose this times the rate of themselves; biases and norms do not. Null: plain Adam, as published.
    /// </summary>
    public double? WeightDecay { get; init; }

    /// <summary>How the rate changes from step to step.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Step;

    /// <summary>
    /// <see cref="LearningRateSchedule.Step"/>: steps after which the rate is multiplied by <see cref="DecayFactor"/>, again and again; 0
    /// keeps it. <see cref="LearningRateSchedule.Cosine"/>: the step at which the cosine ends, above <see cref="WarmupSteps"/>: as a rule
    /// the number of steps of the run.
    /// </summary>
    /// <remarks>Published: the steps of 200 epochs, of 400.</remarks>
    public long DecaySteps { get; init; }

    /// <summary><see cref="LearningRateSchedule.Step"/>: what the rate is multiplied by, in (0, 1].</summary>
    public double DecayFactor { get; init; } = 0.5;

    /// <summary>Steps over which the rate rises linearly to what the schedule says, whichever it is; 0 for none.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>
    /// <see cref="LearningRateSchedule.Cosine"/>: what the rate ends at, as a part of <see cref="LearningRate"/>, in [0, 1].
    /// </summary>
    public double FinalFactor { get; init; }

    /// <summary>The rate of a step, as the native library computes it.</summary>
    /// <param name="step">Steps done before it, 0 or more.</param>
    public double RateAt(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        double factor = Schedule switch
        {
            LearningRateSchedule.Step when DecaySteps > 0 => Math.Pow(DecayFactor, step / DecaySteps),
            LearningRateSchedule.Cosine => FinalFactor
                + (1 - FinalFactor)
                    * 0.5
                    * (1 + Math.Cos(Math.PI * Math.Clamp((step - WarmupSteps) / (double)(DecaySteps - WarmupSteps), 0, 1))),
            _ => 1,
        };
        return LearningRate * factor * (step < WarmupSteps ? (step + 1) / (double)WarmupSteps : 1);
    }

    /// <summary>Checks every property.</summary>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate(string name = "Optimizer")
    {
        NativeRange.Check($"{name}.{nameof(LearningRate)}", LearningRate, "optimizer[adam].learning_rate");
        NativeRange.Check($"{name}.{nameof(Beta1)}", Beta1, "optimizer[adam].beta1");
        NativeRange.Check($"{name}.{nameof(Beta2)}", Beta2, "optimizer[adam].beta2");
        NativeRange.Check($"{name}.{nameof(Epsilon)}", Epsilon, "optimizer[adam].epsilon");
        if (WeightDecay is { } decay)
            NativeRange.Check($"{name}.{nameof(WeightDecay)}", decay, "optimizer[adamw].weight_decay");
        OptionRange.Named($"{name}.{nameof(Schedule)}", Schedule);
        NativeRange.Check($"{name}.{nameof(WarmupSteps)}", WarmupSteps, "schedule[step].warmup_steps");
        NativeRange.Check($"{name}.{nameof(DecaySteps)}", DecaySteps, "schedule[step].decay_steps");
        if (Schedule == LearningRateSchedule.Cosine)
            OptionRange.Holds(
                $"{name}.{nameof(DecaySteps)}",
                DecaySteps,
                DecaySteps > WarmupSteps,
                $"above {name}.{nameof(WarmupSteps)}, which is {WarmupSteps}, with the schedule Cosine"
            );
        NativeRange.Check($"{name}.{nameof(DecayFactor)}", DecayFactor, "schedule[step].decay_factor");
        NativeRange.Check($"{name}.{nameof(FinalFactor)}", FinalFactor, "schedule[cosine].final_factor");
    }

    /// <summary>The optimizer as libjtr reads it.</summary>
    internal JsonObject ToNativeOptimizer()
    {
        JsonObject optimizer = new()
        {
            ["name"] = WeightDecay is null ? "adam" : "adamw",
            ["learning_rate"] = LearningRate,
            ["beta1"] = Beta1,
            ["beta2"] = Beta2,
            ["epsilon"] = Epsilon,
        };
        if (WeightDecay is { } decay)
            (optimizer["weight_decay"], optimizer["decayed"]) = (decay, "weights");
        return optimizer;
    }

    /// <summary>The schedule as libjtr reads it.</summary>
    internal JsonObject ToNativeSchedule()
    {
        JsonObject schedule = new() { ["name"] = NativeJson.Word(Schedule), ["warmup_steps"] = WarmupSteps };
        if (Schedule == LearningRateSchedule.Cosine)
            (schedule["decay_steps"], schedule["final_factor"]) = (DecaySteps, FinalFactor);
        else if (Schedule == LearningRateSchedule.Step)
            (schedule["decay_steps"], schedule["decay_factor"]) = (DecaySteps, DecayFactor);
        return schedule;
    }
}

/// <summary>How a learning rate changes from step to step. Each may begin with a linear warm-up.</summary>
public enum LearningRateSchedule
{
    /// <summary>
    /// Multiplied by <see cref="AdamOptions.DecayFactor"/> after every <see cref="AdamOptions.DecaySteps"/> steps; constant where these are
    /// 0.
    /// </summary>
    Step = 0,

    /// <summary>
    /// Half a cosine, from the end of the warm-up to <see cref="AdamOptions.DecaySteps"/> (Loshchilov and Hutter, ICLR 2017, without
    /// restarts).
    /// </summary>
    Cosine = 1,

    /// <summary>As it is.</summary>
    Constant = 2,
}
