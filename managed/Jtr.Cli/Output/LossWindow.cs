using Jtr.Interop.Training;

namespace Jtr.Cli.Output;

/// <summary>Losses averaged over the steps of some reports, so that what is shown does not flicker.</summary>
internal sealed class LossWindow
{
    private long _lastStep = -1;
    private long _steps;
    private double _loss;
    private double _supervised;
    private double _dist;
    private double _recon;

    /// <summary>Adds a report, which counts with the number of its steps.</summary>
    public void Add(TrainingProgress progress)
    {
        // The first report of a run that goes on from a checkpoint is about one step.
        long steps = _lastStep < 0 ? 1 : Math.Max(1, progress.Step - _lastStep);
        _lastStep = progress.Step;
        _steps += steps;
        _loss += steps * progress.Loss;
        _supervised += steps * progress.Supervised;
        _dist += steps * progress.Dist;
        _recon += steps * progress.Recon;
    }

    /// <summary>Ends the window; needs at least one report.</summary>
    /// <param name="latest">The latest report, which gives everything but the losses.</param>
    public TrainingProgress Take(TrainingProgress latest)
    {
        TrainingProgress mean = latest with
        {
            Loss = _loss / _steps,
            Supervised = _supervised / _steps,
            Dist = _dist / _steps,
            Recon = _recon / _steps,
        };
        _loss = _supervised = _dist = _recon = 0;
        _steps = 0;
        return mean;
    }
}
