using System.Globalization;
using Spectre.Console;

namespace Jtr.Cli.Output;

/// <summary>Shows how far work on many things is: a bar with speed and time left on a terminal, else a line every so often.</summary>
internal static class WorkView
{
    private static readonly TimeSpan _lineInterval = TimeSpan.FromSeconds(10);

    /// <summary>Does the work.</summary>
    /// <param name="console">Where to show it.</param>
    /// <param name="what">What is done, such as "predicting".</param>
    /// <param name="unit">What is counted, such as "photographs".</param>
    /// <param name="total">How many there are, or null where that is not known.</param>
    /// <param name="work">Does it, and tells how many are done.</param>
    /// <param name="clock">For tests.</param>
    public static async Task<T> ShowAsync<T>(
        CliConsole console,
        string what,
        string unit,
        int? total,
        Func<Action<int>, Task<T>> work,
        TimeProvider? clock = null
    )
    {
        clock ??= TimeProvider.System;
        long start = clock.GetTimestamp();
        if (console.Terminal is null)
        {
            long last = start;
            return await work(done =>
                {
                    long now = clock.GetTimestamp();
                    if (clock.GetElapsedTime(last, now) < _lineInterval)
                        return;
                    last = now;
                    console.Line($"{what}: {Text(done, total, unit, clock.GetElapsedTime(start, now))}");
                })
                .ConfigureAwait(false);
        }
        return await console
            .Terminal.Progress()
            .AutoClear(true)
            .Columns(
                new SpinnerColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 24 },
                new PercentageColumn()
            )
            .StartAsync(context =>
            {
                ProgressTask task = context.AddTask(what.EscapeMarkup(), maxValue: total ?? 1);
                task.IsIndeterminate = total is null;
                return work(done =>
                {
                    if (total is not null)
                        task.Value = done;
                    string text = Text(done, total, unit, clock.GetElapsedTime(start));
                    task.Description = $"{what.EscapeMarkup()} [grey]{text.EscapeMarkup()}[/]";
                });
            })
            .ConfigureAwait(false);
    }

    /// <summary>Such as "120/3000 photographs, 9.8 a second, 4 min 54 s left".</summary>
    internal static string Text(int done, int? total, string unit, TimeSpan elapsed)
    {
        string of = total is int all
            ? string.Create(CultureInfo.InvariantCulture, $"{done}/{all} {unit}")
            : string.Create(CultureInfo.InvariantCulture, $"{done} {unit}");
        if (elapsed <= TimeSpan.Zero || done == 0)
            return of;
        double speed = done / elapsed.TotalSeconds;
        string left = total is int count && count > done ? $", {Durations.Format(TimeSpan.FromSeconds((count - done) / speed))} left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{of}, {speed:0.0} a second{left}");
    }
}
