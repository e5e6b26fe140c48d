using Jtr.Interop.Training;

namespace Jtr.Cli.Output;

/// <summary>Losses averaged over the steps of some reports, so that what is shown does not flicker.</summary>
internal sealed class LossWindow
{
    private long _lastStep = -1;
    private long _steps;
    private double _loss;
    private double _supervised;
    private double[] _terms = [];

    /// <summary>Adds a report, which counts with the number of its steps.</summary>
    public void Add(TrainingProgress progress)
    {
        // The first report of a run that goes on from a checkpoint is about one step.
        long steps = _lastStep < 0 ? 1 : Math.Max(1, progress.Step - _lastStep);
        _lastStep = progress.Step;
        _steps += steps;
        _loss += steps * progress.Loss;
        _supervised += steps * progress.Supervised;
        if (_terms.Length != progress.Terms.Count)
            _terms = new double[progress.Terms.Count];
        for (int i = 0; i < _terms.Length; i++)
            _terms[i] += steps * progress.Terms[i].Value;
    }

    /// <summary>Ends the window; needs at least one report.</summary>
    /// <param name="latest">The latest report, which gives everything but the losses.</param>
    public TrainingProgress Take(TrainingProgress latest)
    {
        TrainingProgress mean = latest with
        {
            Loss = _loss / _steps,
            Supervised = _supervised / _steps,
            Terms = [.. latest.Terms.Select((t, i) => t with { Value = _terms[i] / _steps })],
        };
        _loss = _supervised = 0;
        Array.Clear(_terms);
        _steps = 0;
        return mean;
    }
}
