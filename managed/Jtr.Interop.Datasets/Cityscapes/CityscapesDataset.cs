using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Layouts;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Cityscapes;

/// <summary>
/// Cityscapes as it is downloaded: <c>leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png</c> and, by the same
/// names, <c>gtFine/..._gtFine_labelIds.png</c>, <c>disparity/..._disparity.png</c> and, for metric depth,
/// <c>camera/..._camera.json</c>.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>"segmentation": 8-bit label ids, mapped to 7 categories or 19 classes; ids that the benchmark's evaluation
/// ignores are no label.</item>
/// <item>"depth": from 16-bit values p, where 0 says "none" and any other is a disparity d = (p - 1) / 256 pixels.
/// <see cref="CityscapesDepth.Inverse"/> gives d / 256 = (p - 1) / 65,536, in [0, 1), which is, but for at most 3e-5, what MTAN's
/// .npy files and so the published results hold (p / 65,535). <see cref="CityscapesDepth.Metric"/> gives baseline * fx / d in
/// metres. d is never scaled with the training size. p = 1, no disparity at all, is infinitely far and counts as none.</item>
/// </list>
/// <para>Samples are ordered by city, then by name.</para>
/// </remarks>
public sealed class CityscapesDataset : LayoutDataset
{
    private const string Image = "leftImg8bit";
    private const string Labels = "gtFine";
    private const string Disparity = "disparity";
    private const string Camera = "camera";

    private readonly CityscapesOptions _options;
    private readonly (string City, string Name)[] _samples;
    private readonly byte[] _codes;

    /// <summary>Lists the files.</summary>
    /// <param name="root">The folder that has leftImg8bit.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="JtrFormatException">
    /// There are no photographs; or a file is missing and the options do not allow it.
    /// </exception>
    /// <exception cref="JtrNativeLibraryException">libvips, which reads images, cannot be loaded.</exception>
    public CityscapesDataset(string root, CityscapesOptions options)
        : this(root, options, Scan(root, options)) { }

    private CityscapesDataset(string root, CityscapesOptions options, Found found)
        : base(root, CityscapesTable.Tasks(options), options, found.Labeled, found.Problems)
    {
        _options = options;
        _samples = found.Samples;
        _codes = CityscapesTable.Codes(options.Labels);
    }

    /// <summary>Opens Cityscapes in whichever of its two layouts a folder has.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="options">How to read it.</param>
    /// <returns>A <see cref="CityscapesDataset"/> where there is a folder leftImg8bit, else a <see cref="CityscapesNpyDataset"/>.</returns>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="JtrFormatException">It has neither layout, or a file is missing and the options do not allow it.</exception>
    public static LayoutDataset Open(string root, CityscapesOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        FolderListing.RequireRoot(root);
        if (Directory.Exists(Path.Combine(root, Image)))
            return new CityscapesDataset(root, options);
        if (Directory.Exists(Path.Combine(root, options.Split, CityscapesNpyDataset.ImageFolder)))
            return new CityscapesNpyDataset(root, options);
        throw new JtrFormatException(
            root,
            $"no Cityscapes: it has neither '{Image}' (the official layout) nor "
                + $"'{options.Split}/{CityscapesNpyDataset.ImageFolder}' (MTAN's .npy files)"
        );
    }

    private protected override string NameOf(int index) => _samples[index].Name;

    /// <inheritdoc/>
    public override string GetImagePath(int index) => FilePath(Image, index, "leftImg8bit.png");

    /// <inheritdoc/>
    public override string? GetLabelPath(int index, int task) =>
        !this.GetLabeled(index)[task] ? null
        : Tasks[task].Kind == TaskKind.Depth ? FilePath(Disparity, index, "disparity.png")
        : FilePath(Labels, index, "gtFine_labelIds.png");

    private protected override DecodedImage ReadImage(int index) => DecodedImage.ReadPhotograph(GetImagePath(index), Height, Width);

    private protected override PackedLabel ReadLabel(int index, int task, LabelSource source) =>
        Tasks[task].Kind != TaskKind.Depth ? ReadIds(source)
        : _options.Depth == CityscapesDepth.Metric ? ReadMetres(source, CityscapesCamera.Read(FilePath(Camera, index, "camera.json")))
        : ReadDisparity(source);

    private PackedIds ReadIds(LabelSource source)
    {
        using Raster raster = source.ReadPng(1, ids: true).Require8Bits(source.Path, "a labelIds file");
        Span<byte> ids = raster.Bytes;
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i] >= _codes.Length)
                throw source.Fault(i, $"label id {ids[i]}, where Cityscapes has 0 to {_codes.Length - 1},");
            ids[i] = _codes[ids[i]];
        }
        return new PackedIds(source.Nearest<byte>(ids));
    }

    private static PackedDepth ReadDisparity(LabelSource source)
    {
        using Raster raster = source.ReadPng(1, ids: true).Require16Bits(source.Path, "a disparity");
        Pooled<ushort> words = source.Nearest<ushort>(raster.Words);
        foreach (ref ushort word in words.Span)
            word -= (ushort)(word > 0 ? 1 : 0);
        return new PackedDepth(words, 1.0 / 65536);
    }

    private PackedFloats ReadMetres(LabelSource source, CityscapesCamera camera)
    {
        using Raster raster = source.ReadPng(1, ids: true).Require16Bits(source.Path, "a disparity");
        using Pooled<ushort> picked = source.Nearest<ushort>(raster.Words);
        Span<ushort> words = picked.Span;
        double most = _options.MaxMetricDepth ?? double.PositiveInfinity;
        Pooled<float> metres = new(words.Length);
        Span<float> to = metres.Span;
        for (int i = 0; i < words.Length; i++)
        {
            // Without disparity a point is infinitely far.
            double depth = words[i] < 2 ? double.PositiveInfinity : camera.Baseline * camera.FocalLength * 256 / (words[i] - 1);
            to[i] = depth <= most && double.IsFinite(depth) ? (float)depth : 0;
        }
        return new PackedFloats(metres);
    }

    private string FilePath(string kind, int index, string suffix) =>
        FilePath(Root, kind, _options.Split, _samples[index].City, _samples[index].Name, suffix);

    private static string FilePath(string root, string kind, string split, string city, string name, string suffix) =>
        Path.Combine(root, kind, split, city, $"{name}_{suffix}");

    private static Found Scan(string root, CityscapesOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        FolderListing.RequireRoot(root);
        Vips.EnsureLoaded();
        MissingFiles missing = new(options.AllowMissing);
        string images = Path.Combine(root, Image, options.Split);
        if (!Directory.Exists(images))
            throw new JtrFormatException(images, "the folder of photographs is missing (archive leftImg8bit_trainvaltest)");
        (string City, string Name)[] samples = [.. List(images, "_leftImg8bit.png", missing.Problems)];
        if (samples.Length == 0)
            throw new JtrFormatException(images, "the folder of photographs has none: <city>/<name>_leftImg8bit.png");

        TaskSet tasks = CityscapesTable.Tasks(options);
        TaskMask[] labeled = new TaskMask[samples.Length];
        for (int t = 0; t < tasks.Count; t++)
        {
            bool isDepth = tasks[t].Kind == TaskKind.Depth;
            Match(
                root,
                options.Split,
                isDepth ? Disparity : Labels,
                isDepth ? "disparity.png" : "gtFine_labelIds.png",
                samples,
                missing,
                i => labeled[i] = labeled[i].With(t)
            );
            if (isDepth && options.Depth == CityscapesDepth.Metric)
                MatchCameras(root, options.Split, samples, labeled, t, missing);
        }
        return new Found(samples, labeled, missing.Problems);
    }

    private static void Match(
        string root,
        string split,
        string kind,
        string suffix,
        (string City, string Name)[] samples,
        MissingFiles missing,
        Action<int> found
    )
    {
        string folder = Path.Combine(root, kind, split);
        if (!Directory.Exists(folder))
        {
            missing.Report(
                folder,
                $"the folder of {kind} is missing; choose {(kind == Disparity ? "Depth" : "Labels")} = None to do without"
            );
            return;
        }
        HashSet<(string City, string Name)> stray = [.. List(folder, "_" + suffix, null)];
        for (int i = 0; i < samples.Length; i++)
        {
            if (stray.Remove(samples[i]))
                found(i);
            else
                missing.Report(
                    FilePath(root, Image, split, samples[i].City, samples[i].Name, "leftImg8bit.png"),
                    $"a photograph without {kind}: there is no {FilePath(root, kind, split, samples[i].City, samples[i].Name, suffix)}"
                );
        }
        foreach ((string city, string name) in stray.Order())
            missing.Report(
                FilePath(root, kind, split, city, name, suffix),
                $"a label without its photograph {FilePath(root, Image, split, city, name, "leftImg8bit.png")}"
            );
    }

    private static void MatchCameras(
        string root,
        string split,
        (string City, string Name)[] samples,
        TaskMask[] labeled,
        int depth,
        MissingFiles missing
    )
    {
        for (int i = 0; i < samples.Length; i++)
        {
            string camera = FilePath(root, Camera, split, samples[i].City, samples[i].Name, "camera.json");
            if (!labeled[i][depth] || File.Exists(camera))
                continue;
            missing.Report(camera, "the camera file, which metric depth needs, is missing");
            labeled[i] = labeled[i].Without(depth);
        }
    }

    /// <summary>The files of all cities that end in a suffix. Others are noted, if asked: gtFine has several a sample.</summary>
    private static IEnumerable<(string City, string Name)> List(string folder, string suffix, List<FolderProblem>? others)
    {
        foreach (string city in FolderListing.Folders(folder))
        {
            foreach (string file in FolderListing.Files(Path.Combine(folder, city)))
            {
                if (file.EndsWith(suffix, StringComparison.Ordinal))
                    yield return (city, file[..^suffix.Length]);
                else
                    others?.Add(new FolderProblem(Path.Combine(folder, city, file), $"passed over: its name does not end in {suffix}"));
            }
        }
    }

    private sealed record Found((string City, string Name)[] Samples, TaskMask[] Labeled, List<FolderProblem> Problems);
}
