using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands.Presets;
using Jtr.Cli.Comparison;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Inspection;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Commands;

/// <summary>The options of `jtr compare`, and what they say of data and settings.</summary>
internal sealed class CompareOptions
{
    /// <summary>What <see cref="SaveEvery"/> is where nothing is said.</summary>
    public const long DefaultSaveEvery = 200;

    // Enough for JTR on the scenes, which is behind after a few hundred steps; a quarter of an hour for all methods with --quick.
    private const long Steps = 2400;
    private const long QuickSteps = 150;
    private const double DefaultTunePart = 0.25;

    /// <summary>Makes them.</summary>
    /// <param name="table">The settings that there are.</param>
    public CompareOptions(SettingsTable table)
    {
        string methods = string.Join(", ", table.Find("training.method")!.Variants.Select(v => v.Name));
        Methods = OptionKinds.List(
            "--methods",
            "LIST",
            $"Methods, separated by commas: {(methods.Length == 0 ? "those of --method" : methods)}; several with '+' between, such as "
                + "jtr+teacher; jtr_corrected (JTR with its published quirks mended), specialists (folders of photographs alone), and "
                + "all_labels (supervised training that sees every label: more cannot be gained); or all, without those that the data have "
                + "too few tasks for. Default: all."
        );
    }

    /// <summary>What is compared.</summary>
    public Option<string[]?> Methods { get; }

    /// <summary>Several label scenarios.</summary>
    public Option<string[]?> Scenarios { get; } =
        OptionKinds.List(
            "--scenarios",
            "LIST",
            "Several label scenarios, separated by commas, instead of one --scenario: each in a folder of its own in --output, and a "
                + "table of Delta % over all."
        );

    /// <summary>Parts of the labels.</summary>
    public Option<string[]?> Fractions { get; } =
        OptionKinds.List(
            "--label-fractions",
            "LIST",
            "Parts of the labels that training sees, separated by commas, such as 1/16,1/4,1: each in a folder of its own "
                + "in --output, with a table "
                + "and a plot of the scores against the number of labels. Fewer labels are always among more."
        );

    /// <summary>The tasks whose labels these limit.</summary>
    public Option<string[]?> FractionTasks { get; } =
        OptionKinds.List("--fraction-tasks", "LIST", "The tasks whose labels --label-fractions limits. Default: all.");

    /// <summary>Runs of each method.</summary>
    public Option<long?> Seeds { get; } =
        OptionKinds.Whole(
            "--seeds",
            "N",
            "Runs of each method, with the seeds 1 to N. A seed fixes weights, labels, order and crops, the same for every method. "
                + "Default: 3.",
            1,
            1000
        );

    /// <summary>Where all goes.</summary>
    public Option<string?> Output { get; } =
        OptionKinds.Text(
            "--output",
            "FOLDER",
            "Where runs, tables and plots go. A second start with the same folder goes on where the first one ended. Default: jtr-compare."
        );

    /// <summary>Steps between two scores.</summary>
    public Option<long?> EvalEvery { get; } =
        OptionKinds.Whole(
            "--eval-every",
            "STEPS",
            "Steps between two scores, for the plot over the epochs. Default: an eighth of the steps.",
            1
        );

    /// <summary>Steps between two checkpoints.</summary>
    public Option<long?> SaveEvery { get; } =
        OptionKinds.Whole(
            "--save-every",
            "STEPS",
            $"Steps between two checkpoints: what a run that is killed may lose. Default: {DefaultSaveEvery}.",
            1
        );

    /// <summary>Runs at once.</summary>
    public Option<long?> Jobs { get; } =
        OptionKinds.Whole(
            "--jobs",
            "N",
            "Runs at once, each a process of its own with its part of the threads (--threads: so many each); it takes N times the memory. "
                + "Default: 1.",
            1,
            256
        );

    /// <summary>A first look.</summary>
    public Option<bool> Quick { get; } =
        new("--quick")
        {
            Description =
                $"A first look: {QuickSteps} steps, width 8, on scenes 100 of them. It shows that all works, not which method is best.",
        };

    /// <summary>Whether labels are not looked at before.</summary>
    public Option<bool> NoCheck { get; } = LabelLook.MakeOption();

    /// <summary>Whether cost is measured instead.</summary>
    public Option<bool> Cost { get; } =
        new("--cost")
        {
            Description =
                "Measure instead what a step costs with 2 to 12 tasks, time and memory: --tasks of the scenes in turn, by default maps.",
        };

    /// <summary>Steps that are measured.</summary>
    public Option<long?> CostSteps { get; } =
        OptionKinds.Whole("--cost-steps", "N", "Steps that are measured for each point, after one to warm up. Default: 5.", 1, 1000);

    /// <summary>The largest number of tasks of that.</summary>
    public Option<long?> MaxTasks { get; } =
        OptionKinds.Whole("--max-tasks", "K", "The largest number of tasks of --cost. Default: 12.", 2, 64);

    /// <summary>Trials of each method.</summary>
    public Option<long?> Tune { get; } =
        OptionKinds.Whole(
            "--tune",
            "TRIALS",
            "Choose the rate and the strength of what a method adds before the runs: so many short trainings of each method, the same for "
                + "all, scored on a part of the training data that they see no labels of. The first trial is as the settings say.",
            2,
            64
        );

    /// <summary>Steps of each of them.</summary>
    public Option<long?> TuneSteps { get; } = OptionKinds.Whole("--tune-steps", "N", "Steps of a trial. Default: those of a run.", 1);

    /// <summary>The part that they are scored on.</summary>
    public Option<double?> TunePart { get; } =
        OptionKinds.Number(
            "--tune-part",
            "PART",
            "Part of the labelled training samples that trials are scored on. Default: 0.25.",
            0.05,
            0.5
        );

    /// <summary>What is compared one beside the other: scenarios, or parts of the labels; or one alone.</summary>
    /// <exception cref="UsageException">Options contradict each other, or fit no task.</exception>
    public List<(string Name, TrainSettings Settings)> Variants(
        ParseResult parsed,
        RunConfiguration said,
        TrainSettings settings,
        TaskSet tasks
    )
    {
        List<LabelScenario> scenarios = ScenariosOf(parsed, said, settings);
        if (parsed.GetResult(Fractions) is null)
        {
            if (parsed.GetResult(FractionTasks) is not null)
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
        string[] limited = parsed.GetValue(FractionTasks) ?? [.. tasks.Select(t => t.Name)];
        if (limited.FirstOrDefault(name => tasks.All(t => t.Name != name)) is { } unknown)
            throw new UsageException($"--fraction-tasks: there is no task '{unknown}'; the data have {tasks}.");
        List<(string Name, TrainSettings Settings)> variants = [];
        foreach (string text in parsed.GetValue(Fractions)!)
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

    private List<LabelScenario> ScenariosOf(ParseResult parsed, RunConfiguration said, TrainSettings settings)
    {
        if (parsed.GetResult(Scenarios) is null)
            return [settings.Scenario];
        if (settings.LabelsFile is not null || said.Data.Scenario is not null)
            throw new UsageException("--scenarios and --scenario or --labels say the same thing in two ways; give one of them.");
        List<LabelScenario> scenarios = [];
        foreach (string word in parsed.GetValue(Scenarios)!)
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
    public static RunConfiguration Defaults(bool quick, bool cost, string folder)
    {
        RunConfiguration defaults = new();
        defaults.Training.Steps = quick ? QuickSteps : Steps;
        if (cost)
            defaults.Data.Scenario = Words.Of(Words.Scenarios, LabelScenario.HalfLabels);
        if (quick)
            (defaults.Training.Width, defaults.Data.Scenes, defaults.Data.TestScenes) = (8, 100, 50);
        // One that began before there were presets goes on without.
        if (ComparisonPlan.IsWithoutPreset(folder))
            defaults.Training.Preset = new NoPreset().Name;
        return defaults;
    }

    /// <summary>How choices are made before the runs; null: they are not.</summary>
    /// <exception cref="UsageException">An option of it is there without --tune.</exception>
    public TuningPlan? TuningOf(ParseResult parsed)
    {
        if (parsed.GetValue(Tune) is { } trials)
            return new TuningPlan
            {
                Trials = (int)trials,
                Steps = parsed.GetValue(TuneSteps),
                Part = parsed.GetValue(TunePart) ?? DefaultTunePart,
            };
        return parsed.GetResult(TuneSteps) is null && parsed.GetResult(TunePart) is null
            ? null
            : throw new UsageException("--tune-steps and --tune-part are for --tune.");
    }
}
