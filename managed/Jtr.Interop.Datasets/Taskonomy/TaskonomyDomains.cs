using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Taskonomy;

/// <summary>The seven domains of Taskonomy that are tasks here. A task has its domain's name.</summary>
public static class TaskonomyDomains
{
    /// <summary>Semantic segmentation of 17 classes, background among them.</summary>
    public const string SegmentSemantic = "segment_semantic";

    /// <summary>Depth along the camera's axis, in metres.</summary>
    public const string DepthZBuffer = "depth_zbuffer";

    /// <summary>Surface normals.</summary>
    public const string Normal = "normal";

    /// <summary>Strength of edges of the photograph.</summary>
    public const string EdgeTexture = "edge_texture";

    /// <summary>Strength of occlusion edges of the geometry.</summary>
    public const string EdgeOcclusion = "edge_occlusion";

    /// <summary>Strength of keypoints of the photograph.</summary>
    public const string Keypoints2D = "keypoints2d";

    /// <summary>Strength of keypoints of the geometry.</summary>
    public const string Keypoints3D = "keypoints3d";

    // taskbank/assets/web_assets/pseudosemantics/coco_selected_classes.txt of StanfordVL/taskonomy; ids 1 to 17.
    private static readonly string[] Classes =
    [
        "background",
        "bottle",
        "chair",
        "couch",
        "potted plant",
        "bed",
        "dining table",
        "toilet",
        "tv",
        "microwave",
        "oven",
        "toaster",
        "sink",
        "refrigerator",
        "book",
        "clock",
        "vase",
    ];

    /// <summary>All seven, in the order of the published code.</summary>
    public static IReadOnlyList<string> All { get; } =
    [SegmentSemantic, DepthZBuffer, Normal, EdgeTexture, EdgeOcclusion, Keypoints2D, Keypoints3D];

    /// <summary>The task of a domain.</summary>
    /// <param name="domain">One of <see cref="All"/>.</param>
    /// <exception cref="ArgumentException">It is none of them.</exception>
    public static VisionTask Task(string domain) =>
        domain switch
        {
            SegmentSemantic => new SegmentationTask(domain, Classes.Length, Classes),
            DepthZBuffer => new DepthTask(domain),
            Normal => new NormalsTask(domain),
            EdgeTexture or EdgeOcclusion or Keypoints2D or Keypoints3D => new MapTask(domain),
            _ => throw new ArgumentException($"'{domain}' is none of the domains {string.Join(", ", All)}", nameof(domain)),
        };
}
