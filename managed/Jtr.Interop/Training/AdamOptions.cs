namespace Jtr.Interop.Training;

/// <summary>The Adam optimiser and its step schedule. The defaults are the published ones (METHOD section 5).</summary>
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

    /// <summary>Steps after which the rate is multiplied by <see cref="DecayFactor"/>, again and again; 0 keeps it.</summary>
    /// <remarks>Published: the steps of 200 epochs, of 400.</remarks>
    public long DecaySteps { get; init; }

    /// <summary>What the rate is multiplied by, in (0, 1].</summary>
    public double DecayFactor { get; init; } = 0.5;

    /// <summary>Checks every property.</summary>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate(string name = "Optimizer")
    {
        OptionRange.Holds($"{name}.{nameof(LearningRate)}", LearningRate, LearningRate > 0, "above 0 and finite");
        OptionRange.Holds($"{name}.{nameof(Beta1)}", Beta1, Beta1 is >= 0 and < 1, "in [0, 1)");
        OptionRange.Holds($"{name}.{nameof(Beta2)}", Beta2, Beta2 is >= 0 and < 1, "in [0, 1)");
        OptionRange.Holds($"{name}.{nameof(Epsilon)}", Epsilon, Epsilon > 0, "above 0 and finite");
        OptionRange.Within($"{name}.{nameof(DecaySteps)}", DecaySteps, 0);
        OptionRange.Holds($"{name}.{nameof(DecayFactor)}", DecayFactor, DecayFactor is > 0 and <= 1, "in (0, 1]");
    }
}
