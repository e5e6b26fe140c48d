using System.Collections.Concurrent;
using System.Globalization;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.NyuV2;

/// <summary>One part of the official .mat file. Every thread that reads has the file open for itself.</summary>
internal sealed class MatSource : NyuV2Source
{
    private readonly string _path;
    private readonly Func<string, bool, NyuV2MatFile> _open;
    private readonly NyuV2Options _options;
    private readonly TaskSet _tasks;
    private readonly int[] _samples;
    private readonly ushort[] _codes;
    private readonly string?[]? _normals;
    private readonly ConcurrentBag<NyuV2MatFile> _files = [];
    private volatile bool _closed;

    public MatSource(string path, NyuV2Split split, NyuV2Options options, TaskSet tasks, List<FolderProblem> problems)
    {
        _path = path;
        _options = options;
        _tasks = tasks;
        _open =
            options.OpenMat
            ?? throw new ArgumentException(
                $"{nameof(options.OpenMat)} is null, but {path} is HDF5, which takes the "
                    + $"package Jtr.Interop.Hdf5: set {nameof(options.OpenMat)} to NyuV2Hdf5File.Open",
                nameof(options)
            );
        NyuV2MatFile file = _open(path, options.RawDepth);
        _files.Add(file);
        try
        {
            IReadOnlyList<string> mappings = options.ClassMapping ?? NyuV2Tables.FindClassMapping(path, options.ClassCount);
            int[] mapping = NyuV2Tables.ReadClassMapping(mappings, options.ClassCount);
            if (file.NameCount is { } names && names != mapping.Length)
                throw new JtrFormatException(mappings[0], $"a table of {mapping.Length} labels, where {path} has {names}");
            _codes = [0, .. mapping.Select(c => (ushort)c)];
            _samples = NyuV2Tables.ReadSplit(options.SplitFile ?? NyuV2Tables.FindSplit(path), split, file.Count);
            _normals = options.NormalsFolder is { } folder ? ListNormals(folder, problems) : null;
        }
        catch
        {
            Close();
            throw;
        }
    }

    public override int Count => _samples.Length;

    public override string GetName(int index) => (_samples[index] + 1).ToString(CultureInfo.InvariantCulture);

    public override TaskMask GetLabeled(int index) =>
        _normals is not null && _normals[index] is null ? _tasks.All.Without(NyuV2Classes.Normals) : _tasks.All;

    public override void Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        NyuV2MatFile file = _files.TryTake(out NyuV2MatFile? free) ? free : _open(_path, _options.RawDepth);
        try
        {
            Read(file, index, wanted & GetLabeled(index), destination, cancellationToken);
        }
        finally
        {
            _files.Add(file);
            if (_closed)
                Close();
        }
    }

    public override void Close()
    {
        _closed = true;
        while (_files.TryTake(out NyuV2MatFile? file))
            file.Dispose();
    }

    private void Read(NyuV2MatFile file, int index, TaskMask written, SampleBuffer destination, CancellationToken cancellationToken)
    {
        int sample = _samples[index];
        LabelSource source = new($"{_path}, sample {sample + 1}", file.Height, file.Width, destination.Height, destination.Width);
        int pixels = file.Height * file.Width;
        using (Pooled<float> stored = new(3 * pixels))
        {
            file.ReadImage(sample, stored.Span);
            using Pooled<float> image = source.Bilinear(stored, 3);
            // A mean of ones may be rounded to a little more.
            foreach (ref float value in image.Span)
                value = Math.Min(value, 1);
            LabelSource.Planar(image.Span, destination.Image, 3);
        }
        cancellationToken.ThrowIfCancellationRequested();
        if (written[NyuV2Classes.Segmentation])
        {
            using Pooled<ushort> labels = new(pixels);
            file.ReadLabels(sample, labels.Span);
            WriteClasses(source, labels.Span, destination.Label(NyuV2Classes.Segmentation));
        }
        cancellationToken.ThrowIfCancellationRequested();
        bool estimate = written[NyuV2Classes.Normals] && _normals is null;
        if (written[NyuV2Classes.Depth] || estimate)
        {
            using Pooled<float> depth = new(pixels);
            file.ReadDepth(sample, depth.Span);
            if (written[NyuV2Classes.Depth])
                WriteDepth(source, depth.Span, destination.Label(NyuV2Classes.Depth));
            if (estimate)
            {
                using Pooled<float> normals = new(3 * pixels);
                DepthNormals.Estimate(depth.Span, file.Height, file.Width, _options.Camera.WithSize(file.Height, file.Width), normals.Span);
                WriteNormals(source, normals, destination.Label(NyuV2Classes.Normals));
            }
        }
        if (written[NyuV2Classes.Normals] && !estimate)
        {
            using PackedLabel given = NormalsLabels.Read(source with { Path = _normals![index]! });
            given.Expand(destination.Label(NyuV2Classes.Normals));
        }
    }

    private void WriteClasses(LabelSource source, Span<ushort> labels, Span<float> destination)
    {
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] >= _codes.Length)
                throw source.Fault(i, $"label {labels[i]}, where the class mapping has {_codes.Length - 1} labels,");
            labels[i] = _codes[labels[i]];
        }
        using Pooled<ushort> picked = source.Nearest<ushort>(labels);
        Span<ushort> resized = picked.Span;
        for (int i = 0; i < resized.Length; i++)
            destination[i] = resized[i] - 1;
    }

    private string?[] ListNormals(string folder, List<FolderProblem> problems)
    {
        if (!Directory.Exists(folder))
            throw new JtrFormatException(folder, "the folder of normals is missing");
        FolderIndex files = new(folder, FolderIndex.LabelExtensions, problems);
        Dictionary<int, string> numbered = [];
        foreach (string stem in files.Stems)
        {
            if (!int.TryParse(stem, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                problems.Add(new FolderProblem(files[stem]!, "passed over: its name is no number"));
            else if (!numbered.TryAdd(number, files[stem]!))
                throw new JtrFormatException(
                    files[stem]!,
                    $"'{Path.GetFileName(numbered[number])}' beside it has the same number; which one counts?"
                );
        }
        string?[] paths = new string?[_samples.Length];
        for (int i = 0; i < paths.Length; i++)
        {
            if (numbered.TryGetValue(_samples[i] + 1, out paths[i]))
                continue;
            string message = $"sample {_samples[i] + 1} has no normals";
            if (!_options.AllowMissing)
                throw new JtrFormatException(folder, message);
            problems.Add(new FolderProblem(folder, message));
        }
        return paths;
    }
}
