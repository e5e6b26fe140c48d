using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Specialists;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Comparison;

/// <summary>A line of a comparison: a method, JTR with its quirks mended, or supervised training with all labels.</summary>
/// <param name="Name">As on the command line and in the table.</param>
/// <param name="Method">Name of the training method.</param>
/// <param name="Mode">How the JTR loss treats the published code's quirks; null: the default.</param>
/// <param name="SeesAllLabels">Whether it sees every label that there is, whatever the others see.</param>
internal sealed record ComparedMethod(string Name, string Method, string? Mode = null, bool SeesAllLabels = false)
{
    /// <summary>Name of the line with supervised training on every label that there is: more cannot be gained.</summary>
    public const string Ceiling = "all_labels";

    /// <summary>Name of supervised training on as many views as other methods see.</summary>
    public const string SupervisedViews = "supervised+";

    /// <summary>Name of the line that Delta % compares with.</summary>
    public const string Baseline = "supervised";

    /// <summary>Stands for all of them.</summary>
    public const string AllOfThem = "all";

    private const string Corrected = "jtr_corrected";

    /// <summary>Every line that there can be: the library's methods, JTR with its quirks mended, and the ceiling.</summary>
    public static IReadOnlyList<ComparedMethod> All =>
        [
            .. JtrRuntime.Methods.Select(m => new ComparedMethod(m.Name, m.Name)),
            new(Corrected, "jtr", Words.Of(JointTaskMode.Corrected)),
            new(SpecialistStages.Name, SpecialistStages.Name),
            new(Ceiling, Baseline, SeesAllLabels: true),
        ];

    /// <summary>The lines that a command line names, in their fixed order, each once; then those of several methods together.</summary>
    /// <param name="names">Names, with hyphens or underscores, several with '+' between, or "all".</param>
    /// <exception cref="UsageException">A name is none of them.</exception>
    public static IReadOnlyList<ComparedMethod> Parse(IReadOnlyList<string> names)
    {
        IReadOnlyList<ComparedMethod> all = All;
        names = [.. names.Select(n => n.Replace('-', '_'))];
        foreach (string name in names)
        {
            if (name != AllOfThem && all.All(m => m.Name != name) && JtrRuntime.FindMethod(SpecialistStages.StudentOf(name)) is null)
                throw new UsageException(
                    $"--methods: there is no method '{name}'; there are {string.Join(", ", all.Select(m => m.Name))}, and {AllOfThem}."
                );
        }
        return
        [
            .. all.Where(m => names.Contains(AllOfThem) || names.Contains(m.Name)),
            .. names.Distinct().Where(n => n != AllOfThem && all.All(m => m.Name != n)).Select(n => new ComparedMethod(n, n)),
        ];
    }

    /// <summary>Whether the method is defined on so many tasks.</summary>
    public bool IsDefinedOn(int tasks) => JtrRuntime.FindMethod(SpecialistStages.StudentOf(Method))!.MinTasks <= tasks;

    /// <summary>Whether networks label the data before the one that is compared is trained.</summary>
    public bool HasSpecialists => SpecialistStages.AreIn(Method);

    /// <summary>The settings of one run.</summary>
    public TrainSettings Apply(TrainSettings shared, ulong seed)
    {
        return shared.With(run =>
        {
            run.Training.Method = Method;
            run.Training.Seed = seed;
            run.JointTask.Mode = Mode;
            if (SeesAllLabels)
                (run.Data.Scenario, run.Data.Labels, run.Data.LimitLabels) = (Words.Of(Words.Scenarios, LabelScenario.AsFound), null, null);
        });
    }
}
