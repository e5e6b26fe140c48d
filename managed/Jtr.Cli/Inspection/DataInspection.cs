using Jtr.Cli.Data;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Inspection;

/// <summary>What one part of data holds.</summary>
internal sealed class DataInspection
{
    private DataInspection(DataPart part, IMultiTaskDataset data)
    {
        Part = part;
        Data = data;
        Tasks = [.. data.Tasks.Select(t => new LabelStatistics(t))];
        LabelCounts = new int[data.Tasks.Count + 1];
        Problems.AddRange(DataSource.Problems(data));
    }

    /// <summary>Which part.</summary>
    public DataPart Part { get; }

    /// <summary>The data.</summary>
    public IMultiTaskDataset Data { get; }

    /// <summary>Samples by their number of labels.</summary>
    public int[] LabelCounts { get; }

    /// <summary>Samples that were read.</summary>
    public int Read { get; private set; }

    /// <summary>Samples of which a file cannot be read.</summary>
    public int Bad { get; private set; }

    /// <summary>Statistics of each task.</summary>
    public IReadOnlyList<LabelStatistics> Tasks { get; }

    /// <summary>Files that are damaged, missing or passed over.</summary>
    public List<FolderProblem> Problems { get; } = [];

    /// <summary>Reads samples.</summary>
    /// <param name="part">Which part it is.</param>
    /// <param name="data">The data.</param>
    /// <param name="limit">Samples to read at most, evenly spread.</param>
    /// <param name="progress">Told the number of samples that were read.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static DataInspection Of(DataPart part, IMultiTaskDataset data, int limit, Action<int>? progress, CancellationToken cancellationToken)
    {
        DataInspection inspection = new(part, data);
        for (int i = 0; i < data.Count; i++)
        {
            TaskMask labelled = data.GetLabelled(i);
            inspection.LabelCounts[(labelled & data.Tasks.All).Count]++;
            for (int t = 0; t < data.Tasks.Count; t++) inspection.Tasks[t].Labelled += labelled[t] ? 1 : 0;
        }
        CarefulReader reader = new(data);
        foreach (int sample in Output.PredictionSheet.Spread(data.Count, limit))
        {
            cancellationToken.ThrowIfCancellationRequested();
            int before = inspection.Problems.Count;
            TaskMask read = reader.Read(sample, inspection.Problems, out _);
            for (int t = 0; t < data.Tasks.Count; t++)
            {
                if (read[t]) inspection.Tasks[t].Add(reader.Label(t));
            }
            inspection.Bad += inspection.Problems.Count > before ? 1 : 0;
            inspection.Read++;
            progress?.Invoke(inspection.Read);
        }
        return inspection;
    }

    /// <summary>Adds rows of samples with every label to a picture.</summary>
    public void Draw(PictureGrid grid, int count, Func<string, string> caption)
    {
        CarefulReader reader = new(Data);
        foreach (int sample in Output.PredictionSheet.Spread(Data.Count, count))
        {
            TaskMask labelled = Data.GetLabelled(sample), read = reader.Read(sample, [], out bool hasImage);
            List<PictureCell> cells = [hasImage ? PictureCell.Of(TaskPainter.PaintImage(reader.Image, Data.Height, Data.Width)) : PictureCell.Unreadable];
            for (int t = 0; t < Data.Tasks.Count; t++)
            {
                cells.Add(read[t] ? PictureCell.Of(TaskPainter.PaintLabel(Data.Tasks[t], reader.Label(t), Data.Height, Data.Width))
                    : labelled[t] ? PictureCell.Unreadable : PictureCell.NoLabel);
            }
            grid.AddRow(caption(Data.GetName(sample)), cells);
        }
    }
}
