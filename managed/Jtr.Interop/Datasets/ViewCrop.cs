using System.Runtime.InteropServices;

namespace Jtr.Interop.Datasets;

/// <summary>
/// How a view was cut out of view 0 (Nishi et al., CVPR 2024): the window of <see cref="Height"/> x <see cref="Width"/> pixels was resized
/// to the whole with aligned corners, and depth divided by <see cref="Scale"/>. The memory layout is that which a training step reads.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ViewCrop
{
    /// <summary>A window.</summary>
    /// <param name="scale">How much it was enlarged, above 0.</param>
    /// <param name="top">Its first row.</param>
    /// <param name="left">Its first column, of the mirrored view 0 where <paramref name="mirrored"/>.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="mirrored">Whether view 0 was mirrored left to right before.</param>
    public ViewCrop(double scale, double top, double left, double height, double width, bool mirrored = false)
    {
        Scale = scale;
        Top = top;
        Left = left;
        Height = height;
        Width = width;
        _mirrored = mirrored ? 1 : 0;
    }

    /// <summary>How much the window was enlarged.</summary>
    public double Scale { get; }

    /// <summary>First row of the window.</summary>
    public double Top { get; }

    /// <summary>First column of the window, of the mirrored view 0 where <see cref="Mirrored"/>.</summary>
    public double Left { get; }

    /// <summary>Rows of the window.</summary>
    public double Height { get; }

    /// <summary>Columns of the window.</summary>
    public double Width { get; }

    // Behind the other numbers: fields lie in the order of their declarations, and this is 0 or 1 as the native side reads it.
    private readonly double _mirrored;

    /// <summary>Whether view 0 was mirrored left to right before.</summary>
    public bool Mirrored => _mirrored != 0;

    /// <summary>The whole of a view.</summary>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    public static ViewCrop Whole(int height, int width) => new(1, 0, 0, height, width);
}
