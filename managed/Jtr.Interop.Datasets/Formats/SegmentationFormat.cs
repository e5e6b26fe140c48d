using System.Text.Json.Nodes;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Checks.Kinds;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Predictions;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>Class ids; see <see cref="SegmentationLabels"/>.</summary>
internal sealed class SegmentationFormat() : BuiltInFormat("segmentation")
{
    public override IReadOnlyList<string> FolderNames =>
        [
            "seg",
            "segs",
            "segmentation",
            "segmentations",
            "semantic",
            "semantics",
            "label",
            "labels",
            "mask",
            "masks",
            "annotation",
            "annotations",
            "segmentationclass",
            "segmentationclassraw",
            "labelids",
            "classes",
            "gt",
        ];

    public override IReadOnlyList<string> Keys => ["classes", "class_count", "class_weights", "void_id", "values"];

    internal override IEnumerable<IDataCheck> Checks(VisionTask task, int index) =>
        task is SegmentationTask segmentation ? [new OneClassCheck(segmentation), new ClassOnlyInTestCheck(task, index)] : [];

    internal override string? Misfit(VisionTask task, VisionTask? known, TaskSettings settings)
    {
        int none = settings.Whole("void_id") ?? FolderDataset.DefaultVoidId;
        if (known is not null && known.Channels < task.Channels)
            return $"has {known.Channels} classes there; the network has {task.Channels}";
        return none < task.Channels
            ? $"has the void id {none} there, which is a class of the network, which has {task.Channels}: give it another \"void_id\""
            : null;
    }

    public override LabelPacking Packing => LabelPacking.Ids;

    // Reads every file once; a tasks.json saves that.
    internal override VisionTask Discover(TaskKind kind, string name, LabelSurvey survey) =>
        // Two is the least that a task can have.
        kind.Create(name, Math.Max(survey.Numbers(path => SegmentationLabels.LargestId(path, survey.VoidId)).Append(0).Max() + 1, 2));

    internal override LabelImage Image(VisionTask task, double depthScale) => new IdImage(task.Channels);

    internal override Func<LabelSource, PackedLabel> Reader(VisionTask task, TaskSettings settings, FolderOptions options)
    {
        int voidId = VoidId(settings, options);
        ClassValues? values = settings.Wholes("values") is { } numbers ? new ClassValues(numbers) : null;
        return source => SegmentationLabels.Read(source, (SegmentationTask)task, voidId, values);
    }

    internal override LabelReading Reading(TaskSettings settings, FolderOptions options)
    {
        int voidId = VoidId(settings, options);
        return new LabelReading { VoidId = settings.Wholes("values")?.Contains(voidId) == true ? -1 : voidId };
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
        IReadOnlyList<int>? values = settings.Wholes("values");
        int? voidId = settings.Whole("void_id");
        int classes =
            settings.Whole("class_count")
            ?? settings.Texts("classes")?.Count
            ?? values?.Count
            ?? throw new ArgumentException("'classes' or 'class_count' is missing");
        if (values is not null)
            CheckValues(values, classes, voidId);
        return classes;
    }

    private static int VoidId(TaskSettings settings, FolderOptions options) =>
        options.VoidId ?? settings.Whole("void_id") ?? FolderDataset.DefaultVoidId;

    private static void CheckValues(IReadOnlyList<int> values, int classes, int? voidId)
    {
        if (values.Count != classes)
            throw new ArgumentException($"'values' has {values.Count} numbers for {classes} classes");
        foreach (int value in values)
        {
            if (value is < 0 or > ushort.MaxValue)
                throw new ArgumentException($"'values' has {value}; they have to be 0 to {ushort.MaxValue}");
            if (values.Count(v => v == value) > 1)
                throw new ArgumentException($"'values' has {value} twice");
            if (value == voidId)
                throw new ArgumentException($"'values' and 'void_id' are both {value}");
        }
    }

    internal override string SettingOf(string key) => key == "class_names" ? "classes" : key;
}
