using System.Globalization;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Checks.Kinds;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Predictions;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>Depths; see <see cref="DepthLabels"/>.</summary>
internal sealed class DepthFormat() : BuiltInFormat("depth")
{
    public override IReadOnlyList<string> FolderNames => ["depth", "depths"];

    public override IReadOnlyList<string> Keys => ["scale", "void_value", "mean", "standard_deviation", "unit"];

    internal override IEnumerable<IDataCheck> Checks(VisionTask task, int index) =>
        task is DepthTask depth ? [new DepthBitsCheck(depth), new DepthConstantCheck(depth)] : [];

    internal override LabelImage Image(VisionTask task, double depthScale) => new DepthImage(depthScale);

    internal override Func<LabelSource, PackedLabel> Reader(VisionTask task, TaskSettings settings, FolderOptions options)
    {
        LabelReading reading = Reading(settings, options);
        return source => DepthLabels.Read(source, reading.DepthScale, reading.NoneValue);
    }

    internal override LabelReading Reading(TaskSettings settings, FolderOptions options) =>
        new()
        {
            DepthScale = options.DepthScale ?? settings.Number("scale") ?? PredictionFiles.DefaultDepthScale,
            NoneValue = settings.Number("void_value"),
        };

    internal override int BytesPerValue(VisionTask task, bool isNpy) => isNpy ? sizeof(float) : sizeof(ushort);

    private protected override int? ReadChannels(TaskSettings settings)
    {
        settings.Number("void_value");
        foreach (string key in (ReadOnlySpan<string>)["scale", "standard_deviation"])
        {
            if (settings.Number(key) is { } number && !(number > 0 && double.IsFinite(number)))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"'{key}' is {number}; it has to be above 0"));
        }
        return null;
    }
}
