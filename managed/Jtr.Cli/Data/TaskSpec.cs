using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Data;

/// <summary>A task as written on the command line: NAME[=KIND][:COUNT], such as "edge", "seg:11" or "disparity=depth".</summary>
/// <param name="Name">Name of the task and of its label folder.</param>
/// <param name="Kind">Its kind; null: as found.</param>
/// <param name="Count">Classes of a segmentation or channels of a map; null: as found.</param>
internal sealed record TaskSpec(string Name, TaskKind? Kind, int? Count)
{
    private static readonly (string Word, TaskKind Kind)[] _kinds =
    [
        ("segmentation", TaskKind.Segmentation),
        ("depth", TaskKind.Depth),
        ("normals", TaskKind.Normals),
        ("map", TaskKind.Map),
    ];

    /// <summary>Whether only the name is written.</summary>
    public bool IsName => Kind is null && Count is null;

    /// <summary>Reads a task.</summary>
    /// <exception cref="UsageException">It is not written as it should be.</exception>
    public static TaskSpec Parse(string text)
    {
        string rest = text;
        int? count = null;
        int colon = rest.LastIndexOf(':');
        if (colon >= 0)
        {
            if (!int.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < 1)
                throw Wrong(text);
            count = number;
            rest = rest[..colon];
        }
        TaskKind? kind = null;
        int equals = rest.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            int found = Array.FindIndex(_kinds, k => k.Word == rest[(equals + 1)..]);
            if (found < 0)
                throw Wrong(text);
            kind = _kinds[found].Kind;
            rest = rest[..equals];
        }
        if (rest.Length == 0 || rest.AsSpan().ContainsAny("/\\=: "))
            throw Wrong(text);
        return new(rest, kind, count);
    }

    /// <summary>The task.</summary>
    /// <param name="found">The task of that name that the data set itself tells of, or null.</param>
    /// <exception cref="UsageException">What is written is not enough, or does not fit.</exception>
    public VisionTask ToTask(VisionTask? found)
    {
        TaskKind kind =
            Kind
            ?? found?.Kind
            ?? throw new UsageException($"--tasks: there is no folder '{Name}' to tell the kind from; write {Name}=KIND.");
        if (Count is not null && kind is TaskKind.Depth or TaskKind.Normals)
            throw new UsageException($"--tasks: '{Name}' has a fixed number of channels; leave out ':{Count}'.");
        if (found is not null && kind == found.Kind && (Count is null || Count == found.Channels))
            return found;
        try
        {
            return kind switch
            {
                TaskKind.Segmentation => new SegmentationTask(
                    Name,
                    Count ?? throw new UsageException($"--tasks: how many classes has '{Name}'? Write {Name}=segmentation:11 for eleven.")
                ),
                TaskKind.Depth => new DepthTask(Name),
                TaskKind.Normals => new NormalsTask(Name),
                _ => new MapTask(Name, Count ?? 1),
            };
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--tasks: '{Name}': {ErrorText.Describe(e)}.");
        }
    }

    private static UsageException Wrong(string text) =>
        new(
            $"--tasks: '{text}' is not NAME[=KIND][:COUNT], KIND being segmentation, depth, normals or map, COUNT the number of classes "
                + $"or channels."
        );
}
