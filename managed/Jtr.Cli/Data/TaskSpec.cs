using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Data;

/// <summary>A task as written on the command line: NAME[=KIND][:COUNT], such as "edge", "seg:11" or "disparity=depth".</summary>
/// <param name="Name">Name of the task and of its label folder.</param>
/// <param name="Kind">Its kind; null: as found.</param>
/// <param name="Count">Classes of a segmentation or channels of a map; null: as found.</param>
internal sealed record TaskSpec(string Name, TaskKind? Kind, int? Count)
{
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
            string word = rest[(equals + 1)..];
            kind = TaskKind.All.FirstOrDefault(k => k.Word == word) ?? throw Wrong(text);
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
            ?? throw new UsageException($"--tasks: there is no folder or table '{Name}' to tell the kind from; write {Name}=KIND.");
        if (Count is not null && kind.Channels == ChannelChoice.Fixed)
            throw new UsageException($"--tasks: '{Name}' has a fixed number of channels; leave out ':{Count}'.");
        if (found is not null && kind == found.Kind && (Count is null || Count == found.Channels))
            return found;
        if (Count is null && kind.Channels == ChannelChoice.Required)
            throw new UsageException($"--tasks: how many {kind.ChannelWord} has '{Name}'? Write {Name}={kind.Word}:11 for eleven.");
        try
        {
            return kind.Create(Name, Count);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--tasks: '{Name}': {ErrorText.Describe(e)}.");
        }
    }

    private static UsageException Wrong(string text) =>
        new($"--tasks: '{text}' is not NAME[=KIND][:COUNT], KIND being {TaskKind.Words()}, COUNT the number of classes or channels.");
}
