using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks.Kinds;

/// <summary>Segmentation and classification: classes that only the data to score on have, which nothing can learn.</summary>
internal sealed class ClassOnlyInTestCheck(VisionTask task, int index) : IDataCheck
{
    // Before a class is said to be missing, so many times as many labels are read: rare ones are in few photographs.
    private const int Further = 16;

    private readonly Dictionary<int, (int Count, string File)> _test = [];
    private readonly HashSet<int> _train = [];
    private int _testLooked;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.Values.IsEmpty)
            return;
        HashSet<int> ids = label.IsTest ? [] : _train;
        Add(label.Values.Span, ids);
        if (!label.IsTest)
            return;
        _testLooked++;
        foreach (int id in ids)
            _test[id] = _test.TryGetValue(id, out (int Count, string File) seen) ? (seen.Count + 1, seen.File) : (1, label.Path);
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        if (_train.Count == 0)
            yield break;
        List<int> missing = [.. _test.Keys.Except(_train).Order()];
        int[] further = data.Labeled(isTest: false, index, (int)Math.Min(int.MaxValue, (long)Further * data.Options.MostLabels));
        foreach (int sample in further)
        {
            if (missing.Count == 0)
                break;
            Add(LabelReader.ReadValues(data.Train, sample, index, data.CancellationToken), _train);
            missing.RemoveAll(_train.Contains);
        }
        if (missing.Count == 0)
            yield break;
        yield return new DataFinding
        {
            Level = FindingLevel.Warning,
            Check = "class-only-in-test",
            Task = task.Name,
            Message =
                $"{(missing.Count == 1 ? "a class is" : $"{missing.Count} classes are")} in the data to score on, but in none of "
                + $"{further.Length} labels to train on: "
                + string.Join(", ", missing.Select(id => $"{id} ({task.Kind.ClassNames(task)[id]})")),
            Advice = "Its score cannot rise above 0: move photographs with it to the training part, or leave the class out",
            File = _test[missing[0]].File,
            Count = missing.Max(id => _test[id].Count),
            Looked = _testLooked,
        };
    }

    private static void Add(ReadOnlySpan<float> values, HashSet<int> ids)
    {
        int last = -1;
        foreach (float value in values)
        {
            int id = (int)value;
            if (value < 0 || id == last)
                continue;
            ids.Add(id);
            last = id;
        }
    }
}
