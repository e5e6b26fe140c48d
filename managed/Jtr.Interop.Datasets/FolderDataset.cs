using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Layouts;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Inference;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Photographs and labels on disk: <c>image/*.jpg</c>, <c>*.jpeg</c> or <c>*.png</c> (or <c>images/</c>), and beside it one folder per
/// task, named as the task, whose files bear the photographs' names with <c>.png</c> or <c>.npy</c>; of tasks of whole photographs a table,
/// <c>TASK.csv</c>, with a row for each photograph. A missing label file, a missing row or an empty cell is a missing label.
/// </summary>
/// <remarks>
/// <para>A label has the size of its photograph. Both are resized to one training size, whatever the photograph's
/// proportions: photographs (upright, 8-bit RGB), maps and normals bilinearly with antialiasing, class ids and depths by
/// picking the pixel under the target's centre.</para>
/// <list type="bullet">
/// <item>segmentation: class ids in grey or palette PNG or whole numbers in .npy; a void id (255) and, in .npy, -1 say "none".</item>
/// <item>depth: PNG or whole numbers in .npy times a scale (0.001 m), or metres in floating-point .npy; 0 (and NaN) says "none".</item>
/// <item>normals: RGB PNG, 0..max for -1..1 (black or mid-grey says "none"), or vectors in .npy ((0, 0, 0) or NaN says "none").</item>
/// <item>maps: PNG, 0..max for 0..1, or floating-point .npy in [0, 1] (NaN says "none").</item>
/// <item>classification: a column of classes, by name or id.</item>
/// <item>tags: a column of tags, separated by ';' ("-" for none of them), or a column for each tag with 1 or 0.</item>
/// <item>regression: a column of numbers for each value.</item>
/// </list>
/// <para>Tables have a heading, and the photographs' names, with or without extension, in their first column. A class or tag that the task
/// does not have is left out and told in <see cref="Problems"/>; one that tasks.json does not list is an error.</para>
/// <para>The tasks are those of <see cref="FolderOptions.Tasks"/>, else those that <c>tasks.json</c> in the root lists
/// (names, kinds, class names, void id, depth scale), else every other folder is one: seg, segmentation, semantic, label, mask,
/// annotations, SegmentationClass and the like hold class ids (as many classes as the largest id of all files says), depth, normal or
/// normals what they say, and any other name a map. Then come the tables whose first column is called "name": a column "tags", or several
/// of 0 and 1, are tags; a column "class", or of words that come again, a classification; numbers that cannot be ids of classes a
/// regression.</para>
/// <para>Photographs of several sources: <c>domains.csv</c>, with the columns "name" and "domain" and a row for each photograph, says
/// which is which.</para>
/// <para>Inputs beside the photograph, such as depth or camera data, are those of <see cref="FolderOptions.Inputs"/>, else those that
/// <c>tasks.json</c> lists in "inputs"; see <see cref="FolderInput"/>.</para>
/// <para>Photographs of other channels than colors are those of <see cref="FolderOptions.Image"/>, else what <c>tasks.json</c> says in
/// "image"; see <see cref="Datasets.FolderImage"/>.</para>
/// <para>Several threads may read at once.</para>
/// </remarks>
public sealed class FolderDataset : IMultiTaskDataset
{
    /// <summary>Name of the folder of photographs.</summary>
    public const string ImageFolder = "image";

    /// <summary>What is said of a label whose name no photograph has.</summary>
    internal const string Stray = "a label without a photograph";

    internal const int DefaultVoidId = 255;

    private readonly string[] _names;
    private readonly string[] _images;
    private readonly string?[][] _labels;
    private readonly LabelTable?[] _tables;
    private readonly TaskMask[] _labeled;
    private readonly LabelFormat[] _formats;
    private readonly TaskSettings[] _settings;
    private readonly FolderOptions _options;
    private readonly Func<LabelSource, PackedLabel>[] _readers;
    private readonly SampleReader _reader;
    private readonly DomainTable _domains;
    private readonly InputFiles _inputs;

    /// <summary>Lists the files, and reads the labels of segmentation if nothing else says how many classes there are.</summary>
    /// <param name="root">The data set's folder.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or two tasks have the same name.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="JtrFormatException">
    /// There are no photographs or no tasks, two files have the same name, or tasks.json or a label is damaged.
    /// </exception>
    /// <exception cref="JtrNativeLibraryException">libvips, which reads images, cannot be loaded.</exception>
    public FolderDataset(string root, FolderOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException($"the data set's folder does not exist: {Path.GetFullPath(root)}");
        Vips.EnsureLoaded();

        List<FolderProblem> problems = [];
        TasksFile? file = ReadTasksFile(root);
        FolderImage = options.Image ?? file?.Image ?? FolderImage.Rgb;
        FolderIndex images = ListImages(root, options.Photographs, FolderImage, problems);
        Root = root;
        Height = options.Height;
        Width = options.Width;
        Tasks = new TaskSet(
            options.Tasks
                ?? file?.Tasks
                ?? TaskDiscovery.Find(root, options.VoidId ?? DefaultVoidId, problems, options.PassOverDamaged ? problems : null)
        );
        _formats = [.. Tasks.Select(t => LabelFormat.Of(t.Kind))];
        _settings = [.. Tasks.Select(t => file?.Settings(t.Name) ?? TaskSettings.Empty)];
        _options = options;
        _readers = [.. Tasks.Select((t, i) => _formats[i].Reader(t, _settings[i], options))];
        _names = [.. images.Stems];
        _images = [.. images.Paths];
        _domains = DomainTable.Read(root, images, problems);
        _tables = [.. Tasks.Select((t, i) => ReadTable(root, t, i, images, problems))];
        _labels = [.. Tasks.Select((t, i) => ListLabels(root, t, i, images, problems))];
        _labeled = [.. Enumerable.Range(0, Count).Select(HasLabels)];
        FolderInputs = options.Inputs ?? file?.Inputs ?? [];
        _inputs = new InputFiles(root, FolderInputs, FolderImage.Channels, images, Height, Width, problems);
        Problems = problems;
        _reader = new SampleReader(
            Tasks,
            Height,
            Width,
            _labeled,
            options.CacheInMemory,
            BytesPerPixel(),
            GetLabelPath,
            i => DecodedImage.ReadPhotograph(_images[i], FolderImage, Height, Width),
            ReadLabel,
            _inputs
        );
    }

    /// <summary>
    /// The folder of photographs of a data set: <c>image</c>, else one of the other usual names, as <c>images</c>; null where
    /// there is none.
    /// </summary>
    /// <param name="root">The data set's folder, which need not exist.</param>
    public static string? FindPhotographs(string root) => FolderNames.Photographs(root);

    /// <summary>The inputs that <c>tasks.json</c> of a folder lists; none where there is no such file.</summary>
    /// <param name="root">The data set's folder.</param>
    /// <exception cref="JtrFormatException">The file is damaged.</exception>
    public static IReadOnlyList<FolderInput> ListInputs(string root)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        return ReadTasksFile(root)?.Inputs ?? [];
    }

    /// <summary>How the photographs of a folder are stored, as its <c>tasks.json</c> says; in color where there is no such file.</summary>
    /// <param name="root">The data set's folder.</param>
    /// <exception cref="JtrFormatException">The file is damaged.</exception>
    public static FolderImage DescribeImage(string root)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        return ReadTasksFile(root)?.Image ?? FolderImage.Rgb;
    }

    /// <summary>
    /// A task as its table says: the names of classes and tags, means and deviations of values; null where there is no such table, or tasks
    /// of that kind have none.
    /// </summary>
    /// <param name="root">The data set's folder.</param>
    /// <param name="name">Name of the task and of its table.</param>
    /// <param name="kind">The kind of task that it is to be.</param>
    /// <exception cref="JtrFormatException">The table is damaged, or holds nothing of that kind.</exception>
    /// <exception cref="IOException">The table cannot be read.</exception>
    public static VisionTask? DescribeTable(string root, string name, TaskKind kind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(kind);
        string path = LabelTable.PathOf(root, name);
        if (LabelFormat.Of(kind) is not TableLabelFormat format || !File.Exists(path))
            return null;
        try
        {
            return TableDiscovery.Describe(root, kind, format, name, TaskSettings.Empty);
        }
        catch (ArgumentException e)
        {
            throw new JtrFormatException(path, e.Message, innerException: e);
        }
    }

    /// <summary>The data set's folder.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public TaskSet Tasks { get; }

    /// <inheritdoc/>
    public InputSet Inputs => _inputs.Inputs;

    /// <summary>How the photographs are stored; for another folder of the same data.</summary>
    public FolderImage FolderImage { get; }

    /// <summary>How the inputs are read; for another folder of the same data.</summary>
    public IReadOnlyList<FolderInput> FolderInputs { get; }

    /// <inheritdoc/>
    public bool HasInput(int index, int input) => _inputs.Has(input, index);

    /// <inheritdoc/>
    public int Count => _names.Length;

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>
    /// What was passed over: labels without a photograph, files of an unknown type, tasks without a label. Worth showing to
    /// whoever made the folder, for a misspelt name ends up here.
    /// </summary>
    public IReadOnlyList<FolderProblem> Problems { get; }

    /// <summary>Whether samples, once read, stay in memory.</summary>
    public bool IsCached => _reader.IsCached;

    /// <summary>Those of <c>domains.csv</c>, in ordinal order; without that file, one.</summary>
    public IReadOnlyList<string> Domains => _domains.Names;

    /// <summary>What is known of a photograph. Its name is that of its file, without extension.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    public SampleInfo GetSampleInfo(int index) => new(_names[index], _labeled[index], _domains[index]);

    /// <summary>The file of a photograph.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    public string GetImagePath(int index) => _images[index];

    /// <summary>Reads a photograph at its own size.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <exception cref="JtrFormatException">The file is damaged, or of another number of channels.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SourceImage OpenImage(int index) => FolderImage.Open(_images[index]);

    /// <summary>The file of a label, or the table that has it; null if there is none.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="task">0 or more, below the number of tasks.</param>
    public string? GetLabelPath(int index, int task) => _labels[task][index];

    /// <inheritdoc/>
    /// <exception cref="IOException">A file of the sample cannot be read.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination) =>
        _reader.Read(index, wanted, destination, CancellationToken.None);

    /// <inheritdoc/>
    /// <exception cref="IOException">A file of the sample cannot be read.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken) =>
        _reader.Read(index, wanted, destination, cancellationToken);

    /// <summary>Whether the labels of a task lie in a table, instead of a file each.</summary>
    internal bool IsTable(int task) => _formats[task] is TableLabelFormat;

    /// <summary>How a task's files were said to be read.</summary>
    internal LabelReading ReadingOf(int task) => _formats[task].Reading(_settings[task], _options);

    /// <summary>[C, H, W] of a label that there is, without its photograph being decoded.</summary>
    /// <exception cref="JtrFormatException">A file is damaged, or the label has another size.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal float[] ReadLabelAlone(int index, int task)
    {
        float[] values = new float[Tasks[task].LabelChannels * Tasks[task].Kind.Places(Height, Width)];
        (int height, int width) = IsTable(task) ? (Height, Width) : FolderImage.ReadSize(_images[index]);
        using PackedLabel label = ReadLabel(index, task, new LabelSource(_labels[task][index]!, height, width, Height, Width));
        label.Expand(values);
        return values;
    }

    private static TasksFile? ReadTasksFile(string root)
    {
        string path = Path.Combine(root, TasksFile.Name);
        return File.Exists(path) ? TasksFile.Read(path) : null;
    }

    private static FolderIndex ListImages(string root, string? photographs, FolderImage image, List<FolderProblem> problems)
    {
        string folder =
            photographs
            ?? FolderNames.Photographs(root)
            ?? throw new JtrFormatException(
                Path.Combine(root, ImageFolder),
                $"the folder of photographs is missing: a data set has '{ImageFolder}' (or {FolderNames.OthersInWords}) "
                    + "and one folder per task"
            );
        string[] extensions = image.IsRgb ? FolderIndex.ImageExtensions : FolderIndex.ChannelExtensions;
        FolderIndex images = new(folder, extensions, problems);
        if (images.Paths.Count == 0)
            throw new JtrFormatException(folder, $"the folder of photographs has none ({string.Join(", ", extensions)})");
        return images;
    }

    private PackedLabel ReadLabel(int index, int task, LabelSource source) => _tables[task]?.Label(index) ?? _readers[task](source);

    private LabelTable? ReadTable(string root, VisionTask task, int index, FolderIndex images, List<FolderProblem> problems)
    {
        string path = LabelTable.PathOf(root, task.Name);
        if (_formats[index] is not TableLabelFormat format)
            return null;
        if (File.Exists(path))
            return LabelTable.Read(path, task, format, _settings[index], images, problems, _options.PassOverDamaged);
        problems.Add(new FolderProblem(path, $"the table is missing: no sample has a label for '{task.Name}'"));
        return null;
    }

    private string?[] ListLabels(string root, VisionTask task, int index, FolderIndex images, List<FolderProblem> problems)
    {
        if (IsTable(index))
            return [.. Enumerable.Range(0, images.Stems.Count).Select(i => _tables[index]?.Has(i) == true ? _tables[index]!.Path : null)];
        LabelFormat format = _formats[index];
        string folder = Path.Combine(root, task.Name);
        if (!Directory.Exists(folder))
        {
            problems.Add(new FolderProblem(folder, $"the folder is missing: no sample has a label for '{task.Name}'"));
            return new string?[images.Stems.Count];
        }
        FolderIndex labels = new(folder, format.Extensions, problems);
        foreach (string stem in labels.Stems)
        {
            if (images[stem] is null)
                problems.Add(new FolderProblem(labels[stem]!, $"{Stray}: {images.Name} has no '{stem}'"));
        }
        string?[] paths = [.. images.Stems.Select(stem => labels[stem])];
        if (paths.All(p => p is null))
            problems.Add(new FolderProblem(folder, $"no sample has a label for '{task.Name}'"));
        return paths;
    }

    private TaskMask HasLabels(int index)
    {
        TaskMask mask = TaskMask.None;
        for (int t = 0; t < Tasks.Count; t++)
            mask = _labels[t][index] is null ? mask : mask.With(t);
        return mask;
    }

    private long BytesPerPixel()
    {
        long image = FolderImage.IsRgb ? FolderImage.Channels : sizeof(float) * (long)FolderImage.Channels,
            perPixel = image * Count + _inputs.BytesPerPixel;
        for (int t = 0; t < Tasks.Count; t++)
        {
            // Tables are in memory anyway.
            if (IsTable(t))
                continue;
            long values = (long)Tasks[t].LabelChannels * _labels[t].Count(p => p is not null);
            bool isNpy = _labels[t].Any(p => p is not null && FolderIndex.IsNpy(p));
            perPixel += values * _formats[t].BytesPerValue(Tasks[t], isNpy);
        }
        return perPixel;
    }
}
