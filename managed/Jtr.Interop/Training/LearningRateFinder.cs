using Jtr.Interop.Datasets;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Training;

/// <summary>How <see cref="LearningRateFinder"/> searches.</summary>
public sealed record LearningRateSearchOptions
{
    /// <summary>The first rate, above 0.</summary>
    public double Lowest { get; init; } = 1e-6;

    /// <summary>The last rate, above <see cref="Lowest"/>.</summary>
    public double Highest { get; init; } = 1;

    /// <summary>Steps from one to the other, 10 or more.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>Share of the losses before in the smoothed loss, in [0, 1).</summary>
    public double Smoothing { get; init; } = 0.9;

    /// <summary>The search ends where the smoothed loss is so many times the smallest one, above 1.</summary>
    public double DivergenceFactor { get; init; } = 4;

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        OptionRange.Holds(nameof(Lowest), Lowest, Lowest > 0, "above 0 and finite");
        OptionRange.Holds(nameof(Highest), Highest, Highest > Lowest, $"above {nameof(Lowest)} and finite");
        OptionRange.Within(nameof(Steps), Steps, 10, int.MaxValue);
        OptionRange.Holds(nameof(Smoothing), Smoothing, Smoothing is >= 0 and < 1, "in [0, 1)");
        OptionRange.Holds(nameof(DivergenceFactor), DivergenceFactor, DivergenceFactor > 1, "above 1 and finite");
    }
}

/// <summary>One step of the search.</summary>
/// <param name="Rate">Its learning rate.</param>
/// <param name="Loss">Its loss, computed before the step changed the weights.</param>
/// <param name="Smoothed">The smoothed loss.</param>
public readonly record struct LearningRatePoint(double Rate, double Loss, double Smoothed);

/// <summary>What a search found.</summary>
/// <param name="Points">The steps, rates rising.</param>
/// <param name="Suggested">The rate where the smoothed loss falls fastest over the logarithm of the rate; null where it does not
/// fall.</param>
/// <param name="Diverged">Whether the search ended because the loss grew or was not a finite number; otherwise higher rates may do as
/// well.</param>
public sealed record LearningRateSearchResult(IReadOnlyList<LearningRatePoint> Points, double? Suggested, bool Diverged);

/// <summary>
/// Finds a learning rate by training a fresh network for some steps while the rate grows exponentially (the range test of Smith, WACV
/// 2017):
/// a good rate is where the loss falls fastest, well before it grows. Nothing of the network is kept.
/// </summary>
public static class LearningRateFinder
{
    /// <summary>Searches.</summary>
    /// <param name="trainer">What to train; its rate and schedule count for nothing.</param>
    /// <param name="data">The data set to train on.</param>
    /// <param name="fit">How; its number of steps, checkpoints and validation count for nothing.</param>
    /// <param name="search">How to search, or null.</param>
    /// <param name="progress">Told every step.</param>
    /// <param name="logger">Receives messages, or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the data set does not fit.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static LearningRateSearchResult Find(
        TrainerOptions trainer,
        IMultiTaskDataset data,
        FitOptions fit,
        LearningRateSearchOptions? search = null,
        IProgress<LearningRatePoint>? progress = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(fit);
        search ??= new LearningRateSearchOptions();
        search.Validate();
        fit.Validate();
        using Trainer network = new(
            trainer with
            {
                Optimizer = trainer.Optimizer with { Schedule = LearningRateSchedule.Constant, WarmupSteps = 0 },
                EmaDecay = null,
            },
            logger
        );
        network.CheckData(data);
        network.CheckTrained(data, nameof(data));
        using DataLoader loader = network.OpenLoader(data, fit, fit.DataSeed ?? trainer.Seed);
        List<LearningRatePoint> points = [];
        double mean = 0,
            smallest = double.PositiveInfinity;
        bool diverged = false;
        for (int i = 0; i < search.Steps && !diverged; i++)
        {
            double rate = search.Lowest * Math.Pow(search.Highest / search.Lowest, i / (double)(search.Steps - 1));
            network.SetLearningRate(rate);
            Batch batch = loader.Next(cancellationToken);
            double loss;
            try
            {
                loss = network.Step(batch, cancellationToken).Loss;
            }
            catch (JtrNonFiniteException) when (i > 0)
            {
                diverged = true;
                break;
            }
            finally
            {
                loader.Recycle(batch);
            }
            mean = search.Smoothing * mean + (1 - search.Smoothing) * loss;
            // The mean begins at 0, which this takes out again.
            double smoothed = mean / (1 - Math.Pow(search.Smoothing, i + 1));
            LearningRatePoint point = new(rate, loss, smoothed);
            points.Add(point);
            progress?.Report(point);
            smallest = Math.Min(smallest, smoothed);
            diverged = smoothed > search.DivergenceFactor * smallest;
        }
        return new LearningRateSearchResult(points, Suggest(points), diverged);
    }

    /// <summary>The rate where the smoothed loss falls fastest, before it is smallest.</summary>
    internal static double? Suggest(IReadOnlyList<LearningRatePoint> points)
    {
        // The smoothed losses of the first steps are means of few, so that they jump; and a slope over few steps is that of chance.
        int first = points.Count / 10,
            reach = Math.Max(1, points.Count / 10);
        double steepest = 0;
        double? rate = null;
        for (int i = first + reach; i + reach < points.Count; i++)
        {
            double slope =
                (points[i + reach].Smoothed - points[i - reach].Smoothed) / Math.Log(points[i + reach].Rate / points[i - reach].Rate);
            if (slope >= steepest)
                continue;
            steepest = slope;
            rate = points[i].Rate;
        }
        return rate;
    }
}
