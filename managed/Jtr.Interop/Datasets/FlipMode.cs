namespace Jtr.Interop.Datasets;

/// <summary>
/// Which views of a sample are mirrored left to right, each with probability 1/2, before their crop (Nishi et al., CVPR 2024).
/// Labels are mirrored with the image, and the x component of normals changes its sign.
/// </summary>
public enum FlipMode
{
    /// <summary>None, as the published code for NYU-v2 does.</summary>
    None = 0,

    /// <summary>All: the sample before view 0's crop, and view 0 before the crop of every further view. For Cityscapes.</summary>
    EveryView = 1,

    /// <summary>
    /// Views 0 and 1 only. What the published code for Cityscapes does: it mirrors view 0 for view 2, too, but then crops
    /// the unmirrored one. To reproduce its results.
    /// </summary>
    Published = 2,
}
