using System.Collections;

namespace Jtr.Interop.Inputs;

/// <summary>The inputs beside the photograph, in the order of their values. Sets are equal whose inputs are.</summary>
public sealed class InputSet : IReadOnlyList<InputSpec>, IEquatable<InputSet>
{
    private readonly InputSpec[] _inputs;

    /// <summary>Makes a set.</summary>
    /// <param name="inputs">The inputs; none is fine.</param>
    /// <exception cref="ArgumentException">An input is outside its ranges, or two have one name.</exception>
    public InputSet(IEnumerable<InputSpec> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        _inputs = [.. inputs];
        foreach (InputSpec input in _inputs)
            input.Validate($"{nameof(inputs)}[{input.Name}]");
        if (_inputs.GroupBy(i => i.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"there are two inputs named '{twice.Key}'", nameof(inputs));
    }

    /// <summary>The photograph alone.</summary>
    public static InputSet None { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _inputs.Length;

    /// <inheritdoc/>
    public InputSpec this[int index] => _inputs[index];

    /// <summary>The place of an input by its name, or -1.</summary>
    public int IndexOf(string name) => Array.FindIndex(_inputs, i => i.Name == name);

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
    public bool Equals(InputSet? other) => other is not null && _inputs.AsSpan().SequenceEqual(other._inputs);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as InputSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _inputs.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _inputs.Select(i => i.Name));

    /// <summary>The same inputs in the same order, by name, kind and channels: values of one fit the other.</summary>
    internal bool FitsTo(InputSet other) =>
        ReferenceEquals(this, other)
        || _inputs.Select(i => (i.Name, i.Kind, i.Channels)).SequenceEqual(other._inputs.Select(i => (i.Name, i.Kind, i.Channels)));

    /// <summary>The inputs in words, for messages.</summary>
    internal string Describe() =>
        Count == 0
            ? "none beside the photograph"
            : string.Join(", ", _inputs.Select(i => $"{i.Name} ({(i.IsPlanes ? "planes" : "vector")}, {i.Channels} channels)"));
}
