using System.Text.Json.Nodes;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>Class ids; see <see cref="SegmentationLabels"/>.</summary>
internal sealed class SegmentationFormat() : BuiltInFormat("segmentation")
{
    public override IReadOnlyList<string> FolderNames => ["seg", "segmentation", "semantic", "label", "labels"];

    public override IReadOnlyList<string> Keys => ["classes", "class_count", "void_id"];

    public override LabelPacking Packing => LabelPacking.Ids;

    // Reads every file once; a tasks.json saves that.
    internal override VisionTask Discover(TaskKind kind, string name, LabelSurvey survey) =>
        // Two is the least that a task can have.
        kind.Create(name, Math.Max(survey.Numbers(path => SegmentationLabels.LargestId(path, survey.VoidId)).Append(0).Max() + 1, 2));

    internal override Func<LabelSource, PackedLabel> Reader(VisionTask task, TaskSettings settings, FolderOptions options)
    {
        int voidId = options.VoidId ?? settings.Whole("void_id") ?? FolderDataset.DefaultVoidId;
        return source => SegmentationLabels.Read(source, (SegmentationTask)task, voidId);
    }

    internal override int BytesPerValue(VisionTask task, bool isNpy) => task.Channels < 256 ? sizeof(byte) : sizeof(ushort);

    internal override JsonObject WriteTask(VisionTask task)
    {
        JsonObject settings = base.WriteTask(task);
        // 255 is a class then; 16-bit images have another.
        if (task.Channels > byte.MaxValue)
            settings["void_id"] = ushort.MaxValue;
        return settings;
    }

    private protected override int? ReadChannels(TaskSettings settings)
    {
        settings.Whole("void_id");
        return settings.Whole("class_count")
            ?? settings.Texts("classes")?.Count
            ?? throw new ArgumentException("'classes' or 'class_count' is missing");
    }

    private protected override string SettingOf(string key) => key == "class_names" ? "classes" : key;
}
