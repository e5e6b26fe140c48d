using System.Globalization;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>Depths; see <see cref="DepthLabels"/>.</summary>
internal sealed class DepthFormat() : BuiltInFormat("depth")
{
    public override IReadOnlyList<string> FolderNames => ["depth"];

    public override IReadOnlyList<string> Keys => ["scale", "mean", "standard_deviation", "unit"];

    internal override Func<LabelSource, PackedLabel> Reader(VisionTask task, TaskSettings settings, FolderOptions options)
    {
        double scale = options.DepthScale ?? settings.Number("scale") ?? PredictionFiles.DefaultDepthScale;
        return source => DepthLabels.Read(source, scale);
    }

    internal override int BytesPerValue(VisionTask task, bool isNpy) => isNpy ? sizeof(float) : sizeof(ushort);

    private protected override int? ReadChannels(TaskSettings settings)
    {
        foreach (string key in (ReadOnlySpan<string>)["scale", "standard_deviation"])
        {
            if (settings.Number(key) is { } number && !(number > 0 && double.IsFinite(number)))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"'{key}' is {number}; it has to be above 0"));
        }
        return null;
    }
}
