using System.Globalization;
using Jtr.Cli.Commands;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Comparison;

/// <summary>Methods x seeds under one label scenario: a folder with a plan, a folder for each run, tables and plots.</summary>
internal sealed class ScenarioComparison
{
    private const int Pictures = 4;

    private readonly ComparisonPlan _plan;
    private readonly string _folder;

    /// <summary>A comparison in a folder, which is begun or, where it holds the same one, gone on with.</summary>
    /// <param name="plan">What all runs share.</param>
    /// <param name="methods">The lines of the table.</param>
    /// <param name="seeds">How many runs of each.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="UsageException">The folder holds a comparison with other settings.</exception>
    public ScenarioComparison(ComparisonPlan plan, IReadOnlyList<ComparedMethod> methods, int seeds, string folder)
    {
        plan.Settle(folder);
        _plan = plan;
        _folder = folder;
        // Seed by seed, so that a comparison that is stopped early has every method.
        Runs =
        [
            .. Enumerable
                .Range(1, seeds)
                .SelectMany(seed =>
                    methods.Select(m => new ComparisonRun(
                        m,
                        (ulong)seed,
                        plan,
                        folder,
                        plan.Tuning is null ? null : () => ChoiceOf(m)!.Factors
                    ))
                ),
        ];
        Trials =
        [
            .. Enumerable
                .Range(0, plan.Tuning?.Trials ?? 0)
                .SelectMany(trial => methods.Select(m => new ComparisonRun(m, 0, plan, folder, () => TuningFactors.Of(trial), trial))),
        ];
        Methods = methods;
    }

    /// <summary>Trainings before the runs, by which settings are chosen, trial by trial.</summary>
    public IReadOnlyList<ComparisonRun> Trials { get; }

    /// <summary>What was chosen, of the methods whose trials are finished.</summary>
    public IEnumerable<TuningChoice> Chosen() => Methods.Select(ChoiceOf).OfType<TuningChoice>();

    /// <summary>How choices are made, in words.</summary>
    public string TuningInWords =>
        _plan.Tuning is { } tuning
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the rate, and the strength of what a method adds, by {tuning.Trials} trials of each method, "
            )
                + (tuning.Steps is { } steps ? string.Create(CultureInfo.InvariantCulture, $"{steps} steps each, ") : "as long as a run, ")
                + string.Create(CultureInfo.InvariantCulture, $"scored on {100 * tuning.Part:G3} % of the labelled training samples")
            : "none: every method has the same settings";

    /// <summary>What was chosen: a heading, then a line for each method.</summary>
    public IReadOnlyList<string[]> TuningCells() =>
        [
            ["method", "rate x", "strength x", "Delta % of the choice", "trials"],
            .. Chosen()
                .Select(c =>
                    (string[])
                        [
                            c.Method.Name,
                            c.Factors.Rate.ToString("G3", CultureInfo.InvariantCulture),
                            c.HasStrength ? c.Factors.Strength.ToString("G3", CultureInfo.InvariantCulture) : "-",
                            MetricFormat.Delta(c.Percent),
                            c.Trials.ToString(CultureInfo.InvariantCulture),
                        ]
                ),
        ];

    private TuningChoice? ChoiceOf(ComparedMethod method)
    {
        ComparisonRun[] own = [.. Trials.Where(t => t.Method == method)];
        return own.Length > 0 && own.All(t => t.IsFinished)
            ? TuningChoice.Of(method, [.. own.Select(t => t.Result)], TuningFactors.HasStrength(method.Apply(_plan.Settings, 0)))
            : null;
    }

    /// <summary>The lines of the table.</summary>
    public IReadOnlyList<ComparedMethod> Methods { get; }

    /// <summary>Every run, seed by seed.</summary>
    public IReadOnlyList<ComparisonRun> Runs { get; }

    /// <summary>What sets it apart from others of one command: its scenario, or its part of the labels.</summary>
    public required string Name { get; init; }

    /// <summary>Which labels training sees.</summary>
    public LabelScenario Scenario => _plan.Settings.Scenario;

    /// <summary>The file of the tables.</summary>
    public string TablesPath => File("comparison.md");

    /// <summary>The file of the pictures.</summary>
    public string PicturesPath => File("pictures.png");

    /// <summary>The table of the runs that are finished.</summary>
    public ComparisonTable Table() =>
        new([
            .. Methods.Select(m => new MethodRuns(
                m.Name,
                [.. Runs.Where(r => r.Method == m && r.IsFinished).Select(r => (r.Seed, r.Result, r.Record))]
            )),
        ]);

    /// <summary>Writes comparison.md, scores.csv and comparison.json of the runs that are finished.</summary>
    public void WriteTables()
    {
        ComparisonTable table = Table();
        IReadOnlyList<string[]> choices = TuningCells();
        string tuning = choices.Count > 1 ? $"\nChosen: {TuningInWords}.\n\n{ComparisonTable.Markdown(choices)}" : "";
        WholeFile.Write(TablesPath, table.ToMarkdown() + tuning);
        WholeFile.Write(File("scores.csv"), table.ToCsv());
        WholeFile.Write(File("comparison.json"), ComparisonDocument.Write(_plan, table));
    }

    /// <summary>Draws scores.png, delta.png and, of the first seed's networks, pictures.png.</summary>
    public void WriteFigures(OpenData data, CancellationToken cancellationToken)
    {
        ComparisonTable table = Table();
        ComparisonPlots.Scores(table, _plan.Settings.StepsPerEpoch(data.Train.Count), File("scores.png"));
        ComparisonPlots.Delta(table, File("delta.png"));
        List<(string Name, Trainer Trainer)> networks = [];
        try
        {
            foreach (ComparisonRun run in Runs.Where(r => r.Seed == 1))
                networks.Add((run.Method.Name, Trainer.Load(run.Checkpoint)));
            PredictionSheet
                .Draw(data.Test!, PredictionSheet.Spread(data.Test!.Count, Pictures), networks, cancellationToken)
                .SavePng(PicturesPath);
        }
        finally
        {
            foreach ((_, Trainer trainer) in networks)
                trainer.Dispose();
        }
    }

    private string File(string name) => Path.Combine(_folder, name);
}
