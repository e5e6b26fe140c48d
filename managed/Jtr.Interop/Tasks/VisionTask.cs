namespace Jtr.Interop.Tasks;

/// <summary>One task that a network learns. What its kind has in common is <see cref="Kind"/>.</summary>
public abstract record VisionTask
{
    /// <summary>Makes a task.</summary>
    /// <param name="name">Its name; see <see cref="Name"/>.</param>
    /// <param name="kind">What kind of task.</param>
    /// <param name="channels">Channels of the network's prediction, 1 or more.</param>
    /// <param name="labelChannels">Channels of the label, 1 or more.</param>
    protected VisionTask(string name, TaskKind kind, int channels, int labelChannels)
    {
        TaskName.Check(name, nameof(name));
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(labelChannels, 1);
        Name = name;
        Kind = kind;
        Channels = channels;
        LabelChannels = labelChannels;
    }

    /// <summary>
    /// Name, unique within a <see cref="TaskSet"/>; also the name of the label folder of a folder data set, and part of the names of
    /// files. It has at most 100 bytes in UTF-8 and no '/', '\', ':' or control character, and is not "." or "..".
    /// </summary>
    public string Name { get; private init; }

    /// <summary>What kind of task.</summary>
    public TaskKind Kind { get; }

    /// <summary>Channels of the network's prediction.</summary>
    public int Channels { get; }

    /// <summary>
    /// Channels of the label: 1 for segmentation and classification (the class id) and depth, 3 for normals, one a tag and value.
    /// </summary>
    public int LabelChannels { get; }

    /// <summary>The label value that says "no label at this pixel", in every channel; of tags and values each may be unknown by
    /// itself.</summary>
    public abstract float InvalidLabel { get; }

    /// <summary>The same task by another name.</summary>
    /// <param name="name">The name; see <see cref="Name"/>.</param>
    /// <exception cref="ArgumentException">A task cannot have that name.</exception>
    public VisionTask WithName(string name)
    {
        TaskName.Check(name, nameof(name));
        return this with { Name = name };
    }
}
