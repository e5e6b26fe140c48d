using System.Globalization;
using Jtr.Cli.Commands;
using Jtr.Cli.Configuration;
using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Comparison;

/// <summary>How choices are made before the runs of a comparison: the same budget for every method.</summary>
internal sealed record TuningPlan
{
    /// <summary>Trials of each method; the first is as the settings say.</summary>
    public required int Trials { get; init; }

    /// <summary>Steps of each; null: those of a run.</summary>
    public long? Steps { get; init; }

    /// <summary>Part of the labelled training samples that trials are scored on and learn no labels of.</summary>
    public required double Part { get; init; }
}

/// <summary>What settings are multiplied by.</summary>
/// <param name="Rate">The learning rate.</param>
/// <param name="Strength">The weight of what a method adds to the supervised loss.</param>
internal sealed record TuningFactors(double Rate, double Strength)
{
    // Powers of 2: from a quarter to four times.
    private const double Span = 4;

    // Options of methods that are the weight of all that they add.
    private static readonly string[] _strengths = ["weight", "con_weight", "lambda_dist", "lambda_recon"];

    /// <summary>
    /// Those of a trial, the same for every method. The first has the settings' own; others are spread evenly, however many there are, as
    /// the numbers of Halton (1960) are, by the bases 2 and 3.
    /// </summary>
    public static TuningFactors Of(int trial) =>
        trial == 0 ? new(1, 1) : new(Math.Pow(2, Span * (Turned(trial + 1, 2) - 0.5)), Math.Pow(2, Span * (Turned(trial + 1, 3) - 0.5)));

    /// <summary>Settings with these factors.</summary>
    public TrainSettings Apply(TrainSettings settings) =>
        this == Of(0)
            ? settings
            : settings.With(run =>
            {
                run.Optimizer.LearningRate *= Rate;
                foreach (Setting setting in StrengthsOf(run))
                    setting.Set(run, Convert.ToDouble(setting.Get(run) ?? setting.Default, CultureInfo.InvariantCulture) * Strength);
            });

    /// <summary>Whether a method has a strength to choose.</summary>
    public static bool HasStrength(TrainSettings settings) => StrengthsOf(settings.Configuration).Any();

    private static IEnumerable<Setting> StrengthsOf(RunConfiguration run)
    {
        IReadOnlyList<string> methods = NativeDocument.MethodsOf(run);
        return SettingsTable.Current.All.Where(s =>
            (s.Key == "data.pseudoWeight" && Specialists.SpecialistStages.AreIn(run.Training.Method ?? ""))
            || s.Natives.Any(n =>
                n.Path.Slot == "method"
                && n.Path.Steps.Count == 2
                && methods.Contains(n.Path.Steps[0].Variant)
                && _strengths.Contains(n.Path.Steps[1].Name)
            )
        );
    }

    /// <summary>The digits of a whole number behind the point, in turned order: in (0, 1).</summary>
    private static double Turned(int number, int digits)
    {
        double turned = 0,
            place = 1;
        for (; number > 0; number /= digits)
        {
            place /= digits;
            turned += number % digits * place;
        }
        return turned;
    }
}

/// <summary>What was chosen for a method.</summary>
/// <param name="Method">The method.</param>
/// <param name="Factors">What its settings are multiplied by.</param>
/// <param name="HasStrength">Whether it has a strength.</param>
/// <param name="Percent">How much better than the first trial it was, Delta % on the part that was held out.</param>
/// <param name="Trials">How many there were.</param>
internal sealed record TuningChoice(ComparedMethod Method, TuningFactors Factors, bool HasStrength, double Percent, int Trials)
{
    /// <summary>In words.</summary>
    public string InWords =>
        string.Create(CultureInfo.InvariantCulture, $"{Method.Name}: rate x {Factors.Rate:G3}")
        + (HasStrength ? string.Create(CultureInfo.InvariantCulture, $", strength x {Factors.Strength:G3}") : "")
        + string.Create(CultureInfo.InvariantCulture, $" ({MetricFormat.Delta(Percent)} % on the held out part, of {Trials} trials)");

    /// <summary>The best of a method's trials; the first of those that are as good.</summary>
    /// <param name="method">The method.</param>
    /// <param name="results">Scores of each trial, in order.</param>
    /// <param name="hasStrength">Whether it has a strength.</param>
    public static TuningChoice Of(ComparedMethod method, IReadOnlyList<EvaluationResult> results, bool hasStrength)
    {
        int best = 0;
        double most = 0;
        for (int trial = 1; trial < results.Count; trial++)
        {
            double percent = results[trial].DeltaPercent(results[0]);
            if (percent > most)
                (best, most) = (trial, percent);
        }
        return new(method, TuningFactors.Of(best), hasStrength, most, results.Count);
    }
}
