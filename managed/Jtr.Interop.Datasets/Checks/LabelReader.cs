using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>Reads single labels of any data set, for checks.</summary>
internal static class LabelReader
{
    /// <summary>[C, H, W] of a label at the training size, or [C]; empty where a file of the sample is damaged.</summary>
    public static float[] ReadValues(IMultiTaskDataset data, int sample, int task, CancellationToken cancellationToken)
    {
        if (data is FolderDataset folder)
            return Try(() => folder.ReadLabelAlone(sample, task));
        float[] image = new float[data.Inputs.ImageValues(data.Height, data.Width)],
            labels = new float[data.Tasks.LabelValues(data.Height, data.Width)];
        return Try(() =>
        {
            SampleBuffer buffer = new(data.Tasks, data.Inputs.ImageAlone, data.Height, data.Width, image, labels, [], []);
            return data.Read(sample, TaskMask.None.With(task), buffer, cancellationToken)[task] ? buffer.Label(task).ToArray() : [];
        });
    }

    /// <summary>A label with what its file says, and what its photograph does.</summary>
    /// <param name="data">The data.</param>
    /// <param name="isTest">Which part they are.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="task">A task that it has a label for.</param>
    /// <param name="kind">The task, under the name that it has where the data are joined with others.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static SeenLabel Read(
        IMultiTaskDataset data,
        bool isTest,
        int sample,
        int task,
        VisionTask kind,
        CancellationToken cancellationToken
    )
    {
        FolderDataset? folder = data as FolderDataset;
        Folders.LabelReading reading = folder?.ReadingOf(task) ?? new Folders.LabelReading();
        string? path = folder?.GetLabelPath(sample, task);
        bool hasPicture = path is not null && !folder!.IsTable(task);
        return new SeenLabel
        {
            IsTest = isTest,
            Task = kind,
            Path = path ?? (data as LayoutDataset)?.GetLabelPath(sample, task) ?? data.GetName(sample),
            Raw = hasPicture ? Try<RawLabel?>(() => RawLabel.Read(path!, LabelFormat.Of(kind.Kind).HasIds), null) : null,
            Photograph = folder is null
                ? null
                : Try<StoredSize?>(() => Folders.ImageFiles.ReadStoredSize(folder.GetImagePath(sample)), null),
            Values = ReadValues(data, sample, task, cancellationToken),
            VoidId = reading.VoidId,
            DepthScale = reading.DepthScale,
            NoneValue = reading.NoneValue,
        };
    }

    private static float[] Try(Func<float[]> read) => Try(read, [])!;

    // What cannot be read is an error of its own, which inspection and training name.
    private static T Try<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JtrFormatException or IOException or UnauthorizedAccessException)
        {
            return otherwise;
        }
    }
}
