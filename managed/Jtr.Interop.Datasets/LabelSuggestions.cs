using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Suggestions;
using Jtr.Interop.Inference;

namespace Jtr.Interop.Datasets;

/// <summary>A photograph that is worth a label.</summary>
/// <param name="Index">Its place in the data set.</param>
/// <param name="Name">Its name.</param>
/// <param name="MeanDistance">
/// How far photographs are from the nearest labelled one, in the mean, once it and those before it are labelled: the root of the mean
/// squared difference of their thumbnails, 0 to 1.
/// </param>
public sealed record LabelSuggestion(int Index, string Name, double MeanDistance);

/// <summary>
/// Which photographs to label next: those that stand for as many others as possible. Photographs are compared by thumbnails of 12 x 16
/// pixels, and chosen one after the other so that the mean distance to the nearest labelled one falls fastest (greedy facility location;
/// Nemhauser, Wolsey and Fisher, 1978).
/// </summary>
public sealed record LabelSuggestions
{
    /// <summary>Rows of a thumbnail.</summary>
    internal const int Rows = 12;

    /// <summary>Columns of a thumbnail.</summary>
    internal const int Columns = 16;

    private const int Draws = 32;

    private LabelSuggestions() { }

    /// <summary>The photographs, the most useful first.</summary>
    public required IReadOnlyList<LabelSuggestion> Photographs { get; init; }

    /// <summary>Photographs that have a label.</summary>
    public required int Labeled { get; init; }

    /// <summary>The mean distance to the nearest labelled photograph now; null where none is labelled.</summary>
    public required double? MeanDistanceNow { get; init; }

    /// <summary>The mean distance if as many photographs were drawn at random: the mean of 32 draws.</summary>
    public required double MeanDistanceAtRandom { get; init; }

    /// <summary>Photographs that cannot be read, which are left out.</summary>
    public required IReadOnlyList<FolderProblem> Problems { get; init; }

    /// <summary>Chooses photographs.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="count">How many, 1 or more; fewer where fewer lack the label.</param>
    /// <param name="task">The task that they are to be labelled for: what has its label counts as chosen. Null: nothing counts.</param>
    /// <param name="progress">Told the number of photographs that were read, by one thread at a time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count or the task is.</exception>
    /// <exception cref="JtrFormatException">No photograph can be read.</exception>
    public static LabelSuggestions Choose(
        FolderDataset data,
        int count,
        int? task = null,
        Action<int>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (task is { } number)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number, nameof(task));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, data.Tasks.Count, nameof(task));
        }
        float[]?[] read = Thumbnails(data, progress, out List<FolderProblem> problems, cancellationToken);
        int[] places = [.. Enumerable.Range(0, data.Count).Where(i => read[i] is not null)];
        if (places.Length == 0)
            throw new JtrFormatException(problems[0].Path, problems[0].Message);
        float[][] points = [.. places.Select(i => read[i]!)];
        bool IsLabeled(int point) => task is { } t && data.GetLabeled(places[point])[t];
        int[] labeled = [.. Enumerable.Range(0, points.Length).Where(IsLabeled)],
            others = [.. Enumerable.Range(0, points.Length).Where(p => !IsLabeled(p))];

        FacilityLocation chosen = Of(labeled);
        double now = chosen.Mean;
        LabelSuggestion[] suggestions =
        [
            .. chosen
                .Choose(others, count, cancellationToken)
                .Select(c => new LabelSuggestion(places[c.Point], data.GetName(places[c.Point]), c.Mean)),
        ];
        return new LabelSuggestions
        {
            Photographs = suggestions,
            Labeled = labeled.Length,
            MeanDistanceNow = labeled.Length > 0 ? now : null,
            MeanDistanceAtRandom = Enumerable
                .Range(0, Draws)
                .Average(draw => Of([.. labeled, .. Drawn(others, suggestions.Length, draw)]).Mean),
            Problems = problems,
        };

        FacilityLocation Of(int[] all)
        {
            FacilityLocation location = new(points);
            foreach (int point in all)
                location.Add(point);
            return location;
        }
    }

    private static int[] Drawn(int[] all, int count, int draw)
    {
        CounterRandom random = new((ulong)draw, RandomUse.Suggestion);
        int[] drawn = [.. all];
        for (int i = 0; i < count; i++)
        {
            int j = i + random.NextInt32(drawn.Length - i);
            (drawn[i], drawn[j]) = (drawn[j], drawn[i]);
        }
        return drawn[..count];
    }

    /// <summary>[C, 12, 16] in [0, 1] of every photograph, null where it cannot be read.</summary>
    private static float[]?[] Thumbnails(
        FolderDataset data,
        Action<int>? progress,
        out List<FolderProblem> problems,
        CancellationToken cancellationToken
    )
    {
        float[]?[] read = new float[]?[data.Count];
        FolderProblem?[] bad = new FolderProblem?[data.Count];
        int done = 0;
        Parallel.For(
            0,
            data.Count,
            new ParallelOptions { CancellationToken = cancellationToken },
            i =>
            {
                try
                {
                    read[i] = Thumbnail(data, i);
                }
                catch (Exception e) when (e is JtrFormatException or IOException or UnauthorizedAccessException)
                {
                    bad[i] = FolderProblem.Of(data.GetImagePath(i), e);
                }
                lock (bad)
                    progress?.Invoke(++done);
            }
        );
        problems = [.. bad.OfType<FolderProblem>()];
        return read;
    }

    private static float[] Thumbnail(FolderDataset data, int index)
    {
        if (data.FolderImage.IsRgb)
        {
            byte[] pixels = ImageFiles.ReadThumbnail(data.GetImagePath(index), Rows, Columns);
            return [.. pixels.Select(p => p / (float)byte.MaxValue)];
        }
        using SourceImage image = data.OpenImage(index);
        float[] values = new float[image.Channels * Rows * Columns];
        image.Read(image.Whole, Rows, Columns, values);
        return values;
    }
}
