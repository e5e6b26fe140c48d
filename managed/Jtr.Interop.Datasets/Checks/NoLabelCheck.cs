using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>Tasks that no pixel is labelled for. Where all of them are, there is nothing to learn, which is an error.</summary>
internal sealed class NoLabelCheck : IDataCheck
{
    private const string LookAtFiles = "Look at what the labels' files hold, and at the number that says \"none\"";

    private readonly HashSet<string> _usable = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (!label.IsTest && label.HasValue)
            _usable.Add(label.Task.Name);
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        TaskSet tasks = data.Train.Tasks;
        List<(string Task, int Labels)> without = [];
        for (int t = 0; t < tasks.Count; t++)
        {
            if (_usable.Contains(tasks[t].Name))
                continue;
            int[] labeled = data.Labeled(isTest: false, t, int.MaxValue);
            // Those that were looked at say nothing; one further that says something is enough.
            int task = t;
            if (!labeled.Any(sample => HasValue(tasks[task], LabelReader.ReadValues(data.Train, sample, task, data.CancellationToken))))
                without.Add((tasks[t].Name, labeled.Length));
        }
        if (without.Count == 0)
            yield break;
        bool isAll = without.Count == tasks.Count;
        foreach ((string task, int labels) in isAll && tasks.Count > 1 ? [("", without.Sum(w => w.Labels))] : without)
        {
            yield return new DataFinding
            {
                Level = isAll ? FindingLevel.Error : FindingLevel.Warning,
                Check = "no-label",
                Task = task.Length > 0 ? task : null,
                Message =
                    labels == 0 ? $"no photograph to train on has a label{(isAll ? ": there is nothing to learn from" : "")}"
                    : isAll ? $"none of the {labels} labels to train on has a value: there is nothing to learn from"
                    : $"none of its {labels} labels to train on has a value",
                Advice =
                    labels > 0 ? LookAtFiles
                    : IsWithheld(data, task)
                        ? "The data have labels, but the choice of those that training may see leaves none: choose another one"
                    : Strays(data),
                Count = labels,
                Looked = labels,
            };
        }
    }

    /// <summary>Whether there are labels that training does not see: of a task, or of any.</summary>
    private static bool IsWithheld(CheckedData data, string task)
    {
        IMultiTaskDataset train = data.Train;
        int index = train.Tasks.IndexOf(task);
        return Enumerable
            .Range(0, train.Count)
            .Any(i => index >= 0 ? train.GetLabeled(i)[index] : (train.GetLabeled(i) & train.Tasks.All).Count > 0);
    }

    private static bool HasValue(VisionTask task, float[] values) =>
        new SeenLabel
        {
            IsTest = false,
            Task = task,
            Path = "",
            Values = values,
        }.HasValue;

    /// <summary>Names that nearly fit, which is what most often is the matter.</summary>
    private static string Strays(CheckedData data)
    {
        const string rule = "A label has the name of its photograph, with .png or .npy (or in its row of the table)";
        FolderDataset? folder = data.Train as FolderDataset;
        FolderProblem? stray = folder?.Problems.FirstOrDefault(p => p.Message.StartsWith(FolderDataset.Stray, StringComparison.Ordinal));
        if (stray is null)
            return rule;
        string name = Path.GetFileNameWithoutExtension(stray.Path);
        string? photograph = Enumerable
            .Range(0, folder!.Count)
            .Select(folder.GetName)
            .Where(n => name.Contains(n, StringComparison.Ordinal))
            .MaxBy(n => n.Length);
        return photograph is null || stray.Path.EndsWith(Tables.LabelTable.Extension, StringComparison.OrdinalIgnoreCase)
            ? $"{rule}; {stray}"
            : $"{rule}: {stray.Path} would have to be named {photograph}{Path.GetExtension(stray.Path)}";
    }
}
