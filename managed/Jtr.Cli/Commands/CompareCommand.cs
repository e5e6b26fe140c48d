using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Comparison;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Inspection;
using Jtr.Cli.Output;
using Jtr.Cli.Specialists;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Labels;

namespace Jtr.Cli.Commands;

/// <summary>`jtr compare`: trains several methods on the same data, labels, seeds and budget, and tables what they reach.</summary>
internal sealed class CompareCommand
{
    private const int Points = 8;
    private const int Seeds = 3;
    private const int CostSteps = 5;
    private const int CostTasks = 12;

    private readonly CliConsole _console;
    private readonly SettingsTable _table;
    private readonly CompareOptions _options;

    private CompareCommand(CliConsole console, SettingsTable table) => (_console, _table, _options) = (console, table, new(table));

    /// <summary>Makes the command.</summary>
    /// <param name="console">Where it writes.</param>
    /// <param name="table">The settings that there are, or null for those of the native library that is loaded.</param>
    public static Command Make(CliConsole console, SettingsTable? table = null)
    {
        CompareCommand compare = new(console, table ?? SettingsTable.Current);
        Command command = new("compare", "Train several methods on the same data, labels, seeds and budget, and table what they reach.");
        compare.Help().Apply(command, console);
        command.SetAction(compare.RunAsync);
        return command;
    }

    private HelpPage Help() =>
        new()
        {
            Usage = "jtr compare [options]",
            Text =
            [
                "Answers whether a method pays on your data: every method is trained with the same network, data, visible "
                    + "labels, seeds, steps, "
                    + "batch and rate, and scored on the test data after the last step. "
                    + "Options that are not given are those of 'jtr train', the same for every method; nothing is searched for unless "
                    + "--tune says how much.",
                "Writes into the folder --output: comparison.md (the tables), scores.csv, comparison.json (every run), scores.png (each "
                    + "task's headline metric over the epochs), delta.png "
                    + "(Delta % against supervised), pictures.png (one row a method, the same test images), report.html (all of that as a "
                    + "page), and METHOD/seed-N/ with checkpoint and scores of each run. "
                    + "Delta % is the mean over tasks of the headline metric's relative improvement over supervised training with the "
                    + "same seed.",
                "Ctrl-C, or the loss of the machine, loses little: the same command again keeps finished runs, and goes on with the "
                    + "interrupted one from its last checkpoint, to the same scores.",
            ],
            Groups =
            [
                new(
                    "Comparison",
                    [
                        _options.Methods,
                        _options.Scenarios,
                        _options.Fractions,
                        _options.FractionTasks,
                        _options.Seeds,
                        _options.Output,
                        _options.Jobs,
                        _options.EvalEvery,
                        _options.SaveEvery,
                        _options.Quick,
                        _options.NoCheck,
                    ]
                ),
                new("Choices before the runs, on training data alone", [_options.Tune, _options.TuneSteps, _options.TunePart]),
                .. _table.Groups(except: ["training.method", "training.seed", "jointTask.mode", "run", "machine"]),
                new("Cost against the number of tasks", [_options.Cost, _options.CostSteps, _options.MaxTasks]),
                SettingsTable.Group("machine"),
            ],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new(
                    "All methods on built-in scenes, each with a label for one of three tasks (hours):",
                    "jtr compare --data scenes --scenario onelabel --methods all --seeds 3"
                ),
                new("A first look in minutes:", "jtr compare --quick"),
                new("In three label scenarios:", "jtr compare --scenarios onelabel,randomlabels,halflabels --output scenes-compare"),
                new(
                    "On photographs:",
                    "jtr compare --data photos --scenario onelabel --size 96x128 --width 16 --epochs 60 --seeds 3 --output photos-compare"
                ),
                new("What a step costs with 2 to 12 tasks:", "jtr compare --cost --methods jtr,mtpsl --scenario halflabels --output cost"),
            ],
        };

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        RunConfiguration said = RunConfigurationReader.Read(parsed);
        MachineOptions.Prepare(said.Machine, _console);
        string folder = parsed.GetValue(_options.Output) ?? "jtr-compare";
        bool quick = parsed.GetValue(_options.Quick),
            cost = parsed.GetValue(_options.Cost);
        string[] names = parsed.GetResult(_options.Methods) is null
            ? [cost ? "mtpsl" : ComparedMethod.AllOfThem, "jtr"]
            : parsed.GetValue(_options.Methods)!;
        IReadOnlyList<ComparedMethod> methods = ComparedMethod.Parse(names);
        TrainSettings settings = TrainOptions.Settings(said, saved: null, CompareOptions.Defaults(quick, cost, folder));
        settings.CheckBalance();
        CompareScreen screen = new(_console);
        // The student of specialists costs what supervised training does.
        if (cost)
            return new CompareCost(_console, screen).Measure(
                said,
                settings,
                [.. methods.Where(m => !m.HasSpecialists)],
                folder,
                (int?)parsed.GetValue(_options.CostSteps) ?? CostSteps,
                (int?)parsed.GetValue(_options.MaxTasks) ?? CostTasks,
                cancellationToken
            );

        OpenData data = DataSource.Open(settings.Data);
        if (data.Test is null)
            throw new UsageException("there is nothing to score on: give --test, or a folder with train/ and test/.");
        settings = settings.Completed(data.Train.Count);
        List<(string Name, TrainSettings Settings)> variants = _options.Variants(parsed, said, settings, data.Train.Tasks);
        bool all = names.Contains(ComparedMethod.AllOfThem);
        methods = Defined(methods, data.Train.Tasks.Count, explicitly: !all);
        if (!SpecialistStages.Fit(data.Train) && methods.Any(m => m.HasSpecialists))
        {
            if (!all)
                throw new UsageException(
                    $"--methods: {SpecialistStages.Name} is for folders of photographs, where labels can lie beside them."
                );
            methods = [.. methods.Where(m => !m.HasSpecialists)];
        }
        // Where the others see all labels too, or in the end, the line would say nothing.
        if (all && (parsed.GetResult(_options.Fractions) is not null || variants.All(v => SeesAllLabels(v.Settings))))
            methods = [.. methods.Where(m => m.Name != ComparedMethod.Ceiling)];
        int seeds = (int?)parsed.GetValue(_options.Seeds) ?? Seeds;
        // Once, and not again by each of several processes. What training sees of them is another part for each seed.
        DataCheckReport? checks =
            parsed.GetValue(_options.NoCheck) || ParallelRuns.Only is not null
                ? null
                : LabelLook.At(settings, data, VisibleLabels.Of(variants[0].Settings, data.Train), cancellationToken);
        long total = settings.TotalSteps(data.Train.Count);
        TuningPlan? tuning = _options.TuningOf(parsed);
        ScenarioComparison[] comparisons =
        [
            .. variants.Select(variant => new ScenarioComparison(
                new ComparisonPlan
                {
                    Settings = variant.Settings.With(run =>
                    {
                        // Each run has its own, and a second start may compute elsewhere.
                        run.Machine = new MachineSection();
                        (run.Training.Seed, run.Training.Method, run.JointTask.Mode) = (0, ComparedMethod.Baseline, null);
                    }),
                    EvalEvery = parsed.GetValue(_options.EvalEvery) ?? (total - 1) / Points + 1,
                    Tuning = tuning,
                },
                methods,
                seeds,
                variants.Count == 1 ? folder : Path.Combine(folder, variant.Name.Replace('/', '-'))
            )
            {
                Name = variant.Name,
            }),
        ];
        long saveEvery = parsed.GetValue(_options.SaveEvery) ?? CompareOptions.DefaultSaveEvery;
        CompareRuns runs = new(_console, parsed, said, data, saveEvery, (int)(parsed.GetValue(_options.Jobs) ?? 1));
        if (ParallelRuns.Only is { } only)
            return await runs.RunOneAsync(only, comparisons, cancellationToken).ConfigureAwait(false);
        RunFolder place = new(folder);
        using IDisposable held = place.Hold();
        _console.LogTo(new RunLog(place.Log, isContinued: true));
        screen.Introduce(settings, data, comparisons, checks, seeds, total, folder);
        try
        {
            _console.StopWords = "Stopping after this step, then saving; Ctrl-C again ends now, without saving.";
            await TrainingView.ShowAsync(_console, view => runs.TrainAsync(view, comparisons, cancellationToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _console.Line();
            _console.Line("Stopped and saved. The same command again goes on.");
            return ExitCode.Canceled;
        }
        foreach (ScenarioComparison comparison in comparisons)
            screen.Conclude(comparison, data, cancellationToken);
        if (comparisons.Length > 1)
            screen.ConcludeAll(comparisons, folder, ofFractions: parsed.GetResult(_options.Fractions) is not null);
        return ExitCode.Success;
    }

    private static bool SeesAllLabels(TrainSettings settings) =>
        settings is { LabelsFile: null, Scenario: LabelScenario.AsFound or LabelScenario.Full, Configuration.Data.LimitLabels: null };

    /// <summary>The methods that are defined on so many tasks.</summary>
    private IReadOnlyList<ComparedMethod> Defined(IReadOnlyList<ComparedMethod> methods, int tasks, bool explicitly)
    {
        ComparedMethod[] undefined = [.. methods.Where(m => !m.IsDefinedOn(tasks))];
        if (undefined.Length == 0)
            return methods;
        string text = $"{string.Join(", ", undefined.Select(m => m.Name))}: defined on 2 tasks or more, and the data have {tasks}";
        if (explicitly)
            throw new UsageException($"--methods: {text}.");
        _console.Line($"note: left out are {text}");
        return [.. methods.Except(undefined)];
    }
}
