using System.Text.Json.Nodes;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Checks.Kinds;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Predictions;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>Maps; see <see cref="MapLabels"/>. Folders that no other kind claims hold them.</summary>
internal sealed class MapFormat() : BuiltInFormat("map")
{
    public override IReadOnlyList<string> Keys => ["channels"];

    internal override bool HasIds => false;

    internal override IEnumerable<IDataCheck> Checks(VisionTask task, int index) =>
        task is MapTask map ? [new IdsAsMapCheck(map), new ZeroOneMapCheck(map)] : [];

    public override LabelPacking Packing => LabelPacking.Units;

    internal override string Subject => "maps";

    internal override VisionTask Discover(TaskKind kind, string name, LabelSurvey survey) =>
        kind.Create(name, survey.Numbers(CountChannels).Append(1).First());

    internal override LabelImage Image(VisionTask task, double depthScale) => new MapImage(task.Channels);

    internal override Func<LabelSource, PackedLabel> Reader(VisionTask task, TaskSettings settings, FolderOptions options) =>
        source => MapLabels.Read(source, task.LabelChannels);

    internal override int BytesPerValue(VisionTask task, bool isNpy) => isNpy ? sizeof(float) : sizeof(ushort);

    internal override JsonObject WriteTask(VisionTask task)
    {
        JsonObject settings = base.WriteTask(task);
        settings["channels"] = task.Channels;
        return settings;
    }

    private protected override int? ReadChannels(TaskSettings settings) => settings.Whole("channels");

    private static int CountChannels(string path)
    {
        int channels = FolderIndex.IsNpy(path)
            ? NpyReader.ReadShape(path) switch
            {
                [_, _] => 1,
                [int first, int second, int last] => last <= first && last <= second ? last : first,
                int[] shape => throw new JtrFormatException(
                    path,
                    $"an array of shape ({string.Join(", ", shape)}), where a map has (H, W), (H, W, C) or (C, H, W)"
                ),
            }
            : ImageFiles.ReadChannels(path);
        return channels is >= 1 and <= 256
            ? channels
            : throw new JtrFormatException(path, $"a map of {channels} channels; 1 to 256 are read");
    }
}
