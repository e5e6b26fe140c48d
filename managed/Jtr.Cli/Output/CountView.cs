using Spectre.Console;

namespace Jtr.Cli.Output;

/// <summary>Shows how far work on a number of samples is: a bar on a terminal, elsewhere a line each tenth of long work.</summary>
internal static class CountView
{
    // Less is done before anybody wonders.
    private const int Long = 500;

    /// <summary>Does the work.</summary>
    /// <param name="console">Where to show it.</param>
    /// <param name="what">What is done, such as "reading".</param>
    /// <param name="total">Samples in all.</param>
    /// <param name="work">Does it, and tells how many samples are done.</param>
    public static T Show<T>(CliConsole console, string what, int total, Func<Action<int>, T> work)
    {
        if (console.Terminal is null)
        {
            int tenth = 0;
            return work(done =>
            {
                if (total < Long || (int)(10L * done / total) <= tenth)
                    return;
                tenth = (int)(10L * done / total);
                console.Line($"{what}: {done}/{total}");
            });
        }
        return console
            .Terminal.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn { Width = 24 }, new PercentageColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(what, maxValue: total);
                return work(done => task.Value = done);
            });
    }
}
