using System.Text.Json;

namespace Jtr.Interop.Native;

/// <summary>An operation of a network: what it reads, what it makes, and what else it needs, by name.</summary>
/// <param name="Operation">Its name, such as "convolve".</param>
/// <param name="Inputs">Names of the values that it reads.</param>
/// <param name="Outputs">Names of the values that it makes.</param>
/// <param name="Settings">What else the native library says of it.</param>
internal sealed record GraphNode(string Operation, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, JsonElement Settings)
{
    public string Text(string name) => Settings.GetProperty(name).GetString()!;

    public string? OptionalText(string name) => Settings.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    public int Number(string name) => Settings.GetProperty(name).GetInt32();

    public double[] Numbers(string name) => [.. Settings.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];
}

/// <summary>The operations of a network in evaluation mode in their order, as the native library writes them.</summary>
/// <param name="Nodes">The operations.</param>
/// <param name="Stride">Of which rows and columns of what it reads are multiples; images are padded to it.</param>
internal sealed record NetworkGraph(IReadOnlyList<GraphNode> Nodes, int Stride)
{
    /// <summary>Name of the images, RGB in [0, 1].</summary>
    public const string Image = "image";

    /// <summary>Name of [N, further inputs], 1 where a sample has the input, else 0.</summary>
    public const string Present = "input_present";

    /// <summary>Name of a further input.</summary>
    public static string OfInput(string name) => "input." + name;

    public static NetworkGraph Empty { get; } = new([], 1);

    public static NetworkGraph Parse(JsonElement nodes, int stride) =>
        new(
            [
                .. nodes
                    .EnumerateArray()
                    .Select(n => new GraphNode(n.GetProperty("op").GetString()!, Names(n, "inputs"), Names(n, "outputs"), n.Clone())),
            ],
            stride
        );

    private static string[] Names(JsonElement node, string property) =>
        [.. node.GetProperty(property).EnumerateArray().Select(v => v.GetString()!)];
}
