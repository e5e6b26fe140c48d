using Jtr.Interop.Datasets.NyuV2;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// NYU-v2 (Silberman et al. 2012): indoor photographs with classes, depth and normals, as its users have it on disk: MTAN's
/// preprocessed .npy files, or the official nyu_depth_v2_labeled.mat. Tasks: "segmentation" (13 or 40 classes), "depth" (metres),
/// "normals".
/// </summary>
/// <remarks>
/// <para><b>.npy files</b> (MTAN): <c>train</c> and <c>val</c>, in each <c>image</c>, <c>label</c>, <c>depth</c> and <c>normal</c>, in
/// each <c>0.npy</c>, <c>1.npy</c> and so on, in the order of the numbers, as the published label assignments count them.</para>
/// <list type="bullet">
/// <item>image: [H, W, 3] floating-point in [0, 1], or bytes for 0..255.</item>
/// <item>label: [H, W] or [H, W, 1], whole numbers of any type: classes from 0 up, -1 for none.</item>
/// <item>depth: [H, W] or [H, W, 1] floating-point metres, 0 for none.</item>
/// <item>normal: [H, W, 3] floating-point unit vectors, (0, 0, 0) or NaN for none. Shorter ones, which resizing leaves where
/// surfaces meet, are brought to unit length; longer ones, or a file whose vectors are short on average, are errors.</item>
/// </list>
/// <para><b>The .mat file</b> (MATLAB 7.3, opened by <see cref="NyuV2Options.OpenMat"/>): images, depths (holes filled; see
/// <see cref="NyuV2Options.RawDepth"/>) and labels with 894
/// names. The files that are published with it say the rest; their paths are options, and those beside the .mat file are found:</para>
/// <list type="bullet">
/// <item>splits.mat (trainNdxs, testNdxs), or a text file of sample numbers from 1 up, for this part: spaces, commas or lines.</item>
/// <item>classMapping40.mat (mapClass) for 40 classes; for 13 also class13Mapping.mat (classMapping13.labels13, applied to the 40), or
/// classMapping13.mat (mapClass). Instead of .mat: a JSON array of numbers; or text of one line a label, whose last word is its class
/// ("40" or "book,40"). Classes count from 1 there; 0 is none. The .mat tables are MAT-files of version 5 to 7.</item>
/// </list>
/// <para>Normals of the .mat file are estimated from depth unless <see cref="NyuV2Options.NormalsFolder"/> has them: the plane that fits
/// the points around a pixel best (9 x 9 of the 19 x 19 pixels around, less those whose depth differs by more than 5 %), with the
/// published intrinsics; none where depth is missing. Camera axes: x right, y down, z forward; normals point towards the camera.
/// MTAN's normals come from elsewhere and need not have these axes.</para>
/// <para>Whatever its size, a sample is resized to the training size: images and normals bilinearly with antialiasing, classes and
/// depths by picking the pixel under the target's centre. Samples are read one by one when asked for and not kept. Several threads
/// may read at once.</para>
/// </remarks>
public sealed class NyuV2Dataset : IMultiTaskDataset, IDisposable
{
    /// <summary>Name of the official file.</summary>
    public const string MatFileName = "nyu_depth_v2_labeled.mat";

    private readonly NyuV2Source _samples;
    private readonly NyuV2Source? _extra;

    private NyuV2Dataset(NyuV2Options options, TaskSet tasks, Func<List<FolderProblem>, NyuV2Source> open)
    {
        List<FolderProblem> problems = [];
        Tasks = tasks;
        Height = options.Height;
        Width = options.Width;
        Problems = problems;
        _samples = open(problems);
        try
        {
            _extra = options.ExtraFrames is { } extra ? OpenExtra(extra, options, problems) : null;
        }
        catch
        {
            _samples.Close();
            throw;
        }
    }

    /// <inheritdoc/>
    public TaskSet Tasks { get; }

    /// <inheritdoc/>
    public int Count => _samples.Count + ExtraCount;

    /// <summary>Number of further frames, which come last and have depth alone.</summary>
    public int ExtraCount => _extra?.Count ?? 0;

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>What was passed over: files of another kind, gaps in the numbers and, where it is allowed, missing files.</summary>
    public IReadOnlyList<FolderProblem> Problems { get; }

    /// <summary>
    /// Whether a path looks like NYU-v2 in one of its forms: a folder of MTAN's files with normals, the .mat file, or its folder.
    /// </summary>
    /// <param name="path">A file or folder.</param>
    public static bool Recognises(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!Directory.Exists(path))
            return File.Exists(path) && Path.GetFileName(path) == MatFileName;
        return File.Exists(Path.Combine(path, MatFileName))
            || (
                Directory.Exists(Path.Combine(path, "train", NpySource.ImageFolder))
                && Directory.Exists(Path.Combine(path, "train", "normal"))
            );
    }

    /// <summary>Opens NYU-v2 in whichever form it lies at a path.</summary>
    /// <param name="path">The folder of MTAN's files, the .mat file, or a folder that has nyu_depth_v2_labeled.mat.</param>
    /// <param name="split">Which part.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="DirectoryNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="JtrFormatException">A file is missing or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static NyuV2Dataset Open(string path, NyuV2Split split, NyuV2Options options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (File.Exists(path))
            return OpenMat(path, split, options);
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException($"the data set does not exist: {Path.GetFullPath(path)}");
        string mat = Path.Combine(path, MatFileName);
        return File.Exists(mat) ? OpenMat(mat, split, options) : OpenNpy(path, split, options);
    }

    /// <summary>Opens MTAN's .npy files.</summary>
    /// <param name="root">The folder that has train and val.</param>
    /// <param name="split">Which part.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or 40 classes are asked for.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="JtrFormatException">A file is missing; the message names it.</exception>
    public static NyuV2Dataset OpenNpy(string root, NyuV2Split split, NyuV2Options options)
    {
        TaskSet tasks = Check(root, split, options);
        if (options.ClassCount != 13)
            throw new ArgumentException(
                $"{nameof(options.ClassCount)} is {options.ClassCount}, but MTAN's files have 13 classes",
                nameof(options)
            );
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException($"the data set's folder does not exist: {Path.GetFullPath(root)}");
        string part = Path.Combine(root, split == NyuV2Split.Train ? "train" : "val");
        return new NyuV2Dataset(
            options,
            tasks,
            problems => new NpySource(part, tasks, ["label", "depth", "normal"], options.AllowMissing, problems)
        );
    }

    /// <summary>Opens the official .mat file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="split">Which part.</param>
    /// <param name="options">How to read it; <see cref="NyuV2Options.OpenMat"/> has to be set.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or <see cref="NyuV2Options.OpenMat"/> is null.</exception>
    /// <exception cref="JtrFormatException">The file, or one that belongs to it, is missing its parts or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static NyuV2Dataset OpenMat(string path, NyuV2Split split, NyuV2Options options)
    {
        TaskSet tasks = Check(path, split, options);
        return new NyuV2Dataset(options, tasks, problems => new MatSource(path, split, options, tasks, problems));
    }

    /// <inheritdoc/>
    public SampleInfo GetSampleInfo(int index)
    {
        NyuV2Source source = Place(ref index);
        return new(source.GetName(index), source.GetLabeled(index));
    }

    /// <summary>The file of a photograph, or null for those in the .mat file.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    public string? GetImagePath(int index) => Place(ref index).GetImagePath(index);

    /// <inheritdoc/>
    /// <exception cref="IOException">A file of the sample cannot be read.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination) => Read(index, wanted, destination, CancellationToken.None);

    /// <inheritdoc/>
    /// <exception cref="IOException">A file of the sample cannot be read.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        if (destination.Height != Height || destination.Width != Width)
            throw new ArgumentException(
                $"the buffer is for {destination.Height} x {destination.Width}, the samples are {Height} x {Width}",
                nameof(destination)
            );
        NyuV2Source source = Place(ref index);
        TaskMask written = wanted & source.GetLabeled(index);
        cancellationToken.ThrowIfCancellationRequested();
        source.Read(index, written, destination, cancellationToken);
        return written;
    }

    /// <summary>Closes the .mat file. Harmless when repeated.</summary>
    public void Dispose()
    {
        _samples.Close();
        _extra?.Close();
    }

    private NyuV2Source Place(ref int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        if (index < _samples.Count)
            return _samples;
        index -= _samples.Count;
        return _extra!;
    }

    private NyuV2Source OpenExtra(string root, NyuV2Options options, List<FolderProblem> problems)
    {
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException($"the folder of further frames does not exist: {Path.GetFullPath(root)}");
        string images = Path.Combine(root, NpySource.ImageFolder);
        bool isNpy = Directory.Exists(images) && Directory.EnumerateFiles(images, "*.npy").Any();
        return isNpy
            ? new NpySource(root, Tasks, [null, "depth", null], options.AllowMissing, problems)
            : new FolderSource(root, options, (DepthTask)Tasks[NyuV2Classes.Depth], problems);
    }

    private static TaskSet Check(string path, NyuV2Split split, NyuV2Options options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (!Enum.IsDefined(split))
            throw new ArgumentOutOfRangeException(nameof(split), split, "not a part of NYU-v2");
        return NyuV2Classes.Tasks(options.ClassCount);
    }
}
