using System.Globalization;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Layouts;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Cityscapes;

/// <summary>
/// Cityscapes as MTAN preprocessed it: <c>train</c> and <c>val</c>, in each <c>image</c>, <c>label_7</c>, <c>label_19</c> and
/// <c>depth</c>, in each <c>0.npy</c>, <c>1.npy</c> and so on. 2,975 and 500 samples of 128 x 256.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>image: (H, W, 3), floating-point in [0, 1], or bytes for 0..255.</item>
/// <item>"segmentation": (H, W) or (H, W, 1), class ids from 0 up, -1 for none.</item>
/// <item>"depth": (H, W, 1) or (H, W), inverse depth in [0, 1], taken as it is; 0 (and NaN) for none.</item>
/// </list>
/// <para>Samples are ordered by number, as published label assignments count them.</para>
/// </remarks>
public sealed class CityscapesNpyDataset : LayoutDataset
{
    /// <summary>Name of the folder of photographs.</summary>
    internal const string ImageFolder = "image";

    private const string DepthFolder = "depth";
    private const string Extension = ".npy";

    private readonly CityscapesOptions _options;
    private readonly int[] _numbers;

    /// <summary>Lists the files.</summary>
    /// <param name="root">The folder that has train and val.</param>
    /// <param name="options">How to read it. Metric depth cannot be had from these files.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or metric depth is asked for.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="JtrFormatException">
    /// There are no photographs; or a file is missing and the options do not allow it.
    /// </exception>
    public CityscapesNpyDataset(string root, CityscapesOptions options)
        : this(root, options, Scan(root, options)) { }

    private CityscapesNpyDataset(string root, CityscapesOptions options, Found found)
        : base(root, CityscapesTable.Tasks(options), options, found.Labeled, found.Problems, imageBytes: 12)
    {
        _options = options;
        _numbers = found.Numbers;
    }

    private protected override string NameOf(int index) => _numbers[index].ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string GetImagePath(int index) => Path.Combine(Root, _options.Split, ImageFolder, NameOf(index) + Extension);

    /// <inheritdoc/>
    public override string? GetLabelPath(int index, int task) =>
        this.GetLabeled(index)[task]
            ? Path.Combine(Root, _options.Split, LabelFolder(Tasks[task], _options), NameOf(index) + Extension)
            : null;

    private protected override DecodedImage ReadImage(int index) => NpyPhotograph.Read(GetImagePath(index), Height, Width);

    private protected override PackedLabel ReadLabel(int index, int task, LabelSource source) =>
        Tasks[task] is SegmentationTask segmentation
            ? SegmentationLabels.Read(source, segmentation, voidId: -1)
            : DepthLabels.Read(source, scale: 1);

    private static string LabelFolder(VisionTask task, CityscapesOptions options) =>
        task.Kind == TaskKind.Depth ? DepthFolder
        : options.Labels == CityscapesLabels.Categories ? "label_7"
        : "label_19";

    private static Found Scan(string root, CityscapesOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.Depth == CityscapesDepth.Metric)
            throw new ArgumentException(
                $"{nameof(options.Depth)} is Metric, for which MTAN's .npy files lack the cameras; take the official layout, or Inverse",
                nameof(options)
            );
        FolderListing.RequireRoot(root);
        MissingFiles missing = new(options.AllowMissing);
        string part = Path.Combine(root, options.Split);
        string images = Path.Combine(part, ImageFolder);
        if (!Directory.Exists(images))
            throw new JtrFormatException(images, "the folder of photographs is missing");
        int[] numbers = [.. List(images, missing.Problems).Order()];
        if (numbers.Length == 0)
            throw new JtrFormatException(images, "the folder of photographs has none: 0.npy, 1.npy and so on");

        TaskSet tasks = CityscapesTable.Tasks(options);
        TaskMask[] labeled = new TaskMask[numbers.Length];
        for (int t = 0; t < tasks.Count; t++)
        {
            string folder = Path.Combine(part, LabelFolder(tasks[t], options));
            if (!Directory.Exists(folder))
            {
                missing.Report(folder, $"the folder of the task '{tasks[t].Name}' is missing");
                continue;
            }
            HashSet<int> stray = [.. List(folder, missing.Problems)];
            for (int i = 0; i < numbers.Length; i++)
            {
                if (stray.Remove(numbers[i]))
                    labeled[i] = labeled[i].With(t);
                else
                    missing.Report(
                        Path.Combine(images, $"{numbers[i]}.npy"),
                        $"a photograph without the label {Path.Combine(folder, $"{numbers[i]}.npy")}"
                    );
            }
            foreach (int number in stray.Order())
                missing.Report(
                    Path.Combine(folder, $"{number}.npy"),
                    $"a label without its photograph {Path.Combine(images, $"{number}.npy")}"
                );
        }
        return new Found(numbers, labeled, missing.Problems);
    }

    private static IEnumerable<int> List(string folder, List<FolderProblem> problems)
    {
        foreach (string file in FolderListing.Files(folder))
        {
            // "007.npy" would be read as 7.npy.
            if (
                file.EndsWith(Extension, StringComparison.Ordinal)
                && int.TryParse(file.AsSpan(..^Extension.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && file == number.ToString(CultureInfo.InvariantCulture) + Extension
            )
                yield return number;
            else
                problems.Add(new FolderProblem(Path.Combine(folder, file), "passed over: not <number>.npy"));
        }
    }

    private sealed record Found(int[] Numbers, TaskMask[] Labeled, List<FolderProblem> Problems);
}
