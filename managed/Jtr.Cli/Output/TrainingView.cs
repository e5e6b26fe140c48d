using System.Globalization;
using Jtr.Interop.Training;
using Spectre.Console;

namespace Jtr.Cli.Output;

/// <summary>Shows how far a training is: a bar on a terminal, else a line every so often.</summary>
internal static class TrainingView
{
    /// <summary>Time between two lines where there is no terminal.</summary>
    public static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    // Columns that a bar with all losses takes; a narrower one would break into lines.
    private const int WideEnough = 130;

    /// <summary>Runs a training with its progress on the console.</summary>
    /// <param name="console">The console.</param>
    /// <param name="name">What is trained, in a word or two.</param>
    /// <param name="train">Starts it.</param>
    /// <param name="clock">For tests.</param>
    public static async Task<T> ShowAsync<T>(
        CliConsole console,
        string name,
        Func<IProgress<TrainingProgress>, Task<T>> train,
        TimeProvider? clock = null
    )
    {
        if (console.Terminal is null)
            return await train(new Lines(console, name, clock ?? TimeProvider.System)).ConfigureAwait(false);
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
                train(
                    new Bar(context.AddTask(name.EscapeMarkup()), name, isWide: console.Width >= WideEnough, clock ?? TimeProvider.System)
                )
            )
            .ConfigureAwait(false);
    }

    /// <summary>The losses in words: the JTR terms only where the method has them.</summary>
    internal static string Losses(TrainingProgress progress)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"loss {progress.Loss:F4}");
        return progress.Dist == 0 && progress.Recon == 0
            ? text
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{text} (supervised {progress.Supervised:F4}, dist {progress.Dist:F4}, recon {progress.Recon:F4})"
            );
    }

    private static string TimeLeft(TrainingProgress progress) =>
        progress.Remaining is TimeSpan left ? $", {Durations.Format(left)} left" : "";

    /// <summary>A bar, its losses renewed every second. The fit reports from a thread of its own; a bar may be set from any.</summary>
    private sealed class Bar(ProgressTask task, string name, bool isWide, TimeProvider clock) : IProgress<TrainingProgress>
    {
        private static readonly TimeSpan LossInterval = TimeSpan.FromSeconds(1);

        private readonly LossWindow _window = new();
        private long? _last;
        private string _losses = "";

        public void Report(TrainingProgress value)
        {
            _window.Add(value);
            long now = clock.GetTimestamp();
            if (_last is null || clock.GetElapsedTime(_last.Value, now) >= LossInterval)
            {
                _last = now;
                TrainingProgress mean = _window.Take(value);
                _losses = isWide ? Losses(mean) : string.Create(CultureInfo.InvariantCulture, $"loss {mean.Loss:F4}");
            }
            task.MaxValue = value.TotalSteps;
            task.Value = value.Step;
            task.Description =
                $"{name.EscapeMarkup()} [grey]step {value.Step}/{value.TotalSteps}{TimeLeft(value)}[/]  {_losses.EscapeMarkup()}";
        }
    }

    /// <summary>
    /// Plain lines: the first report, the last, and one every <see cref="LineInterval"/> between, with the mean losses since the one
    /// before.
    /// </summary>
    private sealed class Lines(CliConsole console, string name, TimeProvider clock) : IProgress<TrainingProgress>
    {
        private readonly LossWindow _window = new();
        private long? _last;

        public void Report(TrainingProgress value)
        {
            _window.Add(value);
            long now = clock.GetTimestamp();
            bool due = _last is null || value.Step == value.TotalSteps || clock.GetElapsedTime(_last.Value, now) >= LineInterval;
            if (!due)
                return;
            _last = now;
            string speed =
                value.StepsPerSecond > 0 ? string.Create(CultureInfo.InvariantCulture, $", {value.StepsPerSecond:F1} steps/s") : "";
            console.Line($"{name}: step {value.Step}/{value.TotalSteps}, {Losses(_window.Take(value))}{speed}{TimeLeft(value)}");
        }
    }
}
