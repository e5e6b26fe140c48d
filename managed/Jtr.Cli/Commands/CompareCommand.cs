using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands.Presets;
using Jtr.Cli.Comparison;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Inspection;
using Jtr.Cli.Output;
using Jtr.Cli.Parallel;
using Jtr.Cli.Specialists;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Labels;
using Jtr.Interop.Reporting;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>`jtr compare`: trains several methods on the same data, labels, seeds and budget, and tables what they reach.</summary>
internal sealed class CompareCommand
{
    // Enough for JTR on the scenes, which is behind after a few hundred steps; a quarter of an hour for all methods with --quick.
    private const long Steps = 2400;
    private const long QuickSteps = 150;
    private const int Points = 8;
    private const int Seeds = 3;
    private const long SaveEvery = 200;

    private readonly CliConsole _console;

    private readonly Option<string[]?> _methods;

    private readonly Option<string[]?> _scenarios = OptionKinds.List(
        "--scenarios",
        "LIST",
        "Several label scenarios, separated by commas, instead of one --scenario: each in a folder of its own in --output, and a table of "
            + "Delta % over all."
    );

    private readonly Option<string[]?> _fractions = OptionKinds.List(
        "--label-fractions",
        "LIST",
        "Parts of the labels that training sees, separated by commas, such as 1/16,1/4,1: each in a folder of its own "
            + "in --output, with a table "
            + "and a plot of the scores against the number of labels. Fewer labels are always among more."
    );

    private readonly Option<string[]?> _fractionTasks = OptionKinds.List(
        "--fraction-tasks",
        "LIST",
        "The tasks whose labels --label-fractions limits. Default: all."
    );

    private readonly Option<long?> _seeds = OptionKinds.Whole(
        "--seeds",
        "N",
        "Runs of each method, with the seeds 1 to N. A seed fixes weights, labels, order and crops, the same for every method. Default: 3.",
        1,
        1000
    );

    private readonly Option<string?> _output = OptionKinds.Text(
        "--output",
        "FOLDER",
        "Where runs, tables and plots go. A second start with the same folder goes on where the first one ended. Default: jtr-compare."
    );

    private readonly Option<long?> _evalEvery = OptionKinds.Whole(
        "--eval-every",
        "STEPS",
        "Steps between two scores, for the plot over the epochs. Default: an eighth of the steps.",
        1
    );

    private readonly Option<long?> _saveEvery = OptionKinds.Whole(
        "--save-every",
        "STEPS",
        $"Steps between two checkpoints: what a run that is killed may lose. Default: {SaveEvery}.",
        1
    );

    private readonly Option<long?> _jobs = OptionKinds.Whole(
        "--jobs",
        "N",
        "Runs at once, each a process of its own with its part of the threads (--threads: so many each); it takes N times the memory. "
            + "Default: 1.",
        1,
        256
    );

    private readonly Option<bool> _quick = new("--quick")
    {
        Description =
            $"A first look: {QuickSteps} steps, width 8, on scenes 100 of them. It shows that all works, not which method is best.",
    };

    private readonly Option<bool> _cost = new("--cost")
    {
        Description = "Measure instead what a step costs with 2 to 12 tasks: time and memory, on 1-channel maps of the scenes.",
    };

    private readonly Option<bool> _noCheck = LabelLook.MakeOption();

    private readonly Option<long?> _costSteps = OptionKinds.Whole(
        "--cost-steps",
        "N",
        "Steps that are measured for each point, after one to warm up. Default: 5.",
        1,
        1000
    );

    private readonly Option<long?> _maxTasks = OptionKinds.Whole(
        "--max-tasks",
        "K",
        "The largest number of tasks of --cost. Default: 12.",
        2,
        64
    );

    private readonly SettingsTable _table;

    private CompareCommand(CliConsole console, SettingsTable table)
    {
        (_console, _table) = (console, table);
        string methods = string.Join(", ", table.Find("training.method")!.Variants.Select(v => v.Name));
        _methods = OptionKinds.List(
            "--methods",
            "LIST",
            $"Methods, separated by commas: {(methods.Length == 0 ? "those of --method" : methods)}; several with '+' between, such as "
                + "jtr+teacher; jtr_corrected (JTR with its published quirks mended), specialists (folders of photographs alone), and "
                + "all_labels (supervised training that sees every label: more cannot be gained); or all, without those that the data have "
                + "too few tasks for. Default: all."
        );
    }

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
                    + "There is no search: options that are not given are those of 'jtr train', the same for every method.",
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
                    [_methods, _scenarios, _fractions, _fractionTasks, _seeds, _output, _jobs, _evalEvery, _saveEvery, _quick, _noCheck]
                ),
                .. _table.Groups(except: ["training.method", "training.seed", "jointTask.mode", "run", "machine"]),
                new("Cost against the number of tasks", [_cost, _costSteps, _maxTasks]),
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
        string folder = parsed.GetValue(_output) ?? "jtr-compare";
        bool quick = parsed.GetValue(_quick),
            cost = parsed.GetValue(_cost);
        string[] names = parsed.GetResult(_methods) is null
            ? [cost ? "mtpsl" : ComparedMethod.AllOfThem, "jtr"]
            : parsed.GetValue(_methods)!;
        IReadOnlyList<ComparedMethod> methods = ComparedMethod.Parse(names);
        TrainSettings settings = TrainOptions.Settings(said, saved: null, Defaults(quick, cost, folder));
        settings.CheckBalance();
        // The student of specialists costs what supervised training does.
        if (cost)
            return MeasureCost(parsed, said, settings, [.. methods.Where(m => !m.HasSpecialists)], folder, cancellationToken);

        OpenData data = DataSource.Open(settings.Data);
        if (data.Test is null)
            throw new UsageException("there is nothing to score on: give --test, or a folder with train/ and test/.");
        settings = settings.Completed(data.Train.Count);
        List<(string Name, TrainSettings Settings)> variants = Variants(parsed, said, settings, data.Train.Tasks);
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
        if (all && (parsed.GetResult(_fractions) is not null || variants.All(v => SeesAllLabels(v.Settings))))
            methods = [.. methods.Where(m => m.Name != ComparedMethod.Ceiling)];
        int seeds = (int?)parsed.GetValue(_seeds) ?? Seeds;
        // Once, and not again by each of several processes. What training sees of them is another part for each seed.
        DataCheckReport? checks =
            parsed.GetValue(_noCheck) || ParallelRuns.Only is not null
                ? null
                : LabelLook.At(settings, data, VisibleLabels.Of(variants[0].Settings, data.Train), cancellationToken);
        long total = settings.TotalSteps(data.Train.Count);
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
                    EvalEvery = parsed.GetValue(_evalEvery) ?? (total - 1) / Points + 1,
                },
                methods,
                seeds,
                variants.Count == 1 ? folder : Path.Combine(folder, variant.Name.Replace('/', '-'))
            )
            {
                Name = variant.Name,
            }),
        ];
        long saveEvery = parsed.GetValue(_saveEvery) ?? SaveEvery;
        if (ParallelRuns.Only is { } only)
            return await RunOneAsync(only, comparisons, said, data, saveEvery, cancellationToken).ConfigureAwait(false);
        RunFolder place = new(folder);
        using IDisposable held = place.Hold();
        _console.LogTo(new RunLog(place.Log, isContinued: true));
        Introduce(settings, data, comparisons, checks, seeds, total, folder);
        try
        {
            _console.StopWords = "Stopping after this step, then saving; Ctrl-C again ends now, without saving.";
            await TrainingView
                .ShowAsync(_console, view => TrainAsync(view, parsed, said, data, comparisons, saveEvery, cancellationToken))
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _console.Line();
            _console.Line("Stopped and saved. The same command again goes on.");
            return ExitCode.Canceled;
        }
        foreach (ScenarioComparison comparison in comparisons)
            Conclude(comparison, data, cancellationToken);
        if (comparisons.Length > 1)
            ConcludeAll(comparisons, folder, ofFractions: parsed.GetResult(_fractions) is not null);
        return ExitCode.Success;
    }

    private void ConcludeAll(ScenarioComparison[] comparisons, string folder, bool ofFractions)
    {
        (string Name, ComparisonTable Table)[] tables = [.. comparisons.Select(c => (c.Name, c.Table()))];
        IReadOnlyList<string[]> cells = ComparisonTable.DeltaCells(tables);
        string text = ComparisonTable.Markdown(cells);
        Show($"Delta % {(ofFractions ? "for each part of the labels" : "in each scenario")}, mean ± standard deviation over seeds", cells);
        string written = Path.Combine(folder, "comparison.md");
        if (ofFractions)
        {
            LabelCurve curve = new(tables);
            IReadOnlyList<string[]> scores = curve.Cells();
            text += "\n" + ComparisonTable.Markdown(scores);
            Show("Scores for each part of the labels, mean ± standard deviation over seeds", scores);
            curve.Draw(Path.Combine(folder, "labels.png"));
            written += ", labels.png";
        }
        WholeFile.Write(Path.Combine(folder, "comparison.md"), text);
        _console.Line($"Written: {written}");
    }

    private static bool SeesAllLabels(TrainSettings settings) =>
        settings is { LabelsFile: null, Scenario: LabelScenario.AsFound or LabelScenario.Full, Configuration.Data.LimitLabels: null };

    /// <summary>What is compared one beside the other: scenarios, or parts of the labels; or one alone.</summary>
    private List<(string Name, TrainSettings Settings)> Variants(
        ParseResult parsed,
        RunConfiguration said,
        TrainSettings settings,
        TaskSet tasks
    )
    {
        List<LabelScenario> scenarios = Scenarios(parsed, said, settings);
        if (parsed.GetResult(_fractions) is null)
        {
            if (parsed.GetResult(_fractionTasks) is not null)
                throw new UsageException("--fraction-tasks is for --label-fractions.");
            return
            [
                .. scenarios.Select(s =>
                    (
                        Words.Of(Words.Scenarios, s),
                        settings.With(run => run.Data.Scenario = settings.LabelsFile is null ? Words.Of(Words.Scenarios, s) : null)
                    )
                ),
            ];
        }
        if (scenarios.Count > 1)
            throw new UsageException("--label-fractions and --scenarios make too many comparisons; give one of them.");
        if (settings.Configuration.Data.LimitLabels is not null)
            throw new UsageException("--label-fractions and --limit-labels both limit labels; give one of them.");
        string[] limited = parsed.GetValue(_fractionTasks) ?? [.. tasks.Select(t => t.Name)];
        if (limited.FirstOrDefault(name => tasks.All(t => t.Name != name)) is { } unknown)
            throw new UsageException($"--fraction-tasks: there is no task '{unknown}'; the data have {tasks}.");
        List<(string Name, TrainSettings Settings)> variants = [];
        foreach (string text in parsed.GetValue(_fractions)!)
        {
            string name = text.Trim();
            if (LabelLimit.Part(name) is not { } part)
                throw new UsageException($"--label-fractions: '{name}' is no part above 0 up to 1, such as 1/4 or 0.25.");
            if (variants.Any(v => v.Name == name))
                continue;
            string[] limits = [.. limited.Select(task => new LabelLimit(task, part, IsPart: true).ToString())];
            variants.Add((name, settings.With(run => run.Data.LimitLabels = part < 1 ? limits : null)));
        }
        return [.. variants.OrderBy(v => LabelLimit.Part(v.Name))];
    }

    /// <summary>Does the runs that are not finished, and writes the tables anew after each.</summary>
    private async Task<bool> TrainAsync(
        TrainingView view,
        ParseResult parsed,
        RunConfiguration said,
        OpenData data,
        ScenarioComparison[] comparisons,
        long saveEvery,
        CancellationToken cancellationToken
    )
    {
        (ScenarioComparison Comparison, ComparisonRun Run)[] runs =
        [
            .. comparisons.SelectMany(c => c.Runs.Select(r => (c, r))).OrderBy(r => r.r.Seed),
        ];
        view.BeginRuns(runs.Length, runs.Count(r => r.Run.IsFinished));
        if ((int)(parsed.GetValue(_jobs) ?? 1) is > 1 and int jobs)
        {
            await RunTogetherAsync(view, parsed, said, [.. runs.Where(r => !r.Run.IsFinished)], jobs, cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        for (int i = 0; i < runs.Length; i++)
        {
            (ScenarioComparison comparison, ComparisonRun run) = runs[i];
            if (run.IsFinished)
                continue;
            string scenario = comparisons.Length == 1 ? "" : $"{comparison.Name}, ";
            _console.Title($"{scenario}{run.Method.Name}, seed {run.Seed} (run {i + 1} of {runs.Length})");
            await run.RunAsync(_console, view, data, MachineOptions.Device(said), said.Machine.Workers, saveEvery, cancellationToken)
                .ConfigureAwait(false);
            view.EndRun();
            comparison.WriteTables();
            cancellationToken.ThrowIfCancellationRequested();
        }
        return true;
    }

    /// <summary>Does runs a few at once, each in a process of its own.</summary>
    private async Task RunTogetherAsync(
        TrainingView view,
        ParseResult parsed,
        RunConfiguration said,
        (ScenarioComparison Comparison, ComparisonRun Run)[] runs,
        int jobs,
        CancellationToken cancellationToken
    )
    {
        int threads = ParallelRuns.Share(said.Machine.Threads, jobs);
        _console.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{runs.Length} runs, {jobs} at once with {threads} threads each; what each says is in "
            ) + "METHOD/seed-N/process.txt"
        );
        await new ParallelRuns([.. parsed.Tokens.Select(t => t.Value)], jobs)
            .RunAsync(
                [.. runs.Select(r => (NameOf(r.Comparison, r.Run), r.Run.Folder))],
                threads,
                said.Machine.Workers ?? (threads < Environment.ProcessorCount ? threads : null),
                i =>
                {
                    (ScenarioComparison comparison, ComparisonRun run) = runs[i];
                    _console.Line($"{run.Method.Name}, seed {run.Seed}: {run.Result}");
                    view.EndRun();
                    comparison.WriteTables();
                },
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <summary>Does one of the runs, for a process that has started this one.</summary>
    private async Task<int> RunOneAsync(
        string name,
        ScenarioComparison[] comparisons,
        RunConfiguration said,
        OpenData data,
        long saveEvery,
        CancellationToken cancellationToken
    )
    {
        ComparisonRun run =
            comparisons.SelectMany(c => c.Runs.Where(r => NameOf(c, r) == name)).FirstOrDefault()
            ?? throw new UsageException($"there is no run '{name}'.");
        using CancellationTokenSource stop = SelfProcess.UntilInputEnds(cancellationToken);
        try
        {
            return await TrainingView
                .ShowAsync(
                    _console,
                    async view =>
                    {
                        await run.RunAsync(_console, view, data, MachineOptions.Device(said), said.Machine.Workers, saveEvery, stop.Token)
                            .ConfigureAwait(false);
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

    private static string NameOf(ScenarioComparison comparison, ComparisonRun run) =>
        string.Create(CultureInfo.InvariantCulture, $"{comparison.Name}:{run.Method.Name}:{run.Seed}");

    private List<LabelScenario> Scenarios(ParseResult parsed, RunConfiguration said, TrainSettings settings)
    {
        if (parsed.GetResult(_scenarios) is null)
            return [settings.Scenario];
        if (settings.LabelsFile is not null || said.Data.Scenario is not null)
            throw new UsageException("--scenarios and --scenario or --labels say the same thing in two ways; give one of them.");
        List<LabelScenario> scenarios = [];
        foreach (string word in parsed.GetValue(_scenarios)!)
        {
            int index = Words.Scenarios.ToList().FindIndex(s => s.Word == word);
            if (index < 0)
                throw new UsageException(
                    $"--scenarios: there is no scenario '{word}'; there are {string.Join(", ", Words.Scenarios.Select(s => s.Word))}."
                );
            if (!scenarios.Contains(Words.Scenarios[index].Value))
                scenarios.Add(Words.Scenarios[index].Value);
        }
        return scenarios;
    }

    /// <summary>The defaults of a comparison that are not those of a run.</summary>
    private static RunConfiguration Defaults(bool quick, bool cost, string folder)
    {
        RunConfiguration defaults = new();
        // One that began before there were presets goes on without.
        if (ComparisonPlan.IsWithoutPreset(folder))
            defaults.Training.Preset = new NoPreset().Name;
        defaults.Training.Steps = quick ? QuickSteps : Steps;
        if (cost)
            defaults.Data.Scenario = Words.Of(Words.Scenarios, LabelScenario.HalfLabels);
        if (quick)
            (defaults.Training.Width, defaults.Data.Scenes, defaults.Data.TestScenes) = (8, 100, 50);
        return defaults;
    }

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

    private void Introduce(
        TrainSettings settings,
        OpenData data,
        ScenarioComparison[] comparisons,
        DataCheckReport? checks,
        int seeds,
        long total,
        string folder
    )
    {
        int runs = comparisons.Sum(c => c.Runs.Count);
        _console.Title("Comparison");
        _console.Facts(
            (
                "data",
                $"{settings.Data.Data}: {data.Train.Count} samples of {data.Train.Height} x {data.Train.Width}, {data.Test!.Count} "
                    + $"to score on"
            ),
            ("tasks", string.Join(", ", data.Train.Tasks.Select(t => t.Name))),
            ("labels", settings.LabelsFile ?? string.Join(", ", comparisons.Select(c => c.Name))),
            ("checked", checks is null ? "no" : CheckView.Looked(checks)),
            ("preset", Preset.Of(settings.Configuration).Describe(settings.Configuration) ?? "none"),
            ("methods", string.Join(", ", comparisons[0].Methods.Select(m => m.Name))),
            (
                "runs",
                $"{runs} ({seeds} {(seeds == 1 ? "seed" : "seeds")}), {comparisons.Sum(c => c.Runs.Count(r => r.IsFinished))} of "
                    + $"them finished"
            ),
            (
                "each",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{total} steps of {settings.BatchSize} samples, {settings.NetworkInWords}, "
                        + $"rate {settings.LearningRate:G6}, balancing {settings.Configuration.Balancing.Rule}"
                )
            ),
            ("output", folder)
        );
        foreach (string note in data.Notes)
            _console.Line(note);
        if (checks is not null)
            CheckView.Show(_console, checks);
    }

    private void Conclude(ScenarioComparison comparison, OpenData data, CancellationToken cancellationToken)
    {
        comparison.WriteTables();
        comparison.WriteFigures(data, cancellationToken);
        ComparisonTable table = comparison.Table();
        Show($"{comparison.Name}: scores on {data.Test!.Count} samples, " + "mean ± standard deviation over seeds", table.ScoreCells());
        if (PairedTable.Of(table) is { } paired && paired.Others.Any())
        {
            Show($"Against {paired.Against}, paired by seed: mean difference ± half of the 95 % interval", paired.Cells());
        }
        Show("Cost of training", table.CostCells());
        if (Conclusion.Of(table) is { Length: > 0 } conclusion)
        {
            _console.Title("What this says");
            _console.Line(conclusion);
        }
        _console.Title("Written");
        _console.Facts(
            ("tables", $"{comparison.TablesPath}, scores.csv, comparison.json"),
            ("plots", $"{Path.Combine(Path.GetDirectoryName(comparison.TablesPath)!, "scores.png")}, delta.png"),
            ("pictures", comparison.PicturesPath),
            ("report", ComparisonReport.Save(Path.GetDirectoryName(comparison.TablesPath)!))
        );
    }

    private int MeasureCost(
        ParseResult parsed,
        RunConfiguration said,
        TrainSettings settings,
        IReadOnlyList<ComparedMethod> methods,
        string folder,
        CancellationToken cancellationToken
    )
    {
        if (!settings.Data.IsScenes)
            throw new UsageException("--cost measures on scenes; leave --data out.");
        TaskCost cost = new(settings, MachineOptions.Device(said), (int?)parsed.GetValue(_costSteps) ?? 5);
        List<CostPoint> points = [];
        _console.Title("Cost of a step against the number of tasks");
        cost.WarmUp(methods.Select(m => m.Method), cancellationToken);
        // The methods in turn, so that a machine that is busy for a while slows both down.
        for (int tasks = 2; tasks <= (parsed.GetValue(_maxTasks) ?? 12); tasks++)
        {
            foreach (ComparedMethod method in methods)
            {
                CostPoint point = cost.Measure(method.Method, tasks, cancellationToken);
                points.Add(point);
                _console.Line(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{method.Name}, {tasks} tasks: "
                            + $"{1000 * point.ProcessorSeconds:F1} ms of processor time a step, {point.AddedMebibytes:F0} MiB"
                    )
                );
            }
        }
        points = [.. methods.SelectMany(m => points.Where(p => p.Method == m.Method))];
        cost.Write(folder, points);
        Show(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{settings.NetworkInWords}, {settings.BatchSize} samples of {settings.Data.Size}, "
                    + $"{Words.Of(Words.Scenarios, settings.Scenario)}"
            ),
            TaskCost.Cells(points)
        );
        Show("Straight line and parabola, least squares", TaskCost.FitCells(points));
        _console.Line($"Written: {Path.Combine(folder, "cost.md")}, cost.csv, cost.json, cost.png");
        return ExitCode.Success;
    }

    private void Show(string title, IReadOnlyList<string[]> cells)
    {
        _console.Title(title);
        int[] numbers = [.. Enumerable.Range(1, cells[0].Length - 1)];
        _console.Table(Jtr.Interop.Evaluation.TextTable.Format(cells, numbers), cells, numbers);
    }
}
