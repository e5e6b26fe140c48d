using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Commands.Presets;

/// <summary>Settings of a run that go together: what counts where nothing is said.</summary>
internal abstract class Preset
{
    /// <summary>Its word on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>All of them, the default first.</summary>
    public static IReadOnlyList<Preset> All { get; } = [new RecommendedPreset(), new PublishedPreset(), new NoPreset()];

    /// <summary>That of a new run.</summary>
    /// <param name="run">What is said of the run.</param>
    public static Preset Of(RunConfiguration run) =>
        run.Training.Preset is { } name ? All.First(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase))
        : IsWhole(run) ? All.OfType<NoPreset>().Single()
        : All[0];

    /// <summary>Says what does not depend on the number of samples, before any other default.</summary>
    /// <param name="run">What is said of the run.</param>
    /// <param name="data">Its data.</param>
    public abstract void Begin(RunConfiguration run, DataRequest data);

    /// <summary>Says the rest.</summary>
    /// <param name="run">The run.</param>
    /// <param name="steps">Its steps in all.</param>
    public virtual void Complete(RunConfiguration run, long steps) { }

    /// <summary>What it says, in a line for the user; null: nothing.</summary>
    /// <param name="run">The run, complete.</param>
    public virtual string? Describe(RunConfiguration run) => null;

    /// <summary>What the user should know of it.</summary>
    /// <param name="run">The run, complete.</param>
    /// <param name="tasks">Its tasks.</param>
    /// <param name="labels">The labels that training sees.</param>
    public virtual IEnumerable<string> Notes(RunConfiguration run, TaskSet tasks, LabelAssignment labels) => [];

    // The config.json of a run says all of these, also that of an earlier version, which names no preset.
    private static bool IsWhole(RunConfiguration run) =>
        run.Training is { Method: not null, BatchSize: not null, Seed: not null, Precision: not null }
        && run.Optimizer.LearningRate is not null;
}
