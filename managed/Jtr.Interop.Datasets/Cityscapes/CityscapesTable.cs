using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Cityscapes;

/// <summary>
/// The label ids of Cityscapes and what they are trained as, after the table of its authors (cityscapesScripts, labels.py).
/// Ids that its evaluation ignores (void, and rare classes such as caravan) are no label, as a class and as a category.
/// </summary>
internal static class CityscapesTable
{
    /// <summary>Name of the segmentation task.</summary>
    public const string SegmentationName = "segmentation";

    /// <summary>Name of the depth task.</summary>
    public const string DepthName = "depth";

    /// <summary>Number of label ids, from 0 up.</summary>
    public const int IdCount = 34;

    private static readonly string[] Categories = ["flat", "construction", "object", "nature", "sky", "human", "vehicle"];

    // Label id, class and place of its category, in the order of the train ids.
    private static readonly (int Id, string Name, int Category)[] Trained =
    [
        (7, "road", 0),
        (8, "sidewalk", 0),
        (11, "building", 1),
        (12, "wall", 1),
        (13, "fence", 1),
        (17, "pole", 2),
        (19, "traffic light", 2),
        (20, "traffic sign", 2),
        (21, "vegetation", 3),
        (22, "terrain", 3),
        (23, "sky", 4),
        (24, "person", 5),
        (25, "rider", 5),
        (26, "car", 6),
        (27, "truck", 6),
        (28, "bus", 6),
        (31, "train", 6),
        (32, "motorcycle", 6),
        (33, "bicycle", 6),
    ];

    /// <summary>The tasks that options ask for.</summary>
    public static TaskSet Tasks(CityscapesOptions options)
    {
        List<VisionTask> tasks = [];
        if (options.Labels == CityscapesLabels.Categories)
            tasks.Add(new SegmentationTask(SegmentationName, Categories.Length, Categories));
        if (options.Labels == CityscapesLabels.Classes)
            tasks.Add(new SegmentationTask(SegmentationName, Trained.Length, [.. Trained.Select(t => t.Name)]));
        if (options.Depth != CityscapesDepth.None)
            tasks.Add(new DepthTask(DepthName) { Unit = options.Depth == CityscapesDepth.Metric ? "m" : "" });
        return new TaskSet(tasks);
    }

    /// <summary>For every label id its class plus 1, 0 for none.</summary>
    public static byte[] Codes(CityscapesLabels labels)
    {
        byte[] codes = new byte[IdCount];
        for (int i = 0; i < Trained.Length; i++)
            codes[Trained[i].Id] = (byte)((labels == CityscapesLabels.Categories ? Trained[i].Category : i) + 1);
        return codes;
    }
}
