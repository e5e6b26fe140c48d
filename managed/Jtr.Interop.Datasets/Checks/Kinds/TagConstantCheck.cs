using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks.Kinds;

/// <summary>Tags: those that all photographs to train on have, or none, of which there is nothing to tell apart.</summary>
internal sealed class TagConstantCheck(TagsTask task, int index) : IDataCheck
{
    // Before a tag is said to be missing, so many times as many labels are read: rare ones are in few photographs.
    private const int Further = 16;
    private const int MostNamed = 5;

    private readonly bool[] _with = new bool[task.TagCount];
    private readonly bool[] _without = new bool[task.TagCount];
    private readonly bool[] _test = new bool[task.TagCount];
    private int _looked;
    private string? _file;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.Values.IsEmpty)
            return;
        if (!label.IsTest)
        {
            _looked++;
            _file ??= label.Path;
        }
        Add(label.Values.Span, label.IsTest ? _test : _with, _without, label.IsTest);
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        if (_looked == 0)
            yield break;
        // Tables are in memory.
        long most = data.Train is FolderDataset folder && folder.IsTable(index) ? int.MaxValue : (long)Further * data.Options.MostLabels;
        int[] further = data.Labeled(isTest: false, index, (int)Math.Min(int.MaxValue, most));
        foreach (int sample in further.Length > _looked ? further : [])
        {
            if (Array.TrueForAll(_with, w => w) && Array.TrueForAll(_without, w => w))
                break;
            Add(LabelReader.ReadValues(data.Train, sample, index, data.CancellationToken), _with, _without, isTest: false);
        }
        _looked = Math.Max(_looked, further.Length);
        int[] never = [.. Enumerable.Range(0, task.TagCount).Where(t => !_with[t])],
            always = [.. Enumerable.Range(0, task.TagCount).Where(t => _with[t] && !_without[t])];
        if (never.Length > 0)
            yield return Finding(
                $"none of {_looked} labels to train on has the {Tags(never)}{(never.Any(t => _test[t]) ? ", some to score on do" : "")}",
                "Nothing can be learned of it: leave it out of the task's tags, or move photographs with it to the training part"
            );
        if (always.Length > 0 && _looked > 1)
            yield return Finding(
                $"each of {_looked} labels to train on has the {Tags(always)}",
                "There is nothing to tell apart: see that photographs without it are there, or leave it out of the task's tags"
            );
    }

    private static void Add(ReadOnlySpan<float> values, bool[] with, bool[] without, bool isTest)
    {
        for (int t = 0; t < values.Length; t++)
        {
            if (values[t] == 1)
                with[t] = true;
            else if (values[t] == 0 && !isTest)
                without[t] = true;
        }
    }

    private DataFinding Finding(string message, string advice) =>
        new()
        {
            Level = FindingLevel.Warning,
            Check = "tag-constant",
            Task = task.Name,
            Message = message,
            Advice = advice,
            File = _file,
        };

    private string Tags(int[] tags) =>
        $"{(tags.Length == 1 ? "tag" : "tags")} {string.Join(", ", tags.Take(MostNamed).Select(t => task.TagNames[t]))}"
        + (tags.Length > MostNamed ? $" and {tags.Length - MostNamed} more" : "");
}
