using System.Diagnostics;

namespace Jtr.Interop.Training;

/// <summary>Gathers the losses of a fit's steps and says when to report, at most every 100 ms. Allocates for reports only.</summary>
/// <param name="tasks">Number of tasks, K.</param>
/// <param name="terms">Names of all terms, T.</param>
/// <param name="firstOwn">The first of them that the method adds.</param>
/// <param name="totalSteps">Steps of the fit.</param>
/// <param name="batchesPerEpoch">Steps of a pass over the data.</param>
internal sealed class ProgressMeter(int tasks, IReadOnlyList<string> terms, int firstOwn, long totalSteps, int batchesPerEpoch)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly double[] _taskSums = new double[tasks];
    private readonly int[] _taskCounts = new int[tasks];
    private double _loss,
        _supervised;
    private readonly double[] _terms = new double[terms.Count];
    private int _steps;
    private long _firstStep = -1;
    private long _firstTime;
    private long _reportTime;

    /// <summary>Adds a step; says whether it is time for a report.</summary>
    /// <param name="step">What the step did.</param>
    /// <param name="taskLoss">[K], NaN for tasks without a label.</param>
    /// <param name="termValues">[T].</param>
    public bool Add(in StepResult step, ReadOnlySpan<double> taskLoss, ReadOnlySpan<double> termValues)
    {
        _loss += step.Loss;
        _supervised += step.Supervised;
        for (int i = firstOwn; i < _terms.Length; i++)
            _terms[i] += termValues[i];
        _steps++;
        for (int t = 0; t < taskLoss.Length; t++)
        {
            if (double.IsNaN(taskLoss[t]))
                continue;
            _taskSums[t] += taskLoss[t];
            _taskCounts[t]++;
        }
        // The first step, which warms everything up, says nothing about the speed of the others.
        long now = Stopwatch.GetTimestamp();
        bool first = _firstStep < 0;
        if (first)
            (_firstStep, _firstTime) = (step.Step, now);
        return first || step.Step == totalSteps || Stopwatch.GetElapsedTime(_reportTime, now) >= Interval;
    }

    /// <summary>The means since the last report.</summary>
    public TrainingProgress Report(in StepResult last)
    {
        _reportTime = Stopwatch.GetTimestamp();
        double seconds = Stopwatch.GetElapsedTime(_firstTime, _reportTime).TotalSeconds;
        double speed = last.Step > _firstStep && seconds > 0 ? (last.Step - _firstStep) / seconds : 0;
        double[] taskLosses = new double[_taskSums.Length];
        for (int t = 0; t < taskLosses.Length; t++)
            taskLosses[t] = _taskCounts[t] == 0 ? double.NaN : _taskSums[t] / _taskCounts[t];
        TrainingProgress progress = new()
        {
            Step = last.Step,
            TotalSteps = totalSteps,
            Epoch = (last.Step - 1) / batchesPerEpoch + 1,
            TotalEpochs = (totalSteps - 1) / batchesPerEpoch + 1,
            Loss = _loss / _steps,
            Supervised = _supervised / _steps,
            Terms = [.. terms.Skip(firstOwn).Select((name, i) => new LossTerm(name, _terms[firstOwn + i] / _steps))],
            TaskLosses = taskLosses,
            LearningRate = last.LearningRate,
            GradientNorm = last.GradientNorm,
            StepsPerSecond = speed,
            Remaining =
                last.Step == totalSteps ? TimeSpan.Zero
                : speed > 0 ? TimeSpan.FromSeconds((totalSteps - last.Step) / speed)
                : null,
        };
        _loss = _supervised = 0;
        Array.Clear(_terms);
        _steps = 0;
        Array.Clear(_taskSums);
        Array.Clear(_taskCounts);
        return progress;
    }
}
