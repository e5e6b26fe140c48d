using System.Globalization;
using Jtr.Interop.Datasets.Scenes;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Procedural indoor rooms with every label: the data set that needs no files. A scene is fixed by the seed and its
/// number; which thread reads it, in which order and beside which others changes nothing, and its layout is the same at
/// every image size. May be read by several threads at once; memory is kept for the next sample.
/// </summary>
/// <remarks>
/// <para>
/// The camera is a pinhole camera without roll whose focal length is 0.62 sqrt(H W) pixels, its principal point the
/// image's middle. Camera axes: x right, y down, z forward. Labels belong to the surface that the ray through a pixel's
/// centre meets first. Colours and textures are drawn without regard to the class: shape, place, size and
/// surroundings tell it.
/// </para>
/// <list type="table">
/// <item><term>segmentation</term><description>[1, H, W] class id, see <see cref="ClassNames"/>; every pixel has one.</description></item>
/// <item><term>depth</term><description>[1, H, W] metres along the camera's z axis (planar depth, as depth sensors give it, not the
/// ray's length); 0 at the few percent of pixels that a sensor would lose: behind the edges of near things, at grazing angles, where it is
/// dark or far, in spots.</description></item>
/// <item><term>normals</term><description>[3, H, W] unit vectors in camera axes, towards the camera.</description></item>
/// <item><term>texture_edges</term><description>[1, H, W] gradient magnitude of the image before its noise, in [0, 1].</description></item>
/// <item><term>occlusion_edges</term><description>[1, H, W] depth steps of the geometry, in [0, 1].</description></item>
/// <item><term>keypoints2d</term><description>[1, H, W] corners of the image before its noise, in [0, 1].</description></item>
/// <item><term>keypoints3d</term><description>[1, H, W] corners of the geometry, in [0, 1].</description></item>
/// <item><term>room</term><description>[1] what the room is for, see <see cref="RoomKind"/>: a class of the whole
/// picture.</description></item>
/// <item><term>pitch</term><description>[1] degrees by which the camera looks above the horizon, below it negative: a value of the whole
/// picture. Views that are cut out keep that of their scene.</description></item>
/// </list>
/// </remarks>
public sealed class SceneDataset : IMultiTaskDataset
{
    private static readonly string[] AllTasks =
    [
        "segmentation",
        "depth",
        "normals",
        "texture_edges",
        "occlusion_edges",
        "keypoints2d",
        "keypoints3d",
        "room",
        "pitch",
    ];

    private static readonly string[] DefaultTasks = ["segmentation", "depth", "normals"];

    private readonly SceneOptions _options;
    private readonly Label[] _labels;

    // As many as have been in use at once.
    private readonly Stack<SceneWorkspace> _free = new(Environment.ProcessorCount);

    /// <summary>Makes a data set.</summary>
    /// <param name="options">How many scenes, their size and their tasks.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public SceneDataset(SceneOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        string[] names = [.. options.Tasks ?? DefaultTasks.Except(options.Inputs)];
        _labels = [.. names.Select(name => (Label)Array.IndexOf(AllTasks, name))];
        Tasks = new(_labels.Select(Make));
        Inputs = new(options.Inputs.Select(MakeInput));
    }

    // In the order of AllTasks.
    private enum Label
    {
        Segmentation,
        Depth,
        Normals,
        TextureEdges,
        OcclusionEdges,
        Keypoints2D,
        Keypoints3D,
        Room,
        Pitch,
    }

    /// <summary>Names of the tasks that scenes have labels for.</summary>
    public static IReadOnlyList<string> TaskNames { get; } = AllTasks.AsReadOnly();

    /// <summary>Names of the inputs that scenes may have beside the photograph.</summary>
    public static IReadOnlyList<string> InputNames { get; } = Array.AsReadOnly<string>([DepthInput]);

    private const string DepthInput = "depth";

    // Of the streams of a scene's random numbers, which it uses from 0 on.
    private const ulong DepthInputStream = 16;

    /// <summary>Names of the 13 classes; a class's place is its id.</summary>
    public static IReadOnlyList<string> ClassNames { get; } =
        Array.AsReadOnly<string>([
            "wall",
            "floor",
            "ceiling",
            "window",
            "door",
            "picture",
            "bed",
            "sofa",
            "chair",
            "table",
            "cabinet",
            "shelf",
            "lamp",
        ]);

    /// <summary>Names of the kinds of rooms; a name's place is its <see cref="RoomKind"/>.</summary>
    public static IReadOnlyList<string> RoomNames { get; } = Array.AsReadOnly<string>(["living room", "bedroom", "dining room", "study"]);

    // Of variety 1: from -21 to -6 alike, less 10 degrees for each metre that the camera stands above 1.35 m, of up to 0.4 m alike.
    private const double MeanPitch = -15.5,
        PitchDeviation = 4.5;

    /// <inheritdoc/>
    public TaskSet Tasks { get; }

    /// <inheritdoc/>
    public InputSet Inputs { get; }

    /// <inheritdoc/>
    public int Count => _options.Count;

    /// <inheritdoc/>
    public int Height => _options.Height;

    /// <inheritdoc/>
    public int Width => _options.Width;

    /// <inheritdoc/>
    /// <remarks>Every scene has every label.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public SampleInfo GetSampleInfo(int index) => new("scene-" + Number(index).ToString("D6", CultureInfo.InvariantCulture), Tasks.All);

    /// <summary>Labels of a whole scene.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public SceneInfo GetInfo(int index)
    {
        int number = Number(index);
        SceneWorkspace work = Rent();
        work.Layout.Draw(_options.Seed, (ulong)number);
        SceneInfo info = new(work.Model.RoomKind, work.Model.Camera.Pitch);
        Return(work);
        return info;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    /// <exception cref="ArgumentException">The destination is of another size, or for other tasks.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
    {
        int number = Number(index);
        if (destination.Height != Height || destination.Width != Width)
            throw new ArgumentException(
                $"the buffer is {destination.Height} x {destination.Width}, the scenes are {Height} x {Width}",
                nameof(destination)
            );
        if (destination.Labels.Length != Tasks.LabelValues(Height, Width))
            throw new ArgumentException($"the buffer is for other tasks than {Tasks}", nameof(destination));
        wanted &= Tasks.All;
        SceneWorkspace work = Rent();
        work.Layout.Draw(_options.Seed, (ulong)number);
        work.Frame.Render(new(_options.Seed, RandomUse.Scene, (ulong)number, 2), destination.Image);
        work.Camera?.Apply(destination.Image);
        for (int t = 0; t < _labels.Length; t++)
            if (wanted[t])
                Write(work, number, _labels[t], destination.Label(t));
        for (int i = 0; i < destination.Inputs.Count; i++)
            WriteInput(work, number, destination, i);
        Return(work);
        return wanted;
    }

    /// <inheritdoc/>
    public bool HasInput(int index, int input)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(input);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(input, Inputs.Count);
        return HasDepth(Number(index));
    }

    private bool HasDepth(int number) =>
        new CounterRandom(_options.Seed, RandomUse.Scene, (ulong)number, DepthInputStream).NextDouble() < _options.InputShare;

    private void WriteInput(SceneWorkspace work, int number, SampleBuffer destination, int input)
    {
        string name = destination.Inputs[input].Name;
        if (Inputs.IndexOf(name) < 0)
            throw new ArgumentException($"the buffer is for the input '{name}'; the scenes have {Inputs.Describe()}", nameof(destination));
        bool isPresent = HasDepth(number);
        if (isPresent)
            DepthSensor.Measure(work.Frame, new(_options.Seed, RandomUse.Scene, (ulong)number, 3), destination.Input(input));
        destination.SetInput(input, isPresent);
    }

    private static InputSpec MakeInput(string name)
    {
        DepthTask depth = new();
        return new()
        {
            Name = name,
            Mean = [depth.Mean],
            StandardDeviation = [depth.StandardDeviation],
            Unit = depth.Unit,
            IsNearest = true,
        };
    }

    private static VisionTask Make(Label label) =>
        label switch
        {
            Label.Segmentation => new SegmentationTask(AllTasks[0], ClassNames.Count, ClassNames),
            Label.Depth => new DepthTask(AllTasks[1]),
            Label.Normals => new NormalsTask(AllTasks[2]),
            Label.Room => new ClassificationTask(AllTasks[(int)label], RoomNames.Count, RoomNames),
            Label.Pitch => new RegressionTask(AllTasks[(int)label])
            {
                Unit = "deg",
                Means = [MeanPitch],
                Deviations = [PitchDeviation],
            },
            _ => new MapTask(AllTasks[(int)label]),
        };

    private void Write(SceneWorkspace work, int number, Label label, Span<float> to)
    {
        SceneFrame frame = work.Frame;
        switch (label)
        {
            case Label.Segmentation:
                for (int i = 0; i < to.Length; i++)
                    to[i] = (int)SurfacePoint.ClassOf(work.Model, frame.Face[i]);
                break;
            case Label.Depth:
                DepthSensor.Measure(frame, new(_options.Seed, RandomUse.Scene, (ulong)number, 3), to);
                break;
            case Label.Normals:
                int plane = Height * Width;
                frame.NormalX.CopyTo(to);
                frame.NormalY.CopyTo(to[plane..]);
                frame.NormalZ.CopyTo(to[(2 * plane)..]);
                break;
            case Label.TextureEdges:
                work.Maps.TextureEdges(frame, to);
                break;
            case Label.OcclusionEdges:
                work.Maps.OcclusionEdges(frame, to);
                break;
            case Label.Keypoints2D:
                work.Maps.ImageCorners(frame, to);
                break;
            case Label.Keypoints3D:
                work.Maps.GeometryCorners(frame, to);
                break;
            case Label.Room:
                to[0] = (int)work.Model.RoomKind;
                break;
            default:
                to[0] = work.Model.Camera.Pitch;
                break;
        }
    }

    private int Number(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _options.FirstIndex + index;
    }

    private SceneWorkspace Rent()
    {
        lock (_free)
            if (_free.TryPop(out SceneWorkspace? work))
                return work;
        return new(_options);
    }

    private void Return(SceneWorkspace work)
    {
        lock (_free)
            _free.Push(work);
    }
}
