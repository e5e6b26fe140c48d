using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Layouts;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Taskonomy;

/// <summary>
/// Taskonomy as it is downloaded: <c>domain/building/point_i_view_j_domain_domain.png</c>, photographs in the domain rgb. Also with
/// building and domain the other way round, without a building's folder, and with the folder <c>taskonomy</c> in between
/// that the newer download tool makes. A missing file is a missing label.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>segment_semantic (its files say segmentsemantic): 8 bits; 0 uncertain, which is no label, 1 background, 2 to 17 objects: here
/// classes 0 to 16.</item>
/// <item>depth_zbuffer: 16 bits in units of 1/512 m; 65,535 (128 m) is a hole in the geometry, which is no label, and so is 0.</item>
/// <item>normal: 8-bit RGB, 0..255 for -1..1; mid-grey (127 or 128 in all channels) is a hole. Axes are those of the files.</item>
/// <item>edge_texture, edge_occlusion, keypoints2d, keypoints3d: 16 bits, 0..65,535 for 0..1, or the part of it that
/// <see cref="TaskonomyOptions.MapRange"/> says. They have no value for "none": see <see cref="TaskonomyOptions.MaskHoles"/>.</item>
/// </list>
/// <para>Sources: data/README.md of StanfordVL/taskonomy (ids, units, ranges) and its task bank's settings; the value of holes and the bit
/// depths of edges and keypoints are those of the loader of EPFL-VILAB/MultiMAE. Samples are ordered by building, point and view.</para>
/// </remarks>
public sealed class TaskonomyDataset : LayoutDataset
{
    private readonly TaskonomyOptions _options;
    private readonly TaskonomyFolders _folders;
    private readonly Sample[] _samples;
    private readonly string[] _buildings;
    private readonly string[,] _spellings;
    private readonly int _depth;

    /// <summary>Lists the files. Paths are not kept: a sample takes 20 bytes, for there are 4.6 million.</summary>
    /// <param name="root">The folder of the domains, or of the buildings.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="JtrFormatException">
    /// There are no photographs or no domains, none of the buildings is there, or a label lacks its photograph.
    /// </exception>
    /// <exception cref="JtrNativeLibraryException">libvips, which reads images, cannot be loaded.</exception>
    public TaskonomyDataset(string root, TaskonomyOptions options)
        : this(root, options, Scan(root, options)) { }

    private TaskonomyDataset(string root, TaskonomyOptions options, Found found)
        : base(root, found.Tasks, options, found.Labeled, found.Problems)
    {
        _options = options;
        _folders = found.Folders;
        _samples = found.Samples;
        _buildings = found.Buildings;
        _spellings = found.Spellings;
        _depth = Tasks.IndexOf(TaskonomyDomains.DepthZBuffer);
    }

    /// <summary>The building of a sample, or empty where files lie in the domains' folders themselves.</summary>
    /// <param name="index">0 or more, below the number of samples.</param>
    public string GetBuilding(int index) => _buildings[_samples[index].Building];

    /// <summary>building/point_i_view_j.</summary>
    private protected override string NameOf(int index)
    {
        TaskonomyView view = _samples[index].View;
        string name = $"point_{view.Point}_view_{view.View}";
        return _folders.HasBuildings ? $"{GetBuilding(index)}/{name}" : name;
    }

    /// <inheritdoc/>
    public override string GetImagePath(int index) =>
        Path.Combine(_folders.PhotographFolder(GetBuilding(index)), TaskonomyFolders.PhotographName(_samples[index].View));

    /// <inheritdoc/>
    public override string? GetLabelPath(int index, int task) =>
        !this.GetLabeled(index)[task]
            ? null
            : Path.Combine(
                _folders.Folder(Tasks[task].Name, GetBuilding(index)),
                TaskonomyFolders.FileName(_samples[index].View, _spellings[_samples[index].Building, task])
            );

    private protected override DecodedImage ReadImage(int index) => DecodedImage.ReadPhotograph(GetImagePath(index), Height, Width);

    private protected override PackedLabel ReadLabel(int index, int task, LabelSource source) =>
        Tasks[task] switch
        {
            SegmentationTask segmentation => TaskonomyLabels.ReadClasses(source, segmentation),
            DepthTask => TaskonomyLabels.ReadDepth(source),
            MapTask map => TaskonomyLabels.ReadMap(
                source,
                map,
                _options.MapRange.GetValueOrDefault(map.Name, 1),
                Holes(index, map, source)
            ),
            _ => NormalsLabels.Read(source),
        };

    private LabelSource? Holes(int index, MapTask map, LabelSource source) =>
        _options.MaskHoles
        && map.Name is TaskonomyDomains.EdgeOcclusion or TaskonomyDomains.Keypoints3D
        && _depth >= 0
        && GetLabelPath(index, _depth) is { } path
            ? source with
            {
                Path = path,
            }
            : null;

    private static Found Scan(string root, TaskonomyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        FolderListing.RequireRoot(root);
        Vips.EnsureLoaded();
        MissingFiles missing = new(options.AllowMissing);
        TaskonomyFolders folders = new(root);
        string[] buildings = [.. Choose(root, folders, options.Buildings, missing.Problems)];
        string[] domains =
        [
            .. options.Domains ?? TaskonomyDomains.All.Where(d => folders.Buildings.Any(b => Directory.Exists(folders.Folder(d, b)))),
        ];
        if (domains.Length == 0)
            throw new JtrFormatException(root, $"no folder of a domain is there: {string.Join(", ", TaskonomyDomains.All)}");
        TaskSet tasks = new(domains.Select(TaskonomyDomains.Task));

        List<Sample> samples = [];
        List<TaskMask> labeled = [];
        string[,] spellings = new string[buildings.Length, domains.Length];
        TaskMask any = TaskMask.None;
        for (int b = 0; b < buildings.Length; b++)
        {
            Dictionary<TaskonomyView, int> places = [];
            foreach (TaskonomyView view in folders.Views(buildings[b], missing.Problems))
            {
                places.Add(view, samples.Count);
                samples.Add(new Sample(b, view));
                labeled.Add(TaskMask.None);
            }
            for (int t = 0; t < domains.Length; t++)
            {
                foreach ((TaskonomyView view, string spelling) in folders.List(domains[t], buildings[b], missing.Problems))
                {
                    spellings[b, t] ??= spelling;
                    if (spellings[b, t] != spelling)
                        throw new JtrFormatException(
                            LabelPath(view, spelling),
                            $"the files beside it are named domain_{spellings[b, t]}; which ones count?"
                        );
                    if (places.TryGetValue(view, out int place))
                        labeled[place] = labeled[place].With(t);
                    else
                        missing.Report(
                            LabelPath(view, spelling),
                            $"a label without its photograph "
                                + $"{Path.Combine(folders.PhotographFolder(buildings[b]), TaskonomyFolders.PhotographName(view))}"
                        );
                    any = any.With(t);
                }

                string LabelPath(TaskonomyView view, string spelling) =>
                    Path.Combine(folders.Folder(domains[t], buildings[b]), TaskonomyFolders.FileName(view, spelling));
            }
        }
        if (samples.Count == 0)
            throw new JtrFormatException(
                folders.PhotographFolder(buildings[0]),
                "the folder of photographs has none: point_<i>_view_<j>_domain_rgb.png"
            );
        for (int t = 0; t < domains.Length; t++)
        {
            if (!any[t])
                missing.Problems.Add(
                    new FolderProblem(folders.Folder(domains[t], buildings[0]), $"no sample has a label for '{domains[t]}'")
                );
        }
        return new Found(tasks, folders, buildings, spellings, [.. samples], [.. labeled], missing.Problems);
    }

    private static IEnumerable<string> Choose(
        string root,
        TaskonomyFolders folders,
        IReadOnlyList<string>? wanted,
        List<FolderProblem> problems
    )
    {
        if (wanted is null)
            return folders.Buildings;
        if (!folders.HasBuildings)
            throw new JtrFormatException(
                root,
                $"buildings are asked for ('{wanted[0]}' and so on), but the domains have no folder for each"
            );
        HashSet<string> left = new(wanted, StringComparer.OrdinalIgnoreCase);
        string[] chosen = [.. folders.Buildings.Where(left.Remove)];
        if (chosen.Length == 0)
            throw new JtrFormatException(
                root,
                $"none of the {wanted.Count} buildings is there ('{wanted[0]}' and so on); '{folders.Buildings[0]}' is"
            );
        foreach (string building in left.Order(StringComparer.Ordinal))
            problems.Add(new FolderProblem(folders.PhotographFolder(building), $"the building '{building}' is not there"));
        return chosen;
    }

    private readonly record struct Sample(int Building, TaskonomyView View);

    private sealed record Found(
        TaskSet Tasks,
        TaskonomyFolders Folders,
        string[] Buildings,
        string[,] Spellings,
        Sample[] Samples,
        TaskMask[] Labeled,
        List<FolderProblem> Problems
    );
}
