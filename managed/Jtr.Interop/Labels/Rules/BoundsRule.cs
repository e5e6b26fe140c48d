using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels.Rules;

/// <summary>Bounds of values, everywhere or where there is one of some classes.</summary>
internal sealed class BoundsRule(TaskSet tasks, string word, int task, double[]? lowest, double[]? highest, int? where, int[] classes)
    : LabelRule(tasks, word, task)
{
    public override IReadOnlyList<int> Tasks => where is { } other ? [task, other] : [task];

    public override (long Violated, long Places) Apply(SampleBuffer labels, TaskMask dropped)
    {
        VisionTask own = Task(task);
        int count = IsOfPixels(task) ? labels.Height * labels.Width : 1,
            channels = labels.Label(task).Length / count;
        long violated = 0,
            places = 0;
        for (int place = 0; place < count; place++)
        {
            if (!Holds(labels, place))
                continue;
            bool tells = false,
                isOutside = false;
            for (int c = 0; c < channels; c++)
            {
                float value = labels.Label(task)[c * count + place];
                if (!Says(own, value))
                    continue;
                tells = true;
                isOutside |= value < Bound(lowest, c, double.NegativeInfinity) || value > Bound(highest, c, double.PositiveInfinity);
            }
            places += tells ? 1 : 0;
            if (!isOutside)
                continue;
            violated++;
            if (dropped[task])
                Forget(labels, task, place);
            else if (where is { } other && dropped[other])
                Forget(labels, other, place);
        }
        return (violated, places);
    }

    private static double Bound(double[]? bounds, int channel, double none) =>
        bounds is null ? none
        : bounds.Length == 1 ? bounds[0]
        : bounds[channel];

    private bool Holds(SampleBuffer labels, int place)
    {
        if (where is not { } other)
            return true;
        ReadOnlySpan<float> label = labels.Label(other);
        if (Task(other).Kind is not TagsKind)
            return Array.IndexOf(classes, (int)label[IsOfPixels(other) ? place : 0]) >= 0;
        foreach (int tag in classes)
        {
            // NaN is not above anything.
            if (label[tag] > 0.5f)
                return true;
        }
        return false;
    }
}
