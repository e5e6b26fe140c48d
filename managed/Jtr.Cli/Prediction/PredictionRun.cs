using Jtr.Cli.Output;
using Jtr.Cli.Prediction.Formats;
using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Prediction;

/// <summary>
/// Predicts photographs, a few at once: while one is in the network, others are read and written. The network takes those of one size
/// together. A photograph that cannot be read is noted, and the rest go on.
/// </summary>
internal sealed class PredictionRun(Predictor predictor, PredictionJob job)
{
    private const int ThumbnailWidth = 256;

    // The C library keeps what codecs and the network give back, in pieces, and holds more and more of it.
    private const int PhotographsPerTrim = 32;

    private readonly PredictionOutcome _outcome = new();
    private readonly object _gate = new();
    private PredictionTable? _table;

    /// <summary>Predicts all; what is under way when it is cancelled or fails is finished first.</summary>
    /// <param name="items">The photographs.</param>
    /// <param name="done">Receives the number of photographs that are done.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<PredictionOutcome> RunAsync(IEnumerable<PhotographItem> items, Action<int> done, CancellationToken cancellationToken)
    {
        using PredictionTable? table = job.Csv ? new PredictionTable(Path.Combine(job.Output, "predictions.csv"), job.Resume) : null;
        _table = table;
        using IEnumerator<PhotographItem> source = items.GetEnumerator();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long next = 0;
        int finished = 0;
        Task[] workers = [.. Enumerable.Range(0, job.Workers).Select(_ => Task.Factory.StartNew(Work, TaskCreationOptions.LongRunning))];
        await Task.WhenAll(workers).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return _outcome;

        void Work()
        {
            try
            {
                while (Take() is { } taken)
                {
                    Predict(taken.Item, taken.Index);
                    bool isTrim;
                    lock (_gate)
                    {
                        done(++finished);
                        isTrim = finished % PhotographsPerTrim == 0;
                    }
                    if (!isTrim)
                        continue;
                    // Arrays of photographs and predictions, which are large, are collected seldom while memory is plenty.
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    NativeHeap.Trim();
                }
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        }

        (PhotographItem Item, long Index)? Take()
        {
            lock (source)
            {
                if (stop.IsCancellationRequested)
                    return null;
                return source.MoveNext() ? (source.Current, next++) : null;
            }
        }
    }

    /// <summary>The files of a photograph that are to be written.</summary>
    private List<(int Task, IPredictionFormat? Format, string Path)> Files(string name)
    {
        List<(int Task, IPredictionFormat? Format, string Path)> files = [];
        TaskSet tasks = predictor.Tasks;
        TaskMask ofPeople = job.LabeledByPeople?.Invoke(name) ?? TaskMask.None;
        for (int t = 0; t < tasks.Count; t++)
        {
            if (ofPeople[t])
                continue;
            if (job.Labels is { } labels)
            {
                // Labels that somebody made are worth more than predictions.
                if (labels.Has(tasks[t], name))
                {
                    lock (_gate)
                        _outcome.KeptLabels++;
                    continue;
                }
                // First, so that a label that is there has it.
                if (job.Inference.Confidence)
                    files.Add(
                        (
                            t,
                            null,
                            Path.Combine(labels.Root, PseudoLabelDataset.ConfidenceFolder, tasks[t].Name, name + ConfidenceEnding(tasks[t]))
                        )
                    );
                if (labels.IsTable(tasks[t]))
                    files.Add((t, TableRow.Format, labels.PathOf(tasks[t], name, "")));
                else if (job.Formats.FirstOrDefault(f => f.Fits(tasks[t])) is { } format)
                    files.Add((t, format, labels.PathOf(tasks[t], name, format.LabelExtension!)));
                continue;
            }
            foreach (IPredictionFormat format in job.Formats.Where(f => f.Fits(tasks[t])))
                files.Add((t, format, Path.Combine(job.Output, $"{name}.{tasks[t].Name}{format.Ending}")));
            if (job.Inference.Confidence)
                files.Add((t, null, Path.Combine(job.Output, $"{name}.{tasks[t].Name}.confidence{ConfidenceEnding(tasks[t])}")));
        }
        // A label that is to be written is not there, though a table for it may be.
        if (job.Resume && files.TrueForAll(f => (job.Labels is null || f.Format is null) && File.Exists(f.Path)) && IsRecorded(name))
            return [];
        return files;
    }

    // Of a task of whole photographs it is one number, and no image.
    private string ConfidenceEnding(VisionTask task) =>
        task.Kind.Extent == TaskExtent.Image || (job.Labels is null && job.Formats.Any(f => f is NpyFormat)) ? ".npy" : ".png";

    private string RecordPath(string name) => Path.Combine(job.Output, name + ".json");

    private bool IsRecorded(string name) => (!job.Json || File.Exists(RecordPath(name))) && (_table is null || _table.Has(name));

    private void Predict(PhotographItem item, long index)
    {
        List<(int Task, IPredictionFormat? Format, string Path)> files = Files(item.Name);
        bool isWanted = files.Count > 0 || ((job.Json || job.Csv) && !(job.Resume && IsRecorded(item.Name)) && job.Labels is null);
        SourceImage? image = isWanted ? Read(item) : null;
        if (image is null)
        {
            _table?.Add(index, "");
            if (!isWanted)
            {
                lock (_gate)
                    _outcome.Done++;
            }
            return;
        }
        using (image)
        {
            using ImagePrediction prediction = predictor.Predict(image, job.Inference);
            PredictedPhotograph photograph = new(item.Name, item.Source, image, prediction, job.DepthScale);
            foreach ((int task, IPredictionFormat? format, string path) in files)
                Save(photograph, prediction.Predictions[task], format, path);
            int records = SaveRecords(photograph, index);
            if (index < job.SheetRows)
                AddRow(photograph, index);
            lock (_gate)
            {
                _outcome.Predicted++;
                _outcome.Files += files.Count + records;
            }
        }
    }

    private SourceImage? Read(PhotographItem item)
    {
        try
        {
            SourceImage image = item.Read();
            try
            {
                image.Inputs = job.Inputs?.Read(item.Name, image.Height, image.Width);
            }
            catch
            {
                image.Dispose();
                throw;
            }
            return image;
        }
        catch (Exception e) when (e is JtrFormatException or IOException or UnauthorizedAccessException)
        {
            lock (_gate)
                _outcome.Bad.Add(ErrorText.Describe(e));
            return null;
        }
    }

    private void Save(PredictedPhotograph photograph, TaskPrediction prediction, IPredictionFormat? format, string path)
    {
        if (format is null)
        {
            if (Path.GetExtension(path) == ".npy")
                prediction.SaveConfidenceNpy(path);
            else
                prediction.SaveConfidencePng(path, photograph.DepthScale);
        }
        else if (job.Labels is not { } labels)
        {
            format.Save(photograph, prediction, path);
        }
        else if (labels.IsTable(prediction.Task))
        {
            labels.SaveRow(prediction, photograph.Name);
        }
        else if (format.LabelExtension == ".npy")
        {
            labels.SaveNpy(prediction, photograph.Name);
        }
        else
        {
            labels.SavePng(prediction, photograph.Name);
        }
    }

    private int SaveRecords(PredictedPhotograph photograph, long index)
    {
        if (!job.Json && _table is null)
            return 0;
        TaskSummary[] tasks = [.. photograph.Prediction.Predictions.Select(p => p.Summarize())];
        if (job.Json)
        {
            string path = RecordPath(photograph.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            WholeFile.Write(path, PredictionRecords.Json(photograph, tasks));
        }
        _table?.Add(index, PredictionRecords.Lines(photograph, tasks));
        return job.Json ? 1 : 0;
    }

    private void AddRow(PredictedPhotograph photograph, long index)
    {
        ImagePrediction prediction = photograph.Prediction;
        int width = Math.Min(prediction.Width, ThumbnailWidth),
            height = Math.Max(1, (int)((long)prediction.Height * width / prediction.Width));
        RgbImage thumbnail = photograph.Paint(height, width);
        List<PictureCell> cells = [PictureCell.Of(thumbnail)];
        foreach (TaskPrediction task in prediction.Predictions)
            cells.Add(PictureCell.OfLabel(task.Task, Pick(task, height, width), thumbnail, range: null, task.Probabilities));
        lock (_gate)
            _outcome.Rows[index] = (photograph.Name, cells);
    }

    /// <summary>Values under the centres of fewer pixels.</summary>
    private static float[] Pick(TaskPrediction task, int height, int width)
    {
        if (task.Task.Kind.Extent == TaskExtent.Image)
            return task.Values.ToArray();
        int channels = task.Task.LabelChannels;
        float[] picked = new float[channels * height * width];
        ReadOnlySpan<float> values = task.Values;
        int to = 0;
        for (int c = 0; c < channels; c++)
        {
            for (int y = 0; y < height; y++)
            {
                int row = (c * task.Height + (int)((2L * y + 1) * task.Height / (2L * height))) * task.Width;
                for (int x = 0; x < width; x++)
                    picked[to++] = values[row + (int)((2L * x + 1) * task.Width / (2L * width))];
            }
        }
        return picked;
    }
}
