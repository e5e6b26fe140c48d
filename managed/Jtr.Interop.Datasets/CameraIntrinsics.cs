namespace Jtr.Interop.Datasets;

/// <summary>A pinhole camera: in pixels of an image of a given size, the centre of the upper left pixel being (0, 0).</summary>
/// <param name="FocalX">Focal length in pixels along a row.</param>
/// <param name="FocalY">Focal length in pixels along a column.</param>
/// <param name="CenterX">Column of the principal point.</param>
/// <param name="CenterY">Row of the principal point.</param>
/// <param name="Width">Columns of the image that the values are for.</param>
/// <param name="Height">Rows of that image.</param>
public readonly record struct CameraIntrinsics(double FocalX, double FocalY, double CenterX, double CenterY, int Width, int Height)
{
    /// <summary>
    /// The colour camera of NYU-v2, into which the depth of its .mat file is projected: camera_params.m of the authors'
    /// toolbox, whose principal point counts pixels from 1.
    /// </summary>
    public static CameraIntrinsics NyuV2 { get; } =
        new(5.1885790117450188e+02, 5.1946961112127485e+02, 3.2558244941119034e+02 - 1, 2.5373616633400465e+02 - 1, 640, 480);

    /// <summary>Whether all values are finite and focal lengths and sizes above 0.</summary>
    public bool IsValid => FocalX > 0 && FocalY > 0 && double.IsFinite(FocalX + FocalY + CenterX + CenterY) && Width > 0 && Height > 0;

    /// <summary>The same camera with an image of another size.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    public CameraIntrinsics ScaledTo(int width, int height)
    {
        double x = (double)width / Width;
        double y = (double)height / Height;
        return new CameraIntrinsics(FocalX * x, FocalY * y, (CenterX + 0.5) * x - 0.5, (CenterY + 0.5) * y - 0.5, width, height);
    }
}
