using System.Collections;
using Jtr.Interop.Training;

namespace Jtr.Interop.Inputs;

/// <summary>
/// What the network reads: how many channels the photograph has, and the inputs beside it in the order of their values. Sets are equal that
/// have the same of both.
/// </summary>
public sealed class InputSet : IReadOnlyList<InputSpec>, IEquatable<InputSet>
{
    /// <summary>Channels of a photograph in color.</summary>
    public const int RgbChannels = 3;

    private readonly InputSpec[] _inputs;

    /// <summary>Makes a set.</summary>
    /// <param name="inputs">The inputs beside the photograph; none is fine.</param>
    /// <param name="imageChannels">
    /// Channels of the photograph, 1 to <see cref="InputSpec.MaxPlanes"/>: 3 of colors, 1 of a grey or thermal camera, 4 of colors with
    /// infrared.
    /// </param>
    /// <exception cref="ArgumentException">An input or the number of channels is outside its range, or two have one name.</exception>
    public InputSet(IEnumerable<InputSpec> inputs, int imageChannels = RgbChannels)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        OptionRange.Within(nameof(imageChannels), imageChannels, 1, InputSpec.MaxPlanes);
        ImageChannels = imageChannels;
        _inputs = [.. inputs];
        foreach (InputSpec input in _inputs)
            input.Validate($"{nameof(inputs)}[{input.Name}]");
        if (_inputs.GroupBy(i => i.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"there are two inputs named '{twice.Key}'", nameof(inputs));
    }

    /// <summary>A photograph in color alone.</summary>
    public static InputSet None { get; } = new([]);

    /// <summary>Channels of the photograph.</summary>
    public int ImageChannels { get; }

    /// <summary>Whether the photograph is in color: what changes colors is for such ones.</summary>
    public bool IsRgb => ImageChannels == RgbChannels;

    /// <summary>The photograph without what is beside it.</summary>
    public InputSet ImageAlone => Count == 0 ? this : new([], ImageChannels);

    /// <inheritdoc/>
    public int Count => _inputs.Length;

    /// <inheritdoc/>
    public InputSpec this[int index] => _inputs[index];

    /// <summary>The place of an input by its name, or -1.</summary>
    public int IndexOf(string name) => Array.FindIndex(_inputs, i => i.Name == name);

    /// <summary>Values of a photograph, [channels, height, width].</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="OverflowException">There are more than an array can have.</exception>
    public int ImageValues(int height, int width) => checked(ImageChannels * height * width);

    /// <summary>Values of all inputs for one sample, one input after the other: [channels, height, width] or [channels].</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="OverflowException">There are more than an array can have.</exception>
    public int Values(int height, int width) => Start(_inputs.Length, height, width);

    /// <summary>The place of an input's first value among those of <see cref="Values"/>.</summary>
    /// <param name="input">Its place in the set.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public int Start(int input, int height, int width)
    {
        int start = 0;
        for (int i = 0; i < input; i++)
            start = checked(start + _inputs[i].Values(height, width));
        return start;
    }

    /// <inheritdoc/>
    public IEnumerator<InputSpec> GetEnumerator() => ((IEnumerable<InputSpec>)_inputs).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(InputSet? other) =>
        other is not null && ImageChannels == other.ImageChannels && _inputs.AsSpan().SequenceEqual(other._inputs);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as InputSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _inputs.Aggregate(ImageChannels, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _inputs.Select(i => i.Name));

    /// <summary>A photograph as another has it, and the same inputs in the same order: values of one fit the other.</summary>
    internal bool FitsTo(InputSet other) => ImageChannels == other.ImageChannels && HasInputsOf(other);

    /// <summary>The same inputs beside the photograph in the same order.</summary>
    internal bool HasInputsOf(InputSet other) =>
        ReferenceEquals(this, other)
        || _inputs.Select(i => (i.Name, i.Kind, i.Channels)).SequenceEqual(other._inputs.Select(i => (i.Name, i.Kind, i.Channels)));

    /// <summary>The inputs in words, for messages.</summary>
    internal string Describe() => IsRgb ? DescribeOthers() : $"a photograph of {ImageChannels} channels, {DescribeOthers()}";

    private string DescribeOthers() =>
        Count == 0
            ? "none beside the photograph"
            : string.Join(", ", _inputs.Select(i => $"{i.Name} ({(i.IsPlanes ? "planes" : "vector")}, {i.Channels} channels)"));
}
