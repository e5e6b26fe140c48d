using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Comparison;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>`jtr compare`: trains several methods on the same data, labels, seeds and budget, and tables what they reach.</summary>
internal sealed class CompareCommand
{
    // Enough for JTR on the scenes, which is behind after a few hundred steps; a quarter of an hour for all methods with --quick.
    private const long Steps = 2400;
    private const long QuickSteps = 200;
    private const int Points = 8;
    private const int Pictures = 4;
    private const long SaveEvery = 200;

    private readonly CliConsole _console;
    private readonly TrainOptions _options = new();
    private readonly MachineOptions _machine = new();

    private readonly Option<string[]?> _methods = OptionKinds.List("--methods", "LIST",
        "Methods, separated by commas: supervised, single_task, consistency, direct_map, perceptual_map, mtpsl, jtr, jtr_corrected (JTR with its published quirks mended); or all. Default: all.");

    private readonly Option<long?> _seeds = OptionKinds.Whole("--seeds", "N", "Runs of each method, with the seeds 1 to N. A seed fixes weights, labels, order and crops, the same for every method. Default: 3; with --quick 1.", 1, 1000);

    private readonly Option<string?> _output = OptionKinds.Text("--output", "FOLDER", "Where runs, tables and plots go. A second start with the same folder goes on where the first one ended. Default: jtr-compare.");

    private readonly Option<long?> _evalEvery = OptionKinds.Whole("--eval-every", "STEPS", "Steps between two scores, for the plot over the epochs. Default: an eighth of the steps.", 1);

    private readonly Option<long?> _saveEvery = OptionKinds.Whole("--save-every", "STEPS", $"Steps between two checkpoints: what a run that is killed may lose. Default: {SaveEvery}.", 1);

    private readonly Option<bool> _quick = new("--quick") { Description = $"A first look: {QuickSteps} steps, one seed, width 8, on scenes 100 of them. It shows that all works, not which method is best." };

    private readonly Option<bool> _cost = new("--cost") { Description = "Measure instead what a step costs with 2 to 12 tasks: time and memory, on 1-channel maps of the scenes." };

    private readonly Option<long?> _costSteps = OptionKinds.Whole("--cost-steps", "N", "Steps that are measured for each point, after one to warm up. Default: 5.", 1, 1000);

    private readonly Option<long?> _maxTasks = OptionKinds.Whole("--max-tasks", "K", "The largest number of tasks of --cost. Default: 12.", 2, 64);

    private CompareCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        CompareCommand compare = new(console);
        Command command = new("compare", "Train several methods on the same data, labels, seeds and budget, and table what they reach.");
        compare.Help().Apply(command, console);
        command.SetAction(compare.RunAsync);
        return command;
    }

    private HelpPage Help() => new()
    {
        Usage = "jtr compare [options]",
        Text =
        [
            "Answers whether JTR pays on your data: every method is trained with the same network, data, visible labels, seeds, steps, batch and rate, and scored on the test data after the last step. "
            + "There is no search: options that are not given are those of 'jtr train', the same for every method.",
            "Writes into the folder --output: comparison.md (the tables), scores.csv, comparison.json (every run), scores.png (each task's headline metric over the epochs), delta.png "
            + "(Delta % against supervised), pictures.png (one row a method, the same test images), and METHOD/seed-N/ with checkpoint and scores of each run. "
            + "Delta % is the mean over tasks of the headline metric's relative improvement over supervised training with the same seed.",
            "Ctrl-C, or the loss of the machine, loses little: the same command again keeps finished runs, and goes on with the interrupted one from its last checkpoint, to the same scores.",
        ],
        Groups =
        [
            new("Comparison", [_methods, _seeds, _output, _evalEvery, _saveEvery, _quick]),
            _options.DataGroup, _options.LayoutGroup, _options.SharedTrainingGroup, _options.MethodsGroup, _options.BalancingGroup,
            new("Cost against the number of tasks", [_cost, _costSteps, _maxTasks]),
            _machine.Group,
        ],
        Sections = [("Exit codes", RootHelp.ExitCodes)],
        Examples =
        [
            new("All methods on built-in scenes, each with a label for one of three tasks (hours):", "jtr compare --data scenes --scenario onelabel --methods all --seeds 3"),
            new("A first look in minutes:", "jtr compare --quick"),
            new("On photographs:", "jtr compare --data photos --scenario onelabel --size 96x128 --width 16 --epochs 60 --seeds 3 --output photos-compare"),
            new("What a step costs with 2 to 12 tasks:", "jtr compare --cost --methods jtr,mtpsl --scenario halflabels --output cost"),
        ],
    };

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        _machine.Prepare(parsed, _console);
        string folder = parsed.GetValue(_output) ?? "jtr-compare";
        bool quick = parsed.GetValue(_quick), cost = parsed.GetValue(_cost);
        string[] names = parsed.GetResult(_methods) is null ? [cost ? "mtpsl" : ComparedMethod.AllOfThem, "jtr"] : parsed.GetValue(_methods)!;
        IReadOnlyList<ComparedMethod> methods = ComparedMethod.Parse(names);
        TrainSettings settings = _options.Settings(parsed, saved: null, s => Defaults(s, quick, cost));
        settings.CheckBalance();
        if (cost) return MeasureCost(parsed, settings, methods, folder, cancellationToken);

        OpenData data = DataSource.Open(settings.Data);
        if (data.Test is null) throw new UsageException("there is nothing to score on: give --test, or a folder with train/ and test/.");
        long total = settings.TotalSteps(data.Train.Count);
        ComparisonPlan plan = new() { Settings = settings with { Seed = 0, Method = "", Mode = default }, EvalEvery = parsed.GetValue(_evalEvery) ?? (total - 1) / Points + 1 };
        methods = Defined(methods, data.Train.Tasks.Count, explicitly: !names.Contains(ComparedMethod.AllOfThem));
        plan.Settle(folder);
        int seeds = (int?)parsed.GetValue(_seeds) ?? (quick ? 1 : 3);
        // Seed by seed, so that a comparison that is stopped early has every method.
        ComparisonRun[] runs = [.. Enumerable.Range(1, seeds).SelectMany(seed => methods.Select(m => new ComparisonRun(m, (ulong)seed, plan, folder)))];
        Introduce(settings, data, methods, seeds, total, runs, folder);
        try
        {
            for (int i = 0; i < runs.Length; i++)
            {
                if (runs[i].IsFinished) continue;
                _console.Title($"{runs[i].Method.Name}, seed {runs[i].Seed} (run {i + 1} of {runs.Length})");
                await runs[i].RunAsync(_console, data, _machine.Device(parsed), _machine.Workers(parsed), parsed.GetValue(_saveEvery) ?? SaveEvery, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _console.Line();
            _console.Line("Stopped and saved. The same command again goes on.");
            return ExitCode.Cancelled;
        }
        Conclude(plan, data, methods, runs, settings.StepsPerEpoch(data.Train.Count), folder);
        return ExitCode.Success;
    }

    private static TrainSettings Defaults(TrainSettings settings, bool quick, bool cost)
    {
        settings = settings with { Steps = quick ? QuickSteps : Steps };
        if (cost) settings = settings with { Scenario = LabelScenario.HalfLabels };
        return quick ? settings with { Width = 8, Data = settings.Data with { SceneCount = 100, TestSceneCount = 50 } } : settings;
    }

    /// <summary>The methods that are defined on so many tasks.</summary>
    private IReadOnlyList<ComparedMethod> Defined(IReadOnlyList<ComparedMethod> methods, int tasks, bool explicitly)
    {
        ComparedMethod[] undefined = [.. methods.Where(m => !m.IsDefinedOn(tasks))];
        if (undefined.Length == 0) return methods;
        string text = $"{string.Join(", ", undefined.Select(m => m.Name))}: defined on 2 tasks or more, and the data have {tasks}";
        if (explicitly) throw new UsageException($"--methods: {text}.");
        _console.Line($"note: left out are {text}");
        return [.. methods.Except(undefined)];
    }

    private void Introduce(TrainSettings settings, OpenData data, IReadOnlyList<ComparedMethod> methods, int seeds, long total, ComparisonRun[] runs, string folder)
    {
        _console.Title("Comparison");
        _console.Facts(
            ("data", $"{settings.Data.Data}: {data.Train.Count} samples of {data.Train.Height} x {data.Train.Width}, {data.Test!.Count} to score on"),
            ("tasks", string.Join(", ", data.Train.Tasks.Select(t => t.Name))),
            ("labels", settings.LabelsFile ?? Words.Of(Words.Scenarios, settings.Scenario)),
            ("methods", string.Join(", ", methods.Select(m => m.Name))),
            ("runs", $"{runs.Length} ({seeds} {(seeds == 1 ? "seed" : "seeds")}), {runs.Count(r => r.IsFinished)} of them finished"),
            ("each", string.Create(CultureInfo.InvariantCulture, $"{total} steps of {settings.BatchSize} samples, width {settings.Width}, rate {settings.LearningRate:G6}, balancing {settings.Balance ?? "equal"}")),
            ("output", folder));
        foreach (string note in data.Notes) _console.Line(note);
    }

    private void Conclude(ComparisonPlan plan, OpenData data, IReadOnlyList<ComparedMethod> methods, ComparisonRun[] runs, long stepsPerEpoch, string folder)
    {
        ComparisonTable table = new([.. methods.Select(m => new MethodRuns(m.Name, [.. runs.Where(r => r.Method == m).Select(r => (r.Seed, r.Result, r.Record))]))]);
        string tables = Path.Combine(folder, "comparison.md"), pictures = Path.Combine(folder, "pictures.png");
        ComparisonPlan.WriteWhole(tables, table.ToMarkdown());
        ComparisonPlan.WriteWhole(Path.Combine(folder, "scores.csv"), table.ToCsv());
        ComparisonPlan.WriteWhole(Path.Combine(folder, "comparison.json"), ComparisonDocument.Write(plan, table));
        ComparisonPlots.Scores(table, stepsPerEpoch, Path.Combine(folder, "scores.png"));
        ComparisonPlots.Delta(table, Path.Combine(folder, "delta.png"));
        Draw(data, [.. runs.Where(r => r.Seed == 1)], pictures);

        Show($"Scores on {data.Test!.Count} samples, mean ± standard deviation over seeds", table.ScoreCells());
        Show("Cost of training", table.CostCells());
        _console.Title("Written");
        _console.Facts(
            ("tables", $"{tables}, scores.csv, comparison.json"),
            ("plots", $"{Path.Combine(folder, "scores.png")}, delta.png"),
            ("pictures", pictures));
    }

    private static void Draw(OpenData data, IReadOnlyList<ComparisonRun> runs, string path)
    {
        List<(string Name, Trainer Trainer)> networks = [];
        try
        {
            foreach (ComparisonRun run in runs) networks.Add((run.Method.Name, Trainer.Load(run.Checkpoint)));
            PredictionSheet.Draw(data.Test!, PredictionSheet.Spread(data.Test!.Count, Pictures), networks).SavePng(path);
        }
        finally
        {
            foreach ((_, Trainer trainer) in networks) trainer.Dispose();
        }
    }

    private int MeasureCost(ParseResult parsed, TrainSettings settings, IReadOnlyList<ComparedMethod> methods, string folder, CancellationToken cancellationToken)
    {
        if (!settings.Data.IsScenes) throw new UsageException("--cost measures on scenes; leave --data out.");
        TaskCost cost = new(settings, _machine.Device(parsed), (int?)parsed.GetValue(_costSteps) ?? 5);
        List<CostPoint> points = [];
        _console.Title("Cost of a step against the number of tasks");
        cost.WarmUp(methods.Select(m => m.Method), cancellationToken);
        foreach (ComparedMethod method in methods)
        {
            for (int tasks = 2; tasks <= (parsed.GetValue(_maxTasks) ?? 12); tasks++)
            {
                CostPoint point = cost.Measure(method.Method, tasks, cancellationToken);
                points.Add(point);
                _console.Line(string.Create(CultureInfo.InvariantCulture, $"{method.Name}, {tasks} tasks: {1000 * point.ProcessorSeconds:F1} ms of processor time a step, {point.AddedMebibytes:F0} MiB"));
                cost.Write(folder, points);
            }
        }
        Show(string.Create(CultureInfo.InvariantCulture, $"Width {settings.Width}, {settings.BatchSize} samples of {settings.Data.Size}, {Words.Of(Words.Scenarios, settings.Scenario)}"), TaskCost.Cells(points));
        foreach (IGrouping<string, CostPoint> method in points.GroupBy(p => p.Method))
        {
            double time = TaskCost.Exponent(method.Select(p => ((double)p.Tasks, p.ProcessorSeconds))), memory = TaskCost.Exponent(method.Select(p => ((double)p.Tasks, p.AddedMebibytes ?? 0)));
            _console.Line(string.Create(CultureInfo.InvariantCulture, $"{method.Key}: time grows as K^{time:F2}, memory as K^{memory:F2} (least squares)"));
        }
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
