using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Data;

/// <summary>How many of a task's labels training may see: "seg=40", or a part of them: "seg=1/4", "seg=0.25", "seg=25%".</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Amount">The number, or a part above 0 up to 1.</param>
/// <param name="IsPart">Whether it is a part.</param>
internal sealed record LabelLimit(string Task, double Amount, bool IsPart)
{
    /// <summary>Reads one.</summary>
    /// <exception cref="UsageException">It is not of that form.</exception>
    public static LabelLimit Parse(string text)
    {
        int equals = text.LastIndexOf('=');
        if (equals <= 0)
            throw new UsageException($"--limit-labels: '{text}' is not of the form TASK=NUMBER or TASK=PART, such as seg=40 or seg=1/4.");
        string amount = text[(equals + 1)..].Trim();
        string task = text[..equals].Trim();
        if (int.TryParse(amount, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            return new LabelLimit(task, count, IsPart: false);
        return Part(amount) is { } part
            ? new LabelLimit(task, part, IsPart: true)
            : throw new UsageException($"--limit-labels: '{amount}' of '{text}' is neither a number of labels nor a part above 0 up to 1.");
    }

    /// <summary>A part above 0 up to 1, such as 1/4, 0.25 or 25%; null where it is none.</summary>
    public static double? Part(string text)
    {
        text = text.Trim();
        string[] sides = text.Split('/');
        double value =
            sides.Length == 2 ? Number(sides[0]) / Number(sides[1])
            : text.EndsWith('%') ? Number(text[..^1]) / 100
            : Number(text);
        return value is > 0 and <= 1 ? value : null;
    }

    /// <summary>The labels that are left.</summary>
    /// <param name="labels">Those that there are.</param>
    /// <param name="limits">What to keep, each as <see cref="Parse"/> reads it; null for all.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <exception cref="UsageException">A limit is for a task that is not there, or two are for one.</exception>
    public static LabelAssignment Apply(LabelAssignment labels, IReadOnlyList<string>? limits, ulong seed)
    {
        HashSet<int> seen = [];
        foreach (LabelLimit limit in (limits ?? []).Select(Parse))
        {
            int task = Find(labels.Tasks, limit.Task);
            if (task < 0)
                throw new UsageException($"--limit-labels: there is no task '{limit.Task}'; the data have {labels.Tasks}.");
            if (!seen.Add(task))
                throw new UsageException($"--limit-labels: the task '{limit.Task}' is there twice.");
            labels = labels.WithAtMost(task, limit.Of(labels.LabeledCount(task)), seed);
        }
        return labels;
    }

    /// <summary>As the command line has it.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Task}={(IsPart ? Amount.ToString("0.################", CultureInfo.InvariantCulture) : Amount)}"
        );

    /// <summary>Labels that are left of so many; of some at least one.</summary>
    private int Of(int count) => IsPart ? (int)Math.Ceiling(Amount * count - 1e-9) : (int)Math.Min(Amount, count);

    private static int Find(TaskSet tasks, string name)
    {
        for (int t = 0; t < tasks.Count; t++)
        {
            if (tasks[t].Name == name)
                return t;
        }
        return -1;
    }

    private static double Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) ? value : double.NaN;
}
