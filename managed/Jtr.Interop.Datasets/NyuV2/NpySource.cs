using System.Globalization;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Layouts;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.NyuV2;

/// <summary>One part of MTAN's layout: <c>image</c> and a folder for each task, in each <c>0.npy</c>, <c>1.npy</c> and so on.</summary>
internal sealed class NpySource : NyuV2Source
{
    public const string ImageFolder = "image";

    private const string Extension = ".npy";

    private readonly string _root;
    private readonly TaskSet _tasks;
    private readonly string?[] _folders;
    private readonly SortedDictionary<long, string> _images;
    private readonly string[] _names;
    private readonly TaskMask[] _labeled;

    /// <summary>Lists the files.</summary>
    /// <param name="root">The folder that has image.</param>
    /// <param name="tasks">The tasks of the set.</param>
    /// <param name="folders">The folder of each task, null for those without labels.</param>
    /// <param name="allowMissing">Whether missing files are noted instead of thrown.</param>
    /// <param name="problems">Receives what was passed over.</param>
    /// <exception cref="JtrFormatException">There are no images, two have the same number, or a file is missing.</exception>
    public NpySource(string root, TaskSet tasks, string?[] folders, bool allowMissing, List<FolderProblem> problems)
    {
        _root = root;
        _tasks = tasks;
        _folders = folders;
        string images = Path.Combine(root, ImageFolder);
        if (!Directory.Exists(images))
            throw new JtrFormatException(images, "the folder of images is missing");
        _images = List(images, problems);
        if (_images.Count == 0)
            throw new JtrFormatException(images, "the folder of images has none (0.npy, 1.npy and so on)");
        _names = [.. _images.Values];
        if (_images.Keys.Last() - _images.Keys.First() != _images.Count - 1)
            problems.Add(
                new FolderProblem(
                    images,
                    $"the numbers {_images.Keys.First()} to {_images.Keys.Last()} have gaps; samples are counted without them"
                )
            );

        _labeled = new TaskMask[_names.Length];
        for (int t = 0; t < folders.Length; t++)
        {
            if (folders[t] is null)
                continue;
            string folder = Path.Combine(root, folders[t]!);
            if (!Directory.Exists(folder))
            {
                Missing(folder, $"the folder of the task '{tasks[t].Name}' is missing");
                continue;
            }
            SortedDictionary<long, string> labels = List(folder, problems);
            int i = 0;
            foreach ((long number, string name) in _images)
            {
                if (labels.Remove(number, out string? label) && label == name)
                    _labeled[i] = _labeled[i].With(t);
                else
                    Missing(
                        Path.Combine(folder, name + Extension),
                        $"an image without its label: {Path.Combine(images, name + Extension)}"
                    );
                i++;
            }
            foreach (string name in labels.Values)
                Missing(Path.Combine(folder, name + Extension), $"a label without its image {Path.Combine(images, name + Extension)}");
        }

        void Missing(string path, string message)
        {
            if (!allowMissing)
                throw new JtrFormatException(path, message);
            problems.Add(new FolderProblem(path, message));
        }
    }

    public override int Count => _names.Length;

    public override string GetName(int index) => _names[index];

    public override string? GetImagePath(int index) => FilePath(ImageFolder, index);

    public override TaskMask GetLabeled(int index) => _labeled[index];

    public override void Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        LabelSource image = ReadImage(FilePath(ImageFolder, index), destination);
        TaskMask written = wanted & _labeled[index];
        for (int t = 0; t < _tasks.Count; t++)
        {
            if (!written[t])
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            LabelSource source = image with { Path = FilePath(_folders[t]!, index) };
            switch (_tasks[t])
            {
                case SegmentationTask segmentation:
                    using (PackedLabel ids = SegmentationLabels.Read(source, segmentation, voidId: -1))
                        ids.Expand(destination.Label(t));
                    break;
                case DepthTask:
                    using (Pooled<float> depths = ReadFloats(source, 1))
                        WriteDepth(source, depths.Span, destination.Label(t));
                    break;
                default:
                    using (Pooled<float> normals = ReadFloats(source, 3))
                        WriteNormals(source, normals, destination.Label(t));
                    break;
            }
        }
    }

    private string FilePath(string folder, int index) => Path.Combine(_root, folder, _names[index] + Extension);

    private static LabelSource ReadImage(string path, SampleBuffer destination)
    {
        using DecodedImage image = NpyPhotograph.Read(path, destination.Height, destination.Width);
        image.Values.Expand(destination.Image);
        return new LabelSource(path, image.SourceHeight, image.SourceWidth, destination.Height, destination.Width);
    }

    private static Pooled<float> ReadFloats(LabelSource source, int channels)
    {
        (NpyArray read, bool planar) = source.ReadNpy(channels);
        using NpyArray array = read;
        if (array.IsInteger)
            throw new JtrFormatException(source.Path, $"elements of the type {array.Type}, where floating-point numbers belong");
        return LabelSource.Interleaved(array, planar, channels);
    }

    /// <summary>Names without extension by their number, so that 10 comes behind 9.</summary>
    private static SortedDictionary<long, string> List(string folder, List<FolderProblem> problems)
    {
        SortedDictionary<long, string> names = [];
        foreach (string path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (Path.GetFileName(path).StartsWith('.'))
                continue;
            if (
                !path.EndsWith(Extension, StringComparison.Ordinal)
                || !long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            )
                problems.Add(new FolderProblem(path, "passed over: not <number>.npy"));
            else if (!names.TryAdd(number, name))
                throw new JtrFormatException(path, $"'{names[number]}{Extension}' beside it has the same number; which one counts?");
        }
        return names;
    }
}
