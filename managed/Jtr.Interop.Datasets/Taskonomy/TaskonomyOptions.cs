using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Taskonomy;

/// <summary>How Taskonomy is read.</summary>
public sealed record TaskonomyOptions : LayoutOptions
{
    /// <summary>
    /// The domains, of <see cref="TaskonomyDomains.All"/>, in the order that the tasks shall have; null: those of the seven for
    /// which there is a folder. Give the training set's domains to the test set, so that both have the same tasks.
    /// </summary>
    public IReadOnlyList<string>? Domains { get; init; }

    /// <summary>
    /// The buildings, such as those that <see cref="TaskonomySplit"/> reads from the published lists, in any case; null: all that
    /// are there. One that is not there is noted in <see cref="LayoutDataset.Problems"/>.
    /// </summary>
    public IReadOnlyList<string>? Buildings { get; init; }

    /// <summary>
    /// For edge and keypoint domains the fraction of the 16-bit range, above 0 and at most 1, that becomes 1; what is above it is
    /// cut off. 1 (the whole range) for those that are not listed. The strengths use a small part of the range only: the
    /// task bank of Taskonomy's authors takes 0.08 for edge_texture, 0.00625 for edge_occlusion (without cutting off, blurred)
    /// and 0.005 for keypoints2d.
    /// </summary>
    public IReadOnlyDictionary<string, double> MapRange { get; init; } = new Dictionary<string, double>();

    /// <summary>
    /// Whether edge_occlusion and keypoints3d, which come from the geometry, have no label where depth_zbuffer has none (a hole
    /// in the geometry), if that file is there. The authors' task bank masks them so.
    /// </summary>
    public bool MaskHoles { get; init; } = true;

    /// <summary>
    /// Whether a label may lack its photograph: it is then noted in <see cref="LayoutDataset.Problems"/> and passed over;
    /// otherwise it is an error. A photograph may always lack a label.
    /// </summary>
    public bool AllowMissing { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (Domains is { Count: 0 })
            throw new ArgumentException($"{nameof(Domains)} is empty; null takes those that are there", nameof(Domains));
        if (Domains is not null)
            _ = new TaskSet(Domains.Select(TaskonomyDomains.Task));
        if (Buildings is { Count: 0 })
            throw new ArgumentException($"{nameof(Buildings)} is empty; null takes those that are there", nameof(Buildings));
        ArgumentNullException.ThrowIfNull(MapRange);
        foreach ((string domain, double range) in MapRange)
        {
            if (TaskonomyDomains.Task(domain) is not MapTask)
                throw new ArgumentException($"{nameof(MapRange)} has '{domain}', which is no edge or keypoint domain", nameof(MapRange));
            if (!(range is > 0 and <= 1))
                throw new ArgumentOutOfRangeException(
                    nameof(MapRange),
                    range.ToString(CultureInfo.InvariantCulture),
                    $"{nameof(MapRange)} of '{domain}' has to be above 0 and at most 1"
                );
        }
    }
}
