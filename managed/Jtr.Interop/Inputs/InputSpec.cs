using System.Text.Json.Serialization;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Inputs;

/// <summary>What an input beside the photograph is.</summary>
public enum InputKind
{
    /// <summary>Numbers for every pixel, with the photograph's geometry: depth, thermal, infrared. [channels, H, W].</summary>
    Planes = 0,

    /// <summary>Numbers of the whole sample: camera data, embeddings of sound or text. [channels].</summary>
    Vector = 1,
}

/// <summary>An input beside the photograph. Views cut, enlarge and mirror planes as they do the photograph; colours stay.</summary>
public sealed record InputSpec
{
    /// <summary>Name of the photograph, which no other input has.</summary>
    public const string Image = "image";

    /// <summary>The most channels of planes.</summary>
    public const int MaxPlanes = 64;

    /// <summary>The most numbers of a vector.</summary>
    public const int MaxVector = 4096;

    /// <summary>Its name, which is that of its folder or table.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public InputKind Kind { get; init; } = InputKind.Planes;

    /// <summary>Numbers of each pixel (1 to 64), or of each sample (1 to 4096).</summary>
    public int Channels { get; init; } = 1;

    /// <summary>What is taken from the numbers before the network reads them: one for all channels, or one for each.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0];

    /// <summary>What they are then divided by, above 0: one for all channels, or one for each.</summary>
    public IReadOnlyList<double> StandardDeviation { get; init; } = [1];

    /// <summary>The unit of its numbers, such as "m", or null.</summary>
    public string? Unit { get; init; }

    /// <summary>Of planes: whether a resized pixel has the nearest one's value, for values of which there is no mean.</summary>
    public bool IsNearest { get; init; }

    /// <summary>Whether it has a value for every pixel.</summary>
    [JsonIgnore]
    public bool IsPlanes => Kind == InputKind.Planes;

    /// <summary>Numbers of one sample.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public int Values(int height, int width) => checked(IsPlanes ? Channels * height * width : Channels);

    /// <summary>Checks every property.</summary>
    /// <param name="parameter">What errors call the input, such as "Inputs[depth]".</param>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name.</exception>
    public void Validate(string parameter)
    {
        if (string.IsNullOrWhiteSpace(Name))
            throw new ArgumentException("an input needs a name", $"{parameter}.{nameof(Name)}");
        if (TaskName.Fault(Name) is { } fault)
            throw new ArgumentException($"'{Name}' cannot be the name of an input: {fault}", $"{parameter}.{nameof(Name)}");
        if (Name == Image)
            throw new ArgumentException($"'{Image}' is the photograph; an input beside it has another name", $"{parameter}.{nameof(Name)}");
        OptionRange.Named($"{parameter}.{nameof(Kind)}", Kind);
        OptionRange.Within($"{parameter}.{nameof(Channels)}", Channels, 1, IsPlanes ? MaxPlanes : MaxVector);
        CheckCount($"{parameter}.{nameof(Mean)}", Mean, v => double.IsFinite(v), "finite");
        CheckCount($"{parameter}.{nameof(StandardDeviation)}", StandardDeviation, v => v > 0 && double.IsFinite(v), "above 0 and finite");
    }

    /// <inheritdoc/>
    public bool Equals(InputSpec? other) =>
        other is not null
        && (Name, Kind, Channels, Unit, IsNearest) == (other.Name, other.Kind, other.Channels, other.Unit, other.IsNearest)
        && Mean.SequenceEqual(other.Mean)
        && StandardDeviation.SequenceEqual(other.StandardDeviation);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Kind, Channels, Unit, IsNearest);

    private void CheckCount(string parameter, IReadOnlyList<double> values, Func<double, bool> holds, string words)
    {
        OptionRange.NotNull(parameter, values);
        if (values.Count != 1 && values.Count != Channels)
            throw new ArgumentException($"there must be one number, or one for each of {Channels} channels, not {values.Count}", parameter);
        if (!values.All(holds))
            throw new ArgumentException($"every number must be {words}", parameter);
    }
}
