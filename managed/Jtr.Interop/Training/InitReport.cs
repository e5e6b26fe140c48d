using System.Globalization;
using System.Text;

namespace Jtr.Interop.Training;

/// <summary>A tensor that a file has in another shape than a network.</summary>
/// <param name="Name">Its name in the network.</param>
/// <param name="Shape">Its sizes in the network.</param>
/// <param name="FileShape">Its sizes in the file.</param>
public sealed record InitMismatch(string Name, IReadOnlyList<long> Shape, IReadOnlyList<long> FileShape);

/// <summary>What <see cref="Trainer.Create"/> took from a file. Names are those of <see cref="Trainer.State"/>.</summary>
public sealed record InitReport
{
    // Names that a line of the text shows of a longer list.
    private const int Shown = 4;

    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Tensors of the network that took the file's values.</summary>
    public required IReadOnlyList<string> Matched { get; init; }

    /// <summary>Tensors of the network that the file lacks; they keep fresh values.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>Tensors that the file has in another shape; they keep fresh values.</summary>
    public required IReadOnlyList<InitMismatch> OtherShape { get; init; }

    /// <summary>
    /// The first convolution, where the photographs have other channels than the file's colors: the sum of its weights, of fewer than three
    /// channels; of more they stay with the first three, and those of the others begin at 0. Empty where the channels are the same.
    /// </summary>
    public IReadOnlyList<InitMismatch> Spread { get; init; } = [];

    /// <summary>Tensors of the file, by its own names, that the network has no place for.</summary>
    public required IReadOnlyList<string> Unused { get; init; }

    /// <summary>Tasks whose heads took all values from the file, by name.</summary>
    public required IReadOnlyList<string> MatchedHeads { get; init; }

    /// <summary>Tasks whose heads have fresh values, all or some, by name.</summary>
    public required IReadOnlyList<string> FreshHeads { get; init; }

    /// <summary>The report in words, a line for each thing to say.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        int all = Matched.Count + Missing.Count + OtherShape.Count;
        text.Append(CultureInfo.InvariantCulture, $"{Path}: {Matched.Count} of {all} tensors taken");
        if (MatchedHeads.Count > 0)
            text.Append("; heads of ").AppendJoin(", ", MatchedHeads);
        if (FreshHeads.Count > 0)
            text.Append("; fresh heads for ").AppendJoin(", ", FreshHeads);
        Line(text, "not in the file, so fresh", Missing);
        Line(text, "of another shape, so fresh", [.. OtherShape.Select(o => $"{o.Name} {Text(o.Shape)} (the file: {Text(o.FileShape)})")]);
        Line(
            text,
            "of colors, taken for other channels",
            [.. Spread.Select(s => $"{s.Name} {Text(s.Shape)} (the file: {Text(s.FileShape)})")]
        );
        Line(text, "in the file, not used", Unused);
        return text.ToString();
    }

    private static void Line(StringBuilder text, string title, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return;
        text.Append(CultureInfo.InvariantCulture, $"\n{title} ({names.Count}): ").AppendJoin(", ", names.Take(Shown));
        if (names.Count > Shown)
            text.Append(", ...");
    }

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}
