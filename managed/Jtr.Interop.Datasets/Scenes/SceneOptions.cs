using System.Globalization;

namespace Jtr.Interop.Datasets;

/// <summary>What a <see cref="SceneDataset"/> holds.</summary>
public sealed record SceneOptions
{
    /// <summary>The smallest <see cref="Height"/> and <see cref="Width"/>.</summary>
    public const int MinSize = 8;

    /// <summary>The largest <see cref="Height"/> and <see cref="Width"/>.</summary>
    public const int MaxSize = 4096;

    /// <summary>Number of scenes, 1 or more.</summary>
    public int Count { get; init; } = 400;

    /// <summary>Rows of every image, 8 to 4096.</summary>
    public int Height { get; init; } = 64;

    /// <summary>Columns of every image, 8 to 4096.</summary>
    public int Width { get; init; } = 96;

    /// <summary>Fixes every scene, together with its number.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// Number of the first scene, 0 or more. Two sets of one seed share no scene when their ranges
    /// <see cref="FirstIndex"/> .. <see cref="FirstIndex"/> + <see cref="Count"/> - 1 do not overlap.
    /// </summary>
    public int FirstIndex { get; init; }

    /// <summary>
    /// How much rooms differ, 0 to 1. At 1, the default, walls and furniture have strong colours and patterns, up to six things stand in a
    /// room, and the camera looks from anywhere along a wall: much to learn. At 0, muted and mostly plain colours, up to five things, a
    /// camera in a corner: what small networks learn
    /// in minutes. Neither colours nor patterns ever say anything about the class.
    /// </summary>
    public double Variety { get; init; } = 1;

    /// <summary>
    /// How unlike the photographs are to those of the usual camera, 0 to 1: another source for a study of domains. At 1 a warm sensor
    /// whose colours overlap, a dark response, haze and a soft lens (a Gaussian of 0.015 sqrt(H W) pixels); between, a part of each. Labels
    /// stay what they are. At 0, the default, nothing changes.
    /// </summary>
    public double Shift { get; init; }

    /// <summary>
    /// Names of the tasks, each at most once, in the order of <see cref="SceneDataset.Tasks"/>: any of
    /// <see cref="SceneDataset.TaskNames"/>. Null stands for "segmentation", "depth", "normals".
    /// </summary>
    public IReadOnlyList<string>? Tasks { get; init; }

    /// <summary>
    /// Names of inputs beside the photograph: any of <see cref="SceneDataset.InputNames"/>. "depth" is what a depth sensor gives, in metres
    /// and 0 where it loses a pixel.
    /// </summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>
    /// Which part of the scenes has the inputs, 0 to 1. Seed and number of a scene say which; one that has them at some part has them at
    /// every larger one.
    /// </summary>
    public double InputShare { get; init; } = 1;

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is outside its range; the message names it and the range.</exception>
    public void Validate()
    {
        InRange(Count, 1, int.MaxValue, nameof(Count));
        InRange(Height, MinSize, MaxSize, nameof(Height));
        InRange(Width, MinSize, MaxSize, nameof(Width));
        InRange(FirstIndex, 0, int.MaxValue - Count, nameof(FirstIndex));
        if (!(Variety >= 0 && Variety <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(Variety),
                Variety.ToString(CultureInfo.InvariantCulture),
                $"{nameof(Variety)} must be 0 to 1"
            );
        if (!(Shift >= 0 && Shift <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(Shift),
                Shift.ToString(CultureInfo.InvariantCulture),
                $"{nameof(Shift)} must be 0 to 1"
            );
        if (!(InputShare >= 0 && InputShare <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(InputShare),
                InputShare.ToString(CultureInfo.InvariantCulture),
                $"{nameof(InputShare)} must be 0 to 1"
            );
        for (int i = 0; i < Inputs.Count; i++)
        {
            string inputs = string.Join(", ", SceneDataset.InputNames);
            if (!SceneDataset.InputNames.Contains(Inputs[i]))
                throw new ArgumentException(
                    $"{nameof(Inputs)} names '{Inputs[i]}', which scenes do not have; they have: {inputs}",
                    nameof(Inputs)
                );
            if (Inputs.Take(i).Contains(Inputs[i]))
                throw new ArgumentException($"{nameof(Inputs)} names '{Inputs[i]}' twice", nameof(Inputs));
            if (Tasks?.Contains(Inputs[i]) == true)
                throw new ArgumentException($"'{Inputs[i]}' is an input, so that there is nothing to learn in it as a task", nameof(Tasks));
        }
        if (Tasks is null)
            return;
        string known = string.Join(", ", SceneDataset.TaskNames);
        if (Tasks.Count == 0)
            throw new ArgumentException($"{nameof(Tasks)} must name at least one of: {known}", nameof(Tasks));
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string name in Tasks)
        {
            if (!SceneDataset.TaskNames.Contains(name))
                throw new ArgumentException(
                    $"{nameof(Tasks)} names '{name}', which scenes have no labels for; they have: {known}",
                    nameof(Tasks)
                );
            if (!seen.Add(name))
                throw new ArgumentException($"{nameof(Tasks)} names '{name}' twice", nameof(Tasks));
        }
    }

    private static void InRange(int value, int low, int high, string name)
    {
        if (value >= low && value <= high)
            return;
        string range = high == int.MaxValue ? $"{low} or more" : $"{low} to {high}";
        throw new ArgumentOutOfRangeException(name, value, $"{name} must be {range}");
    }
}
