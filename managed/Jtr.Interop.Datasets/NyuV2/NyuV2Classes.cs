using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.NyuV2;

/// <summary>The usual classes and the tasks of NYU-v2.</summary>
internal static class NyuV2Classes
{
    /// <summary>Place of each task in the set.</summary>
    public const int Segmentation = 0;

    public const int Depth = 1;
    public const int Normals = 2;

    // Couprie et al. 2013; the order of class13Mapping.mat and of MTAN's files.
    private static readonly string[] Names13 =
    [
        "bed",
        "books",
        "ceiling",
        "chair",
        "floor",
        "furniture",
        "objects",
        "picture",
        "sofa",
        "table",
        "tv",
        "wall",
        "window",
    ];

    // Gupta et al. 2013; the order of classMapping40.mat.
    private static readonly string[] Names40 =
    [
        "wall",
        "floor",
        "cabinet",
        "bed",
        "chair",
        "sofa",
        "table",
        "door",
        "window",
        "bookshelf",
        "picture",
        "counter",
        "blinds",
        "desk",
        "shelves",
        "curtain",
        "dresser",
        "pillow",
        "mirror",
        "floor mat",
        "clothes",
        "ceiling",
        "books",
        "refridgerator",
        "television",
        "paper",
        "towel",
        "shower curtain",
        "box",
        "whiteboard",
        "person",
        "night stand",
        "toilet",
        "sink",
        "lamp",
        "bathtub",
        "bag",
        "otherstructure",
        "otherfurniture",
        "otherprop",
    ];

    public static TaskSet Tasks(int classCount) =>
        new(new SegmentationTask("segmentation", classCount, classCount == 13 ? Names13 : Names40), new DepthTask(), new NormalsTask());
}
