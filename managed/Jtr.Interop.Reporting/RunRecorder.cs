using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Reporting;

/// <summary>
/// Writes down what happens in a run, into its folder: losses to progress.csv, losses, scores and pictures to an event file of TensorBoard,
/// the machine to environment.json. Give it to <see cref="Trainer.FitAsync"/> as its progress; <see cref="RunReport"/> makes a page of it.
/// </summary>
public sealed class RunRecorder : IProgress<TrainingProgress>, IDisposable
{
    /// <summary>File name of the losses.</summary>
    public const string ProgressName = "progress.csv";

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly RunRecorderOptions _options;
    private readonly string[] _tasks;
    private readonly string _path;
    private StreamWriter _progress;
    private IReadOnlyList<string> _terms;
    private readonly TensorBoardWriter? _board;
    private readonly List<(TrainingProgress Report, long Steps)> _reports = [];
    private long _step;
    private long _written;
    private bool _any;

    /// <summary>Begins, or goes on with, the records of a run.</summary>
    /// <param name="folder">Its folder, made if need be.</param>
    /// <param name="tasks">The tasks of the trainer.</param>
    /// <param name="step">Steps done already: 0 begins anew; else what was recorded up to that step stays, and what came after it, and was
    /// not saved, goes.</param>
    /// <param name="options">How, or null.</param>
    /// <param name="clock">The time; null: the machine's.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="IOException">The files cannot be written.</exception>
    /// <exception cref="JtrFormatException">The losses that are there are of another run.</exception>
    public RunRecorder(string folder, TaskSet tasks, long step = 0, RunRecorderOptions? options = null, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        _options = options ?? new RunRecorderOptions();
        _options.Validate();
        _clock = clock ?? TimeProvider.System;
        _step = step;
        _tasks = [.. tasks.Select(t => t.Name)];
        Directory.CreateDirectory(folder);
        RunEnvironment.Write(folder);
        _path = Path.Combine(folder, ProgressName);
        ProgressTable table = Before(step);
        _terms = table.Terms;
        _progress = OpenProgress(table);
        _board = _options.TensorBoard ? new TensorBoardWriter(folder, _clock) : null;
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            _reports.Add((value, Math.Max(1, value.Step - _step)));
            _step = value.Step;
            long now = _clock.GetTimestamp();
            if (!_any || value.Step == value.TotalSteps || _clock.GetElapsedTime(_written, now) >= _options.Interval)
            {
                _any = true;
                _written = now;
                Write();
            }
        }
    }

    /// <summary>A receiver that records a report and hands it on.</summary>
    /// <param name="next">Told every report too.</param>
    public IProgress<TrainingProgress> Then(IProgress<TrainingProgress> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new Pair(this, next);
    }

    /// <summary>Records scores.</summary>
    /// <param name="result">The scores.</param>
    /// <param name="step">Training step.</param>
    public void AddScores(EvaluationResult result, long step)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (_board is null)
            return;
        foreach (TaskResult task in result.Tasks)
        {
            foreach (MetricValue metric in task.Metrics)
                _board.AddScalar($"score/{task.Name}/{metric.Name}", metric.Value, step);
        }
        _board.Flush();
    }

    /// <summary>Records a picture, such as of predictions.</summary>
    /// <param name="tag">What it shows.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="step">Training step.</param>
    public void AddPicture(string tag, RgbImage picture, long step)
    {
        _board?.AddImage(tag, picture, step);
        _board?.Flush();
    }

    /// <summary>Records the distributions of a trainer's weights, tensor by tensor.</summary>
    /// <param name="trainer">The trainer; not used by another call meanwhile.</param>
    /// <exception cref="InvalidOperationException">Another call is using the trainer.</exception>
    public void AddWeights(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        if (_board is null)
            return;
        foreach (TensorInfo info in trainer.State.Where(i => i.Name.EndsWith(".weight", StringComparison.Ordinal)))
            _board.AddHistogram($"weights/{info.Name}", trainer.State.Read(info.Name), trainer.StepCount);
        _board.Flush();
    }

    /// <summary>Writes what is left and closes the files.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_reports.Count > 0)
                Write();
            _progress.Dispose();
            _board?.Dispose();
        }
    }

    private sealed class Pair(RunRecorder recorder, IProgress<TrainingProgress> next) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            recorder.Report(value);
            next.Report(value);
        }
    }

    private void Write()
    {
        ProgressRow row = ProgressRow.Mean(_reports);
        string[] terms = [.. _reports[^1].Report.Terms.Select(t => t.Name)];
        _reports.Clear();
        if (!terms.SequenceEqual(_terms))
        {
            // The first report says what there is.
            _progress.Dispose();
            _progress = OpenProgress(ProgressTable.Read(_path).With(terms));
            _terms = terms;
        }
        _progress.WriteLine(ProgressTable.Line(row));
        _progress.Flush();
        if (_board is null)
            return;
        _board.AddScalar("loss/total", row.Loss, row.Step);
        _board.AddScalar("loss/supervised", row.Supervised, row.Step);
        for (int i = 0; i < terms.Length; i++)
            _board.AddScalar($"term/{terms[i]}", row.Terms[i], row.Step);
        for (int t = 0; t < _tasks.Length; t++)
        {
            if (!double.IsNaN(row.TaskLosses[t]))
                _board.AddScalar($"task/{_tasks[t]}", row.TaskLosses[t], row.Step);
        }
        _board.AddScalar("run/learning_rate", row.LearningRate, row.Step);
        if (row.StepsPerSecond > 0)
            _board.AddScalar("run/steps_per_second", row.StepsPerSecond, row.Step);
        _board.Flush();
    }

    /// <summary>What was recorded up to a step.</summary>
    private ProgressTable Before(long step)
    {
        if (step == 0 || !File.Exists(_path))
            return new ProgressTable([], _tasks, []);
        ProgressTable before = ProgressTable.Read(_path);
        if (!before.Tasks.SequenceEqual(_tasks))
            throw new JtrFormatException(
                _path,
                $"holds the losses of the tasks {string.Join(", ", before.Tasks)}; the run has {string.Join(", ", _tasks)}"
            );
        return before with { Rows = [.. before.Rows.Where(r => r.Step <= step)] };
    }

    private StreamWriter OpenProgress(ProgressTable table)
    {
        IEnumerable<string> lines = table.Rows.Select(ProgressTable.Line).Prepend(ProgressTable.Heading(table.Terms, table.Tasks));
        AtomicFile.Write(_path, System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
        return new StreamWriter(new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read)) { NewLine = "\n" };
    }
}

/// <summary>What a <see cref="RunRecorder"/> writes.</summary>
public sealed record RunRecorderOptions
{
    /// <summary>Whether to write an event file of TensorBoard.</summary>
    public bool TensorBoard { get; init; } = true;

    /// <summary>Time between two lines of losses, which are means over the steps between; 0 or more.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        if (Interval < TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(Interval), Interval, $"{nameof(Interval)} must be 0 or more.");
    }
}
