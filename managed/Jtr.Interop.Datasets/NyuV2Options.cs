using System.Globalization;

namespace Jtr.Interop.Datasets;

/// <summary>The two parts of NYU-v2.</summary>
public enum NyuV2Split
{
    /// <summary>The 795 samples for training.</summary>
    Train = 0,

    /// <summary>The 654 samples for evaluation; MTAN's layout calls them "val".</summary>
    Test = 1,
}

/// <summary>How an <see cref="NyuV2Dataset"/> is read.</summary>
public sealed record NyuV2Options
{
    /// <summary>
    /// Rows that every sample is resized to, 1 to 8,192; a trainer may want multiples (<see cref="Training.Trainer.Stride"/>).
    /// </summary>
    public int Height { get; init; } = 288;

    /// <summary>
    /// Columns that every sample is resized to, 1 to 8,192; a trainer may want multiples (<see cref="Training.Trainer.Stride"/>).
    /// </summary>
    public int Width { get; init; } = 384;

    /// <summary>Number of classes: 13, as in the papers, or 40. MTAN's files have 13.</summary>
    public int ClassCount { get; init; } = 13;

    /// <summary>
    /// Whether an image without one of its labels counts as not labelled for that task, and a label without an image is
    /// passed over, each noted in <see cref="NyuV2Dataset.Problems"/>; otherwise both are errors.
    /// </summary>
    public bool AllowMissing { get; init; }

    /// <summary>
    /// A folder of further frames that have depth alone, or null: <c>image</c> and <c>depth</c>, both as MTAN's .npy files, or as
    /// a <see cref="FolderDataset"/> has them (JPEG or PNG; depth as 16-bit PNG or .npy). They come behind the other samples.
    /// </summary>
    public string? ExtraFrames { get; init; }

    /// <summary>Metres of one unit of the further frames' whole-number depth files, above 0.</summary>
    public double ExtraDepthScale { get; init; } = 0.001;

    /// <summary>
    /// For the .mat file, which is HDF5: what opens it, given its path and whether the depth is the sensor's
    /// (<see cref="RawDepth"/>): <see cref="Hdf5.NyuV2Hdf5File.Open"/>. Null otherwise. It is named here because its HDF5 library works by
    /// reflection: a program that does not name it can be trimmed and compiled ahead of time.
    /// </summary>
    public Func<string, bool, NyuV2MatFile>? OpenMat { get; init; }

    /// <summary>
    /// For the .mat file: the files that say which of its 894 labels is which class, applied one after the other; null for
    /// those beside it (classMapping40.mat, and for 13 classes classMapping13.mat or class13Mapping.mat). See
    /// <see cref="NyuV2Dataset"/> for their formats.
    /// </summary>
    public IReadOnlyList<string>? ClassMapping { get; init; }

    /// <summary>
    /// For the .mat file: splits.mat, or a text file with the numbers (from 1 up) of the samples of this part; null for the
    /// splits.mat beside it.
    /// </summary>
    public string? SplitFile { get; init; }

    /// <summary>
    /// For the .mat file: a folder of normals, <c>&lt;n&gt;.png</c> or <c>&lt;n&gt;.npy</c>, n being the sample's number from 1 up
    /// (leading zeros are allowed), read as a <see cref="FolderDataset"/> reads normals; null estimates them from depth.
    /// </summary>
    public string? NormalsFolder { get; init; }

    /// <summary>For the .mat file: whether the depth is the sensor's, with holes, instead of the one whose holes were filled.</summary>
    public bool RawDepth { get; init; }

    /// <summary>For the .mat file: the camera that depth was taken with, from which normals are estimated.</summary>
    public CameraIntrinsics Camera { get; init; } = CameraIntrinsics.NyuV2;

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names property and range.</exception>
    public void Validate()
    {
        SampleSize.Check(nameof(Height), Height);
        SampleSize.Check(nameof(Width), Width);
        if (ClassCount is not (13 or 40))
            throw new ArgumentOutOfRangeException(nameof(ClassCount), ClassCount, $"{nameof(ClassCount)} has to be 13 or 40");
        if (!(ExtraDepthScale > 0 && double.IsFinite(ExtraDepthScale)))
            throw new ArgumentOutOfRangeException(
                nameof(ExtraDepthScale),
                ExtraDepthScale.ToString(CultureInfo.InvariantCulture),
                $"{nameof(ExtraDepthScale)} has to be a finite number above 0"
            );
        if (ClassMapping is { Count: 0 })
            throw new ArgumentException(
                $"{nameof(ClassMapping)} is empty; null takes the files beside the .mat file",
                nameof(ClassMapping)
            );
        if (!Camera.IsValid)
            throw new ArgumentException($"{nameof(Camera)} has to have finite values and focal lengths above 0", nameof(Camera));
    }
}
