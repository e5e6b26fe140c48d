using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;
using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Inspection;

/// <summary>How data are opened and drawn that are to be looked at.</summary>
internal static class InspectedData
{
    // Wide enough to see what is there, small enough for a sheet of several columns.
    private const int Widest = 384;

    private static readonly ImageSize _sceneSize = new(96, 192);

    /// <summary>
    /// Data whose files may be damaged or missing, which is to be listed instead of being the end; where no size is said, at that of
    /// the photographs.
    /// </summary>
    public static DataRequest Prepare(DataRequest request, DataLocation at, bool hasSize)
    {
        if (!hasSize && at.Kind == DataKind.Scenes)
            request = request with { Size = _sceneSize };
        if (!hasSize && at.Kind == DataKind.Folder)
            request = request with { Size = OwnSize(at.Path) ?? request.Size };
        return Tolerant(request, at.Kind) with
        {
            Sources = request.Sources?.Select(s => s with { Data = Tolerant(s.Data, DataLocation.Parse(s.Data.Data).Kind) }).ToArray(),
        };
    }

    /// <summary>The range of nearly all values, those far above the mean left out; null when there are none.</summary>
    public static ValueRange? Range(IEnumerable<LabelStatistics> parts)
    {
        float low = float.PositiveInfinity,
            high = float.NegativeInfinity;
        foreach (LabelStatistics part in parts)
        {
            low = Math.Min(low, part.Lowest ?? low);
            if (part.Highest is float highest)
                high = Math.Max(high, Math.Min(highest, (float)(part.Mean + 3 * part.Deviation)!));
        }
        return low > high ? null
            : low == high ? new(low - 0.5f, high + 0.5f)
            : new(low, high);
    }

    private static DataRequest Tolerant(DataRequest request, DataKind kind) =>
        request with
        {
            SkipBad = true,
            Layout = kind is DataKind.NyuV2 or DataKind.Cityscapes or DataKind.Taskonomy
                ? (request.Layout ?? new LayoutRequest()) with
                {
                    AllowMissing = true,
                }
                : request.Layout,
        };

    /// <summary>The size of the first photograph that can be read, as multiples of 32 and not too wide.</summary>
    private static ImageSize? OwnSize(string root)
    {
        string?[] folders =
        [
            FolderDataset.FindPhotographs(root),
            PartNames.Find(root, DataPart.Train) is string train ? FolderDataset.FindPhotographs(train) : null,
        ];
        foreach (string folder in folders.OfType<string>())
        {
            FolderImage image = FolderDataset.DescribeImage(Path.GetDirectoryName(folder)!);
            foreach (string file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            {
                try
                {
                    (int height, int width) = image.ReadSize(file);
                    double scale = Math.Min(1, Widest / (double)width);
                    return new(Multiple(height * scale), Multiple(width * scale));
                }
                catch (JtrFormatException)
                {
                    // The reader lists it.
                }
            }
        }
        return null;
    }

    private static int Multiple(double size) => Math.Clamp((int)Math.Round(size / 32) * 32, 32, ImageSize.Largest);
}
