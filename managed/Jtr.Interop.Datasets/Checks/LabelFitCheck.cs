using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>Labels that do not lie on their photographs: of another size, or turned otherwise (EXIF).</summary>
internal sealed class LabelFitCheck(VisionTask task) : IDataCheck
{
    private readonly List<string> _turned = [];
    private readonly List<string> _unsure = [];
    private readonly List<(string Path, string Sizes)> _others = [];
    private int _looked;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.Raw is not RawLabel raw || label.Photograph is not StoredSize photograph)
            return;
        _looked++;
        bool isStored = raw.Height == photograph.Height && raw.Width == photograph.Width,
            isUpright = raw.Height == photograph.UprightHeight && raw.Width == photograph.UprightWidth;
        if (!isUpright && isStored)
            _turned.Add(label.Path);
        else if (!isUpright)
            _others.Add(
                (label.Path, $"{raw.Height} x {raw.Width} for a photograph of {photograph.UprightHeight} x {photograph.UprightWidth}")
            );
        else if (isStored && photograph.Orientation > 1)
            _unsure.Add(label.Path);
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        if (_turned.Count > 0)
        {
            yield return Finding(
                FindingLevel.Warning,
                "label-turned",
                "the photographs are turned upright as their EXIF data say, the labels lie as the photographs are stored",
                "Turn the labels too, or save the photographs upright and without EXIF orientation",
                _turned
            );
        }
        if (_unsure.Count > 0)
        {
            yield return Finding(
                FindingLevel.Warning,
                "label-turned",
                "the photographs are turned upright or mirrored as their EXIF data say, and the labels' size fits either way",
                "Look at the picture of 'jtr inspect': where labels do not lie on things, turn them too",
                _unsure
            );
        }
        if (_others.Count > 0)
        {
            yield return Finding(
                FindingLevel.Warning,
                "label-size",
                $"labels have another size than their photographs, as {_others[0].Sizes}, and cannot be used",
                "Give each label the rows and columns of its photograph",
                [.. _others.Select(o => o.Path)]
            );
        }
    }

    private DataFinding Finding(FindingLevel level, string check, string message, string advice, List<string> files) =>
        new()
        {
            Level = level,
            Check = check,
            Task = task.Name,
            Message = message,
            Advice = advice,
            File = files[0],
            Count = files.Count,
            Looked = _looked,
        };
}
