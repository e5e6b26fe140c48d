using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels.Rules;

/// <summary>Implication and exclusion: classes or tags of two tasks, pair by pair.</summary>
internal sealed class ClassPairRule(TaskSet tasks, string word, bool implies, int first, int second, (int First, int Second)[] pairs)
    : LabelRule(tasks, word, first, second)
{
    public override (long Violated, long Places) Apply(SampleBuffer labels, TaskMask dropped)
    {
        if (implies && !IsOfPixels(first) && IsOfPixels(second))
            return ApplySomewhere(labels, dropped);
        int count = IsOfPixels(first) || IsOfPixels(second) ? labels.Height * labels.Width : 1;
        long violated = 0,
            places = 0;
        // Labels of whole photographs are read until the end.
        List<(int Task, int Class)> forgotten = [];
        for (int place = 0; place < count; place++)
        {
            bool tells = false,
                isViolated = false;
            foreach ((int i, int j) in pairs)
            {
                bool? a = Is(labels, first, i, place),
                    b = Is(labels, second, j, place);
                // What is not there breaks nothing, whatever the other one is.
                tells |= (a is not null && b is not null) || a == false;
                if (a != true || b != !implies)
                    continue;
                isViolated = true;
                Drop(labels, dropped, place, i, j, forgotten);
            }
            places += tells || isViolated ? 1 : 0;
            violated += isViolated ? 1 : 0;
        }
        Forget(labels, forgotten);
        return (violated, places);
    }

    /// <summary>A class of the photograph has to have a pixel: only where all pixels say something can it have none.</summary>
    private (long Violated, long Places) ApplySomewhere(SampleBuffer labels, TaskMask dropped)
    {
        bool tells = false,
            isViolated = false;
        List<(int Task, int Class)> forgotten = [];
        foreach ((int i, int j) in pairs)
        {
            if (Is(labels, first, i, 0) is not { } isThere)
                continue;
            bool isKnown = true,
                hasPixel = false;
            for (int place = 0; isThere && !hasPixel && place < labels.Height * labels.Width; place++)
            {
                bool? pixel = Is(labels, second, j, place);
                isKnown &= pixel is not null;
                hasPixel = pixel == true;
            }
            tells |= isKnown || hasPixel;
            if (!isThere || hasPixel || !isKnown)
                continue;
            isViolated = true;
            // None of the pixels says which of them is wrong.
            if (dropped[first])
                forgotten.Add((first, i));
        }
        Forget(labels, forgotten);
        return (isViolated ? 1 : 0, tells ? 1 : 0);
    }

    /// <summary>Pixels give way before what is said of the whole photograph.</summary>
    private void Drop(SampleBuffer labels, TaskMask dropped, int place, int i, int j, List<(int Task, int Class)> forgotten)
    {
        bool ofPixels = false;
        foreach (int task in (int[])[first, second])
        {
            if (!dropped[task] || !IsOfPixels(task))
                continue;
            Forget(labels, task, place);
            ofPixels = true;
        }
        if (ofPixels)
            return;
        foreach ((int task, int of) in ((int, int)[])[(first, i), (second, j)])
        {
            if (dropped[task] && !forgotten.Contains((task, of)))
                forgotten.Add((task, of));
        }
    }

    private void Forget(SampleBuffer labels, List<(int Task, int Class)> forgotten)
    {
        foreach ((int task, int of) in forgotten)
        {
            if (IsTags(task))
                labels.Label(task)[of] = Task(task).InvalidLabel;
            else
                Forget(labels, task, 0);
        }
    }

    private bool IsTags(int task) => Task(task).Kind is TagsKind;

    /// <summary>Whether a class is there; null: the label does not say.</summary>
    private bool? Is(SampleBuffer labels, int task, int of, int place)
    {
        ReadOnlySpan<float> label = labels.Label(task);
        float value = label[
            IsTags(task) ? of
            : IsOfPixels(task) ? place
            : 0
        ];
        if (!Says(Task(task), value))
            return null;
        return IsTags(task) ? value > 0.5f : (int)value == of;
    }
}
