namespace Jtr.Interop.Datasets;

/// <summary>A pinhole camera: in pixels of an image of a given size, the centre of the upper left pixel being (0, 0).</summary>
public readonly record struct CameraIntrinsics
{
    /// <summary>
    /// The colour camera of NYU-v2, into which the depth of its .mat file is projected: camera_params.m of the authors'
    /// toolbox, whose principal point counts pixels from 1.
    /// </summary>
    public static CameraIntrinsics NyuV2 { get; } =
        new()
        {
            FocalX = 5.1885790117450188e+02,
            FocalY = 5.1946961112127485e+02,
            CenterX = 3.2558244941119034e+02 - 1,
            CenterY = 2.5373616633400465e+02 - 1,
            Height = 480,
            Width = 640,
        };

    /// <summary>Focal length in pixels along a row.</summary>
    public required double FocalX { get; init; }

    /// <summary>Focal length in pixels along a column.</summary>
    public required double FocalY { get; init; }

    /// <summary>Column of the principal point.</summary>
    public required double CenterX { get; init; }

    /// <summary>Row of the principal point.</summary>
    public required double CenterY { get; init; }

    /// <summary>Rows of the image that the values are for.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of that image.</summary>
    public required int Width { get; init; }

    /// <summary>Whether all values are finite and focal lengths and sizes above 0.</summary>
    public bool IsValid => FocalX > 0 && FocalY > 0 && double.IsFinite(FocalX + FocalY + CenterX + CenterY) && Width > 0 && Height > 0;

    /// <summary>The same camera with an image of another size.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public CameraIntrinsics WithSize(int height, int width)
    {
        double x = (double)width / Width;
        double y = (double)height / Height;
        return new CameraIntrinsics
        {
            FocalX = FocalX * x,
            FocalY = FocalY * y,
            CenterX = (CenterX + 0.5) * x - 0.5,
            CenterY = (CenterY + 0.5) * y - 0.5,
            Height = height,
            Width = width,
        };
    }
}
