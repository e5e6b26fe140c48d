using System.Globalization;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Data;

/// <summary>Opens data sets that are joined, and draws their labels.</summary>
internal static class JoinedSources
{
    /// <summary>Opens a part of all sources that have it; null if none has.</summary>
    /// <param name="request">Which.</param>
    /// <param name="part">Which part.</param>
    /// <param name="tasks">The tasks that are wanted, or null for those of all sources.</param>
    /// <exception cref="UsageException">The sources do not fit each other or the tasks.</exception>
    public static JoinedDataset? Open(DataRequest request, DataPart part, TaskSet? tasks)
    {
        List<JoinedSource> sources = [];
        foreach (SourceRequest source in request.Sources!)
        {
            DataRequest own = source.Data with { Size = request.Size, SkipBad = request.SkipBad };
            DataLocation at = DataLocation.Parse(own.Data);
            IMultiTaskDataset data = DataSource.OpenPart(own, at, DataPart.Train, tasks: null)!;
            if (part == DataPart.Test)
            {
                // Both parts have to have the same tasks, which those of training say.
                IMultiTaskDataset? test = DataSource.OpenPart(own, at, DataPart.Test, data.Tasks);
                DataSource.Close(data);
                if (test is null)
                    continue;
                data = test;
            }
            // Scores count every sample once.
            sources.Add(
                new JoinedSource(source.Name, data) { Weight = part == DataPart.Train ? source.Weight : 1, Rename = source.Rename }
            );
        }
        if (sources.Count == 0)
            return null;
        try
        {
            return new JoinedDataset(tasks, sources);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"The data sets cannot be joined: {ErrorText.Describe(e)}.");
        }
    }

    /// <summary>Draws the labels of each source, so that a sample that an epoch has twice shows the same ones each time.</summary>
    /// <param name="scenario">How to draw.</param>
    /// <param name="data">The data.</param>
    /// <param name="sources">Files of labels that take the place of a draw.</param>
    /// <param name="seed">Seed of the run.</param>
    public static LabelAssignment Draw(LabelScenario scenario, JoinedDataset data, IReadOnlyList<SourceRequest> sources, ulong seed)
    {
        List<LabelAssignment?> labels = [];
        for (int s = 0; s < data.Sources.Count; s++)
        {
            JoinedSource source = data.Sources[s];
            string? file = sources.First(r => r.Name == source.Name).Labels;
            labels.Add(
                file is null
                    ? LabelAssignment.Draw(scenario, source.Data, LabelAssignment.SeedOf(seed, s))
                    : LabelsFile.Read(file, source.Data)
            );
        }
        return data.JoinLabels(labels);
    }

    /// <summary>Names, kinds and numbers of samples of the sources, such as "streets 300 (3 times 100), rooms 795".</summary>
    public static string Describe(JoinedDataset data)
    {
        int[] counts = new int[data.Sources.Count];
        for (int i = 0; i < data.Count; i++)
            counts[data.GetSource(i).Source]++;
        return string.Join(
            ", ",
            data.Sources.Select(
                (s, i) =>
                    counts[i] == s.Data.Count
                        ? $"{s.Name} {counts[i]}"
                        : string.Create(CultureInfo.InvariantCulture, $"{s.Name} {counts[i]} (of {s.Data.Count}, weight {s.Weight})")
            )
        );
    }
}
