using System.Globalization;
using Jtr.Interop.Training;
using Spectre.Console;

namespace Jtr.Cli.Output;

/// <summary>A run whose progress is shown.</summary>
/// <param name="Name">What is trained, in a word or two.</param>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="StepsPerEpoch">Steps of a pass over the data.</param>
internal sealed record RunPlan(string Name, long Steps, long StepsPerEpoch);

/// <summary>
/// Shows how far training is: on a terminal one bar over all steps of a run, scores in between included, and where there are several runs
/// another one over all of them; elsewhere, and in the log of a run, a line a minute.
/// </summary>
internal sealed class TrainingView
{
    /// <summary>Time between two lines where there is no terminal.</summary>
    public static readonly TimeSpan LineInterval = TimeSpan.FromMinutes(1);

    // Columns that a bar with all losses takes; a narrower one would break into lines.
    private const int WideEnough = 130;

    private readonly CliConsole _console;
    private readonly TimeProvider _clock;
    private readonly ProgressContext? _context;
    private readonly long _start;
    private ProgressTask? _bar;
    private ProgressTask? _all;
    private int _runs;
    private int _runsDone;
    private int _runsBefore;
    private string? _stopping;

    private TrainingView(CliConsole console, TimeProvider clock, ProgressContext? context)
    {
        _console = console;
        _clock = clock;
        _context = context;
        _start = clock.GetTimestamp();
    }

    /// <summary>Does work that trains, with its progress on the console.</summary>
    /// <param name="console">The console.</param>
    /// <param name="train">The work.</param>
    /// <param name="clock">For tests.</param>
    public static async Task<T> ShowAsync<T>(CliConsole console, Func<TrainingView, Task<T>> train, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        if (console.Terminal is null)
            return await train(new TrainingView(console, clock, null)).ConfigureAwait(false);
        try
        {
            return await console
                .Terminal.Progress()
                .AutoClear(false)
                .HideCompleted(false)
                .Columns(
                    new SpinnerColumn(),
                    new TaskDescriptionColumn { Alignment = Justify.Left },
                    new ProgressBarColumn { Width = 24 },
                    new PercentageColumn()
                )
                .StartAsync(context =>
                {
                    TrainingView view = new(console, clock, context);
                    // In place of what the bar says, at once: the step that is under way may take a while yet.
                    console.OnStop = view.SayStopping;
                    return train(view);
                })
                .ConfigureAwait(false);
        }
        finally
        {
            console.OnStop = null;
        }
    }

    /// <summary>Says that there are several runs.</summary>
    /// <param name="runs">How many.</param>
    /// <param name="done">Those that are finished already.</param>
    public void BeginRuns(int runs, int done)
    {
        (_runs, _runsDone, _runsBefore) = (runs, done, done);
        _all = _context?.AddTask("runs", maxValue: runs);
        ShowRuns(0);
    }

    /// <summary>Says that one of several runs is finished.</summary>
    public void EndRun()
    {
        _runsDone++;
        ShowRuns(0);
        _console.Progress($"runs: {_runsDone} of {_runs} done{LeftOfRuns(0)}");
    }

    /// <summary>Begins a run, or goes on with one.</summary>
    public Run Begin(RunPlan plan)
    {
        if (_context is not null)
        {
            _bar ??= _context.AddTask(plan.Name.EscapeMarkup());
            // Of several runs, one after the other has the bar.
            (_bar.Value, _bar.MaxValue, _bar.Description) = (0, plan.Steps, plan.Name.EscapeMarkup());
        }
        return new Run(this, plan);
    }

    /// <summary>The losses in words. Of what the method adds, the terms of single tasks are left to the files.</summary>
    internal static string Losses(TrainingProgress progress)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"loss {progress.Loss:F4}");
        // "jtr.dist", not "teacher.agreement.depth".
        LossTerm[] terms = [.. progress.Terms.Where(t => t.Name.Count(c => c == '.') == 1)];
        if (terms.Length == 0)
            return text;
        bool isOneMethod = terms.Select(t => t.Name[..t.Name.IndexOf('.', StringComparison.Ordinal)]).Distinct().Count() == 1;
        IEnumerable<string> parts = terms.Select(t =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{(isOneMethod ? t.Name[(t.Name.IndexOf('.', StringComparison.Ordinal) + 1)..] : t.Name)} {t.Value:F4}"
            )
        );
        return string.Create(CultureInfo.InvariantCulture, $"{text} (supervised {progress.Supervised:F4}, {string.Join(", ", parts)})");
    }

    private void SayStopping(string words)
    {
        _stopping = words;
        if (_bar is not null)
            _bar.Description = $"[yellow]{words.EscapeMarkup()}[/]";
    }

    private void Describe(string markup)
    {
        if (_bar is not null && _stopping is null)
            _bar.Description = markup;
    }

    private void ShowRuns(double part)
    {
        if (_all is null)
            return;
        _all.Value = _runsDone + part;
        _all.Description = $"run {Math.Min(_runsDone + 1, _runs)} of {_runs}[grey]{LeftOfRuns(part)}[/]";
    }

    /// <summary>The time that all further runs may take, as those of this process did on average.</summary>
    private string LeftOfRuns(double part)
    {
        double done = _runsDone - _runsBefore + part;
        if (done <= 0 || _runsDone == _runs)
            return "";
        TimeSpan elapsed = _clock.GetElapsedTime(_start, _clock.GetTimestamp());
        return $", about {Durations.Format(elapsed * ((_runs - _runsDone - part) / done))} left";
    }

    /// <summary>
    /// The progress of one run. The fit reports from a thread of its own; a bar may be set from any.
    /// </summary>
    internal sealed class Run : IProgress<TrainingProgress>, IProgress<EvaluationProgress>
    {
        private static readonly TimeSpan _lossInterval = TimeSpan.FromSeconds(1);

        private readonly TrainingView _view;
        private readonly RunPlan _plan;
        private readonly LossWindow _line = new();
        private readonly LossWindow _bar = new();
        private readonly bool _isWide;
        private long? _lastLine;
        private long? _lastLosses;
        private string _losses = "";
        private string _where = "";
        private (long Step, long Time)? _first;

        /// <summary>Begins.</summary>
        public Run(TrainingView view, RunPlan plan)
        {
            (_view, _plan) = (view, plan);
            _isWide = view._console.Width >= WideEnough;
        }

        /// <summary>Shows steps. Their total is the run's, whatever that of the fit is.</summary>
        public void Report(TrainingProgress value)
        {
            long now = _view._clock.GetTimestamp();
            _first ??= (value.Step, now);
            _line.Add(value);
            _bar.Add(value);
            string left = Left(value, now) is TimeSpan time ? $", {Durations.Format(time)} left" : "";
            if (_view._bar is { } bar)
            {
                if (_lastLosses is null || _view._clock.GetElapsedTime(_lastLosses.Value, now) >= _lossInterval)
                {
                    _lastLosses = now;
                    TrainingProgress mean = _bar.Take(value);
                    _losses = _isWide ? Losses(mean) : string.Create(CultureInfo.InvariantCulture, $"loss {mean.Loss:F4}");
                }
                bar.Value = value.Step;
                _where = $"{_plan.Name.EscapeMarkup()} [grey]step {value.Step}/{_plan.Steps}, epoch {Epoch(value)}{left}[/]";
                _view.Describe($"{_where}  {_losses.EscapeMarkup()}");
                _view.ShowRuns((double)value.Step / _plan.Steps);
            }
            bool isDue =
                _lastLine is null || value.Step == _plan.Steps || _view._clock.GetElapsedTime(_lastLine.Value, now) >= LineInterval;
            if (!isDue)
                return;
            _lastLine = now;
            string speed =
                value.StepsPerSecond > 0 ? string.Create(CultureInfo.InvariantCulture, $", {value.StepsPerSecond:F1} steps/s") : "";
            _view._console.Progress(
                $"{_plan.Name}: step {value.Step}/{_plan.Steps}, epoch {Epoch(value)}, {Losses(_line.Take(value))}{speed}{left}"
            );
        }

        /// <summary>Shows how many samples are scored, in place of the losses.</summary>
        public void Report(EvaluationProgress value)
        {
            string what = value.Done < value.Total ? $"scoring {value.Done}/{value.Total}" : _losses;
            _view.Describe($"{(_where.Length > 0 ? _where : _plan.Name.EscapeMarkup())}  {what.EscapeMarkup()}");
        }

        private string Epoch(TrainingProgress value) => $"{value.Epoch}/{(_plan.Steps - 1) / _plan.StepsPerEpoch + 1}";

        /// <summary>The time left as the steps before took it, with the scores in between; null while unknown.</summary>
        private TimeSpan? Left(TrainingProgress value, long now)
        {
            if (value.Step == _plan.Steps)
                return null;
            (long step, long time) = _first!.Value;
            TimeSpan elapsed = _view._clock.GetElapsedTime(time, now);
            if (value.Step > step && elapsed > TimeSpan.Zero)
                return elapsed * ((double)(_plan.Steps - value.Step) / (value.Step - step));
            return value.StepsPerSecond > 0 ? TimeSpan.FromSeconds((_plan.Steps - value.Step) / value.StepsPerSecond) : null;
        }
    }
}
