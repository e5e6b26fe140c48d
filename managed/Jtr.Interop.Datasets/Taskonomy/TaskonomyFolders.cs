using System.Globalization;
using Jtr.Interop.Datasets.Layouts;

namespace Jtr.Interop.Datasets.Taskonomy;

/// <summary>A photograph's place in a building.</summary>
internal readonly record struct TaskonomyView(int Point, int View);

/// <summary>
/// Where a copy of Taskonomy has its files. Four layouts are told apart by where the folder <c>rgb</c> is: domain/building,
/// building/domain,
/// domain alone, and the newer download tool's domain/taskonomy/building.
/// </summary>
internal sealed class TaskonomyFolders
{
    private const string Photographs = "rgb";
    private const string Component = "taskonomy";

    private readonly string _root;
    private readonly Layout _layout;

    private enum Layout
    {
        DomainBuilding,
        BuildingDomain,
        Domain,
        DomainComponentBuilding,
    }

    /// <summary>Finds out the layout.</summary>
    /// <exception cref="JtrFormatException">It is none of the four.</exception>
    public TaskonomyFolders(string root)
    {
        _root = root;
        string rgb = Path.Combine(root, Photographs);
        if (!Directory.Exists(rgb))
        {
            Buildings = [.. FolderListing.Folders(root).Where(b => Directory.Exists(Path.Combine(root, b, Photographs)))];
            if (Buildings.Count == 0)
                throw new JtrFormatException(root, $"no Taskonomy: neither '{Photographs}' nor '<building>/{Photographs}' is there");
            _layout = Layout.BuildingDomain;
            return;
        }
        string[] folders = FolderListing.Folders(rgb);
        bool hasFiles = FolderListing.Files(rgb).Any(f => Parse(f) is not null);
        if (hasFiles && folders.Length > 0)
            throw new JtrFormatException(
                rgb,
                $"it holds photographs and folders ('{folders[0]}'), where buildings have a folder each or there is one building"
            );
        _layout =
            hasFiles ? Layout.Domain
            : folders is [Component] ? Layout.DomainComponentBuilding
            : Layout.DomainBuilding;
        Buildings = _layout switch
        {
            Layout.Domain => [""],
            Layout.DomainComponentBuilding => FolderListing.Folders(Path.Combine(rgb, Component)),
            _ => folders,
        };
        if (Buildings.Count == 0)
            throw new JtrFormatException(rgb, "the folder of photographs has none: [<building>/]point_<i>_view_<j>_domain_rgb.png");
    }

    /// <summary>All buildings in ordinal order; one without a name where files lie in the domain's folder itself.</summary>
    public IReadOnlyList<string> Buildings { get; }

    /// <summary>Whether buildings have folders, and so names.</summary>
    public bool HasBuildings => _layout != Layout.Domain;

    /// <summary>The folder of a domain (or rgb) of a building, which need not exist.</summary>
    public string Folder(string domain, string building)
    {
        string folder = At(domain, building);
        // The archives of this domain go by both names.
        return
            domain == TaskonomyDomains.SegmentSemantic
            && !Directory.Exists(folder)
            && At(Short(domain), building) is var other
            && Directory.Exists(other)
            ? other
            : folder;
    }

    /// <summary>The folder of photographs of a building.</summary>
    public string PhotographFolder(string building) => Folder(Photographs, building);

    /// <summary>Name of a photograph's file.</summary>
    public static string PhotographName(TaskonomyView view) => FileName(view, Photographs);

    /// <summary>Name of a file.</summary>
    /// <param name="view">The view.</param>
    /// <param name="domain">The domain as this file spells it.</param>
    public static string FileName(TaskonomyView view, string domain) =>
        string.Create(CultureInfo.InvariantCulture, $"point_{view.Point}_view_{view.View}_domain_{domain}.png");

    /// <summary>The files of a building's photographs.</summary>
    public SortedSet<TaskonomyView> Views(string building, List<FolderProblem> problems)
    {
        SortedSet<TaskonomyView> views = new(Comparer<TaskonomyView>.Create((a, b) => (a.Point, a.View).CompareTo((b.Point, b.View))));
        foreach ((TaskonomyView view, _) in List(Photographs, building, problems))
            views.Add(view);
        return views;
    }

    /// <summary>The files of a domain of a building, with the spelling of the domain in their names.</summary>
    public IEnumerable<(TaskonomyView View, string Domain)> List(string domain, string building, List<FolderProblem> problems)
    {
        string folder = Folder(domain, building);
        foreach (string file in FolderListing.Files(folder))
        {
            // Files of segment_semantic say segmentsemantic.
            if (Parse(file) is { } parsed && Short(parsed.Domain) == Short(domain))
                yield return parsed;
            else
                problems.Add(new FolderProblem(Path.Combine(folder, file), $"passed over: not point_<i>_view_<j>_domain_{domain}.png"));
        }
    }

    private string At(string domain, string building) =>
        _layout switch
        {
            Layout.BuildingDomain => Path.Combine(_root, building, domain),
            Layout.DomainComponentBuilding => Path.Combine(_root, domain, Component, building),
            _ => Path.Combine(_root, domain, building),
        };

    private static string Short(string domain) => domain.Replace("_", "", StringComparison.Ordinal);

    private static (TaskonomyView View, string Domain)? Parse(string file)
    {
        const string domainMark = "_domain_";
        const string extension = ".png";
        int mark = file.IndexOf(domainMark, StringComparison.Ordinal);
        if (mark < 0 || !file.EndsWith(extension, StringComparison.Ordinal))
            return null;
        string[] parts = file[..mark].Split('_');
        if (parts is not ["point", _, "view", _] || mark + domainMark.Length > file.Length - extension.Length)
            return null;
        if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int point))
            return null;
        if (!int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out int view))
            return null;
        string domain = file[(mark + domainMark.Length)..^extension.Length];
        // Leading zeros would make another name of it.
        return FileName(new TaskonomyView(point, view), domain) == file ? (new TaskonomyView(point, view), domain) : null;
    }
}
