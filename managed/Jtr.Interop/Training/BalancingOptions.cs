using System.Text.Json.Nodes;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>
/// How the tasks' supervised losses are weighed against each other, whatever the method. The method's own term is not weighed.
/// </summary>
public sealed record BalancingOptions
{
    /// <summary>
    /// Name of the rule, one of <see cref="JtrRuntime.BalancingRules"/>: "equal" (as published); "fixed" (<see cref="Weights"/>);
    /// "uncertainty" (Kendall, Gal, Cipolla, CVPR 2018); "dwa", dynamic weight average (Liu, Johns, Davison, CVPR 2019); "random", random
    /// loss weighting (Lin et al., TMLR 2022); "pcgrad", gradient surgery (Yu et al., NeurIPS 2020; not with the method "single_task");
    /// "labels": a task counts more the fewer samples have its label, so that each counts as much as any other.
    /// </summary>
    public string Name { get; init; } = "equal";

    /// <summary>"fixed": each task's weight, tasks in order, 0 or more and not all 0.</summary>
    public IReadOnlyList<double>? Weights { get; init; }

    /// <summary>"dwa": temperature of the softmax over the tasks, above 0.</summary>
    public double Temperature { get; init; } = 2;

    /// <summary>"dwa": steps over which losses are averaged, 1 or more. Published: those of an epoch; the default is the
    /// native library's, a single step.</summary>
    public long PeriodSteps { get; init; } = 1;

    /// <summary>"uncertainty": where the learned logarithm of each task's variance starts. The default is that of MTAN's code.</summary>
    public double InitialLogVariance { get; init; } = -0.5;

    /// <summary>Checks every property.</summary>
    /// <param name="tasks">Number of tasks.</param>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentException">A property is outside its range or missing; ParamName is its name.</exception>
    public void Validate(int tasks, string name = "Balancing")
    {
        if (string.IsNullOrWhiteSpace(Name))
            throw new ArgumentException($"{name}.{nameof(Name)} must be the name of a rule.", $"{name}.{nameof(Name)}");
        string weights = $"{name}.{nameof(Weights)}";
        if (Name == "fixed")
        {
            OptionRange.NotNull(weights, Weights);
            if (Weights!.Count != tasks)
                throw new ArgumentException($"{weights} must have one number for each of {tasks} tasks, not {Weights.Count}.", weights);
            NativeRange.CheckEach(weights, Weights, "balancing[fixed].weights");
            if (Weights.All(w => w == 0))
                throw new ArgumentException($"{weights} must not all be 0.", weights);
        }
        NativeRange.Check($"{name}.{nameof(Temperature)}", Temperature, "balancing[dwa].temperature");
        NativeRange.Check($"{name}.{nameof(PeriodSteps)}", PeriodSteps, "balancing[dwa].period_steps");
        NativeRange.Check($"{name}.{nameof(InitialLogVariance)}", InitialLogVariance, "balancing[uncertainty].initial_log_variance");
    }

    /// <summary>Whether all properties are the same; weights one by one.</summary>
    public bool Equals(BalancingOptions? other) =>
        other is not null
        && Name == other.Name
        && Temperature == other.Temperature
        && PeriodSteps == other.PeriodSteps
        && InitialLogVariance == other.InitialLogVariance
        && (Weights is null ? other.Weights is null : other.Weights is not null && Weights.SequenceEqual(other.Weights));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Temperature, PeriodSteps, InitialLogVariance, Weights?.Count);

    /// <summary>As libjtr reads them: those of the rule.</summary>
    internal JsonObject ToNative()
    {
        JsonObject rule = new() { ["name"] = Name };
        if (Name == "fixed" && Weights is { } weights)
            rule["weights"] = NativeJson.Numbers(weights);
        if (Name == "dwa")
            (rule["temperature"], rule["period_steps"]) = (Temperature, PeriodSteps);
        if (Name == "uncertainty")
            rule["initial_log_variance"] = InitialLogVariance;
        return rule;
    }
}
