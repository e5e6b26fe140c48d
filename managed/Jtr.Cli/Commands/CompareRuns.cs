using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Comparison;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Cli.Parallel;

namespace Jtr.Cli.Commands;

/// <summary>Does the runs of comparisons: one after the other, or a few at once.</summary>
/// <param name="console">Where it is told.</param>
/// <param name="parsed">The command line.</param>
/// <param name="said">What it says of settings.</param>
/// <param name="data">The data.</param>
/// <param name="saveEvery">Steps between two checkpoints.</param>
/// <param name="jobs">Runs at once.</param>
internal sealed class CompareRuns(CliConsole console, ParseResult parsed, RunConfiguration said, OpenData data, long saveEvery, int jobs)
{
    /// <summary>Does the runs that are not finished, and writes the tables anew after each.</summary>
    public async Task<bool> TrainAsync(TrainingView view, ScenarioComparison[] comparisons, CancellationToken cancellationToken)
    {
        (ScenarioComparison Comparison, ComparisonRun Run)[] trials = [.. comparisons.SelectMany(c => c.Trials.Select(r => (c, r)))],
            runs = [.. comparisons.SelectMany(c => c.Runs.Select(r => (c, r))).OrderBy(r => r.r.Seed)];
        view.BeginRuns(trials.Length + runs.Length, trials.Concat(runs).Count(r => r.Run.IsFinished));
        // What is chosen by the former, the latter train with.
        foreach ((ScenarioComparison Comparison, ComparisonRun Run)[] all in ((ScenarioComparison, ComparisonRun)[][])[trials, runs])
        {
            if (jobs > 1)
                await TogetherAsync(view, [.. all.Where(r => !r.Run.IsFinished)], cancellationToken).ConfigureAwait(false);
            else
                await InTurnAsync(view, all, comparisons.Length > 1, cancellationToken).ConfigureAwait(false);
            foreach (ScenarioComparison comparison in all == trials ? comparisons : [])
            {
                foreach (string line in comparison.Chosen().Select(c => c.InWords))
                    console.Line(line);
            }
        }
        return true;
    }

    /// <summary>Does one of the runs, for a process that has started this one.</summary>
    public async Task<int> RunOneAsync(string name, ScenarioComparison[] comparisons, CancellationToken cancellationToken)
    {
        ComparisonRun run =
            comparisons.SelectMany(c => c.Trials.Concat(c.Runs).Where(r => NameOf(c, r) == name)).FirstOrDefault()
            ?? throw new UsageException($"there is no run '{name}'.");
        using CancellationTokenSource stop = SelfProcess.UntilInputEnds(cancellationToken);
        try
        {
            return await TrainingView
                .ShowAsync(
                    console,
                    async view =>
                    {
                        await RunAsync(run, view, stop.Token).ConfigureAwait(false);
                        return ExitCode.Success;
                    }
                )
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Canceled;
        }
    }

    private async Task InTurnAsync(
        TrainingView view,
        (ScenarioComparison Comparison, ComparisonRun Run)[] runs,
        bool hasSeveral,
        CancellationToken cancellationToken
    )
    {
        for (int i = 0; i < runs.Length; i++)
        {
            (ScenarioComparison comparison, ComparisonRun run) = runs[i];
            if (run.IsFinished)
                continue;
            string scenario = hasSeveral ? $"{comparison.Name}, " : "";
            console.Title($"{scenario}{run.Label} (run {i + 1} of {runs.Length})");
            await RunAsync(run, view, cancellationToken).ConfigureAwait(false);
            view.EndRun();
            comparison.WriteTables();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Does runs a few at once, each in a process of its own.</summary>
    private async Task TogetherAsync(
        TrainingView view,
        (ScenarioComparison Comparison, ComparisonRun Run)[] runs,
        CancellationToken cancellationToken
    )
    {
        if (runs.Length == 0)
            return;
        int threads = ParallelRuns.Share(said.Machine.Threads, jobs);
        console.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{runs.Length} runs, {jobs} at once with {threads} threads each; what each says is in process.txt in its folder, such as "
            ) + runs[0].Run.Folder
        );
        await new ParallelRuns([.. parsed.Tokens.Select(t => t.Value)], jobs)
            .RunAsync(
                [.. runs.Select(r => (NameOf(r.Comparison, r.Run), r.Run.Folder))],
                threads,
                said.Machine.Workers ?? (threads < Environment.ProcessorCount ? threads : null),
                i =>
                {
                    (ScenarioComparison comparison, ComparisonRun run) = runs[i];
                    console.Line($"{run.Label}: {run.Result}");
                    view.EndRun();
                    comparison.WriteTables();
                },
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private Task RunAsync(ComparisonRun run, TrainingView view, CancellationToken cancellationToken) =>
        run.RunAsync(console, view, data, MachineOptions.Device(said), said.Machine.Workers, saveEvery, cancellationToken);

    private static string NameOf(ScenarioComparison comparison, ComparisonRun run) => $"{comparison.Name}:{run.Label}";
}
