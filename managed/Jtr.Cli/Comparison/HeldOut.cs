using Jtr.Cli.CommandLine;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Comparison;

/// <summary>
/// A part of the training samples whose labels training does not see, to make choices on. The samples themselves stay, as photographs
/// without labels.
/// </summary>
internal sealed class HeldOut
{
    private readonly LabelAssignment _visible;
    private readonly bool[] _isHeld;

    /// <summary>Chooses them: of each task that has two labels or more the same part.</summary>
    /// <param name="visible">The labels that training may see.</param>
    /// <param name="part">Which part of the labelled samples.</param>
    /// <param name="option">The option that asks for it.</param>
    /// <exception cref="UsageException">No task has two labels.</exception>
    public HeldOut(LabelAssignment visible, double part, string option = "--tune")
    {
        _visible = visible;
        _isHeld = new bool[visible.Count];
        bool[] isDecided = new bool[visible.Count];
        // By the rarest task first, so that it has its part; in an order that has nothing to do with that of the files.
        int[] order = [.. Enumerable.Range(0, visible.Count).OrderBy(i => Mixed((ulong)i))];
        foreach (int task in Enumerable.Range(0, visible.Tasks.Count).OrderBy(visible.LabeledCount))
        {
            int labels = visible.LabeledCount(task),
                wanted = labels < 2 ? 0 : Math.Clamp((int)Math.Round(part * labels), 1, labels - 1);
            wanted -= order.Count(i => visible[i][task] && _isHeld[i]);
            foreach (int i in order)
            {
                if (!visible[i][task] || isDecided[i])
                    continue;
                (isDecided[i], _isHeld[i]) = (true, wanted-- > 0);
            }
        }
        if (Array.IndexOf(_isHeld, true) < 0)
            throw new UsageException($"{option} needs two labels of a task or more: one to learn and one to score on.");
    }

    /// <summary>Labels without those of the held out samples.</summary>
    public LabelAssignment Without(LabelAssignment labels) =>
        new(labels.Tasks, [.. Enumerable.Range(0, labels.Count).Select(i => _isHeld[i] ? TaskMask.None : labels[i])]);

    /// <summary>The held out samples with those labels that training could have seen.</summary>
    public IMultiTaskDataset Samples(IMultiTaskDataset data) => new Part(data, this);

    /// <summary>Spreads whole numbers evenly (Steele, Lea, Flood, OOPSLA 2014: the finalizer of SplitMix64).</summary>
    private static ulong Mixed(ulong number)
    {
        number += 0x9E3779B97F4A7C15;
        number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
        number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
        return number ^ (number >> 31);
    }

    private sealed class Part(IMultiTaskDataset data, HeldOut held) : DatasetDecorator(data)
    {
        private readonly int[] _samples = [.. Enumerable.Range(0, data.Count).Where(i => held._isHeld[i])];

        public override int Count => _samples.Length;

        public override SampleInfo GetSampleInfo(int index)
        {
            SampleInfo info = Inner.GetSampleInfo(_samples[index]);
            return info with { Labeled = info.Labeled & held._visible[_samples[index]] };
        }

        public override double GetLabelWeight(int index, int task) => Inner.GetLabelWeight(_samples[index], task);

        public override bool HasInput(int index, int input) => Inner.HasInput(_samples[index], input);

        public override TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken) =>
            Inner.Read(_samples[index], wanted & held._visible[_samples[index]], destination, cancellationToken);
    }
}
