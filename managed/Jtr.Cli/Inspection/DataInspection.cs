using Jtr.Cli.Data;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
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
        Tasks = [.. data.Tasks.Select(t => t.Kind.CreateStatistics(t))];
        Labeled = new int[data.Tasks.Count];
        Present = new int[data.Inputs.Count];
        LabelCounts = new int[data.Tasks.Count + 1];
        Domains = DomainInspection.Of(data);
        Problems.AddRange(DataSource.Problems(data));
    }

    /// <summary>Which part.</summary>
    public DataPart Part { get; }

    /// <summary>The data.</summary>
    public IMultiTaskDataset Data { get; }

    /// <summary>Photographs that were read by the rows and columns that their files have.</summary>
    public Dictionary<(int Height, int Width), int> Sizes { get; } = [];

    /// <summary>Samples by their number of labels.</summary>
    public int[] LabelCounts { get; }

    /// <summary>For each task the samples that have a label, of all samples.</summary>
    public int[] Labeled { get; }

    /// <summary>For each input the samples that have it, of all samples.</summary>
    public int[] Present { get; }

    /// <summary>Samples that were read.</summary>
    public int Read { get; private set; }

    /// <summary>Samples of which a file cannot be read.</summary>
    public int Bad { get; private set; }

    /// <summary>Statistics of each task.</summary>
    public IReadOnlyList<LabelStatistics> Tasks { get; }

    /// <summary>What each domain holds; none where there is but one.</summary>
    public IReadOnlyList<DomainInspection> Domains { get; }

    /// <summary>Files that are damaged, missing or passed over.</summary>
    public List<FolderProblem> Problems { get; } = [];

    /// <summary>Reads samples.</summary>
    /// <param name="part">Which part it is.</param>
    /// <param name="data">The data.</param>
    /// <param name="limit">Samples to read at most, evenly spread.</param>
    /// <param name="progress">Told the number of samples that were read.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static DataInspection Of(
        DataPart part,
        IMultiTaskDataset data,
        int limit,
        Action<int>? progress,
        CancellationToken cancellationToken
    )
    {
        DataInspection inspection = new(part, data);
        for (int i = 0; i < data.Count; i++)
        {
            TaskMask labeled = data.GetLabeled(i);
            inspection.LabelCounts[(labeled & data.Tasks.All).Count]++;
            for (int t = 0; t < data.Tasks.Count; t++)
                inspection.Labeled[t] += labeled[t] ? 1 : 0;
            for (int n = 0; n < data.Inputs.Count; n++)
                inspection.Present[n] += data.HasInput(i, n) ? 1 : 0;
        }
        CarefulReader reader = new(data);
        HashSet<string> known = [.. inspection.Problems.Select(p => p.Path)];
        foreach (int sample in Output.PredictionSheet.Spread(data.Count, limit))
        {
            cancellationToken.ThrowIfCancellationRequested();
            List<FolderProblem> found = [];
            TaskMask read = reader.Read(sample, found, out bool hasImage, cancellationToken);
            if (hasImage && inspection.Domains.Count > 0)
                inspection.Domains[data.GetSampleInfo(sample).Domain].AddColors(reader.Image);
            if (hasImage && DataSource.ImageSizeOf(data, sample) is { } size)
                inspection.Sizes[size] = inspection.Sizes.GetValueOrDefault(size) + 1;
            for (int t = 0; t < data.Tasks.Count; t++)
            {
                if (read[t])
                    inspection.Tasks[t].Add(reader.Label(t));
            }
            inspection.Bad += found.Count > 0 ? 1 : 0;
            // A label may have been found to be damaged before, when the classes were counted.
            inspection.Problems.AddRange(found.Where(f => !known.Contains(f.Path)));
            inspection.Read++;
            progress?.Invoke(inspection.Read);
        }
        return inspection;
    }

    /// <summary>Adds rows of samples with every label to a picture.</summary>
    /// <param name="grid">The picture.</param>
    /// <param name="count">Samples at most, evenly spread.</param>
    /// <param name="ranges">For each task what the colours' ends stand for, or null.</param>
    /// <param name="caption">What to write beside a sample, given its name.</param>
    public void Draw(PictureGrid grid, int count, IReadOnlyList<ValueRange?> ranges, Func<string, string> caption)
    {
        CarefulReader reader = new(Data);
        foreach (int sample in Choose(Data, count))
        {
            TaskMask labeled = Data.GetLabeled(sample),
                read = reader.Read(sample, [], out bool hasImage);
            RgbImage photograph = hasImage
                ? TaskPainter.PaintImage(reader.Image, Data.Height, Data.Width)
                : RgbImage.Create(Data.Height, Data.Width);
            List<PictureCell> cells = [hasImage ? PictureCell.Of(photograph) : PictureCell.Unreadable];
            for (int t = 0; t < Data.Tasks.Count; t++)
            {
                cells.Add(
                    read[t] ? PictureCell.OfLabel(Data.Tasks[t], reader.Label(t), photograph, ranges[t])
                    : labeled[t] ? PictureCell.Unreadable
                    : PictureCell.NoLabel
                );
            }
            grid.AddRow(caption(Data.GetName(sample)), cells);
        }
    }

    /// <summary>Samples evenly spread; of data with several domains equally many of each.</summary>
    private static IEnumerable<int> Choose(IMultiTaskDataset data, int count)
    {
        if (data.Domains.Count == 1)
            return Output.PredictionSheet.Spread(data.Count, count);
        int each = Math.Max(1, count / data.Domains.Count);
        return Enumerable
            .Range(0, data.Count)
            .GroupBy(i => data.GetSampleInfo(i).Domain)
            .OrderBy(domain => domain.Key)
            .Select(domain => domain.ToArray())
            .SelectMany(samples => Output.PredictionSheet.Spread(samples.Length, each).Select(place => samples[place]));
    }
}
