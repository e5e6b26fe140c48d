using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>
/// Looks at labels before they are learned: whether they hold what they are taken for. Of large data sets a sample is looked at.
/// </summary>
/// <remarks>
/// Files are looked at in full where the data are a <see cref="FolderDataset"/>; of other data sets, whose formats are known, the values.
/// Of a <see cref="JoinedDataset"/> each source is looked at.
/// </remarks>
public static class DataChecks
{
    // Those of a kind of task are told by its LabelFormat.
    private static readonly Func<IDataCheck>[] _ofData =
    [
        () => new NoLabelCheck(),
        () => new UnlabeledCheck(),
        () => new NearDuplicateCheck(),
    ];

    /// <summary>Looks at data.</summary>
    /// <param name="train">To train on.</param>
    /// <param name="test">To score on, with the same tasks; or null.</param>
    /// <param name="options">How to look; null: as <see cref="DataCheckOptions"/> does by itself.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ArgumentException">
    /// The labels of the options are not for these data, or the parts' tasks differ in number.
    /// </exception>
    public static DataCheckReport Run(
        IMultiTaskDataset train,
        IMultiTaskDataset? test = null,
        DataCheckOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(train);
        options ??= new DataCheckOptions();
        if (options.Labels is { } labels && labels.Count != train.Count)
            throw new ArgumentException($"labels for {labels.Count} samples, the data have {train.Count}", nameof(options));
        if (test is not null && test.Tasks.Count != train.Tasks.Count)
            throw new ArgumentException($"{test.Tasks.Count} tasks to score on, {train.Tasks.Count} to train on", nameof(test));
        Looking looking = new(new CheckedData(train, test, options, cancellationToken), cancellationToken);
        looking.Look();
        return new DataCheckReport([.. looking.Conclude().OrderByDescending(f => f.Level)], looking.Photographs, looking.Labels);
    }

    /// <summary>One look at data.</summary>
    private sealed class Looking(CheckedData data, CancellationToken cancellationToken)
    {
        private readonly List<IDataCheck>[] _tasks =
        [
            .. data.Train.Tasks.Select(
                (task, index) => (List<IDataCheck>)[new LabelFitCheck(task), .. LabelFormat.Of(task.Kind).Checks(task, index)]
            ),
        ];

        private readonly List<IDataCheck> _data = [.. _ofData.Select(make => make())];

        /// <summary>Photographs that were looked at.</summary>
        public int Photographs { get; private set; }

        /// <summary>Labels that were looked at.</summary>
        public int Labels { get; private set; }

        /// <summary>Shows labels and photographs to the checks.</summary>
        public void Look()
        {
            LookAtLabels(data.Train, isTest: false);
            if (data.Test is null)
                return;
            LookAtLabels(data.Test, isTest: true);
            LookAtPhotographs(data.Train, isTest: false);
            LookAtPhotographs(data.Test, isTest: true);
        }

        /// <summary>What they found.</summary>
        public IEnumerable<DataFinding> Conclude() => _tasks.SelectMany(c => c).Concat(_data).SelectMany(c => c.Conclude(data));

        private void LookAtLabels(IMultiTaskDataset part, bool isTest)
        {
            for (int t = 0; t < part.Tasks.Count; t++)
            {
                foreach (int sample in data.Labeled(isTest, t, data.Options.MostLabels))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    (IMultiTaskDataset source, int at, int task) = Origin.Of(part, sample, t);
                    SeenLabel label = LabelReader.Read(source, isTest, at, task, part.Tasks[t], cancellationToken);
                    using RawLabel? raw = label.Raw;
                    foreach (IDataCheck check in _tasks[t].Concat(_data))
                        check.See(label);
                    Labels++;
                    data.Options.Progress?.Invoke(Labels + Photographs);
                }
            }
        }

        private void LookAtPhotographs(IMultiTaskDataset part, bool isTest)
        {
            string[] paths = [.. Enumerable.Range(0, part.Count).Select(i => Origin.PhotographOf(part, i)).OfType<string>().Distinct()];
            if (paths.Length == 0)
                return;
            long bytes = paths.Sum(Length);
            long most = Math.Min(
                data.Options.MostPhotographs,
                Math.Max(1, data.Options.MostPhotographBytes * paths.Length / Math.Max(1, bytes))
            );
            foreach (int i in CheckedData.Spread([.. Enumerable.Range(0, paths.Length)], (int)most))
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    SeenPhotograph photograph = new(isTest, paths[i], Fingerprint.Of(paths[i]));
                    foreach (IDataCheck check in _data)
                        check.See(photograph);
                    Photographs++;
                    data.Options.Progress?.Invoke(Labels + Photographs);
                }
                catch (Exception e) when (e is JtrFormatException or IOException or UnauthorizedAccessException)
                {
                    // Reading it for training is an error that names it.
                }
            }
        }

        private static long Length(string path)
        {
            FileInfo file = new(path);
            return file.Exists ? file.Length : 0;
        }
    }

    /// <summary>Where samples of data sets around others come from.</summary>
    private static class Origin
    {
        /// <summary>The data set, sample and task there.</summary>
        public static (IMultiTaskDataset Data, int Sample, int Task) Of(IMultiTaskDataset data, int sample, int task)
        {
            if (data is not JoinedDataset joined)
                return (data, sample, task);
            SampleOrigin origin = joined.GetSource(sample);
            JoinedSource source = joined.Sources[origin.Source];
            int there = source.Data.Tasks.ToList().FindIndex(t => source.JoinedName(t.Name) == joined.Tasks[task].Name);
            return Of(source.Data, origin.Index, there);
        }

        /// <summary>The file of a sample's photograph, or null where it has none that is a JPEG or PNG.</summary>
        public static string? PhotographOf(IMultiTaskDataset data, int sample)
        {
            string? path = data switch
            {
                FolderDataset folder => folder.GetImagePath(sample),
                LayoutDataset layout => layout.GetImagePath(sample),
                NyuV2Dataset nyu => nyu.GetImagePath(sample),
                JoinedDataset joined => PhotographOf(joined.Sources[joined.GetSource(sample).Source].Data, joined.GetSource(sample).Index),
                _ => null,
            };
            return path is null || Folders.FolderIndex.IsNpy(path) ? null : path;
        }
    }
}
