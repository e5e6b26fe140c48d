using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels.Rules;

/// <summary>A constraint as it is asked of labels.</summary>
/// <param name="tasks">The tasks.</param>
/// <param name="word">The constraint's word.</param>
/// <param name="named">The tasks in its name.</param>
internal abstract class LabelRule(TaskSet tasks, string word, params int[] named)
{
    /// <summary>The constraint's word.</summary>
    public string Word => word;

    /// <summary>The tasks in its name.</summary>
    public IReadOnlyList<int> Named => named;

    /// <summary>The tasks whose labels it reads.</summary>
    public virtual IReadOnlyList<int> Tasks => named;

    /// <summary>Counts places that violate it and places that tell, and takes labels of some tasks away at the former.</summary>
    public abstract (long Violated, long Places) Apply(SampleBuffer labels, TaskMask dropped);

    /// <summary>A task.</summary>
    protected VisionTask Task(int task) => tasks[task];

    /// <summary>Whether a task is of pixels.</summary>
    protected bool IsOfPixels(int task) => tasks[task].Kind.Extent == TaskExtent.Pixel;

    /// <summary>Whether a value of a label says something.</summary>
    protected static bool Says(VisionTask task, float value) =>
        float.IsNaN(task.InvalidLabel) ? !float.IsNaN(value) : value != task.InvalidLabel;

    /// <summary>Takes all channels of a label away at a pixel; of a whole photograph, all of it.</summary>
    protected void Forget(SampleBuffer labels, int task, int place)
    {
        Span<float> label = labels.Label(task);
        if (!IsOfPixels(task))
        {
            label.Fill(tasks[task].InvalidLabel);
            return;
        }
        int plane = labels.Height * labels.Width;
        for (int i = place; i < label.Length; i += plane)
            label[i] = tasks[task].InvalidLabel;
    }

    /// <summary>Number of a task.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static int Find(TaskSet tasks, string name, string property) =>
        tasks.IndexOf(name) is >= 0 and int i
            ? i
            : throw new ArgumentException($"{property}: there is no task '{name}' (known: {tasks})", property);
}
