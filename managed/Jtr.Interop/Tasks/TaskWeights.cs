using System.Text.Json.Nodes;
using Jtr.Interop.Native;

namespace Jtr.Interop.Tasks;

/// <summary>Lists of numbers of a task, one for each class, tag or value.</summary>
internal static class TaskWeights
{
    /// <summary>Throws unless there is a number for each channel, in the range of libjtr's option, or no list.</summary>
    public static void Check(string property, IReadOnlyList<double>? weights, int channels, string word, string option)
    {
        if (weights is null)
            return;
        if (weights.Count != channels)
            throw new ArgumentException($"{property} has {weights.Count} numbers for {channels} {word}", property);
        NativeRange.CheckEach(property, weights, option);
    }

    /// <summary>Weights of classes, under the name that documents and libjtr share; what is not set is left out.</summary>
    public static void WriteClasses(IReadOnlyList<double>? weights, JsonObject target)
    {
        if (weights is not null)
            target["class_weights"] = Write(weights);
    }

    /// <summary>As a JSON array.</summary>
    public static JsonArray Write(IReadOnlyList<double> numbers) => [.. numbers.Select(n => (JsonNode)n)];

    /// <summary>As a JSON number where there is one, else as an array.</summary>
    public static JsonNode WriteShort(IReadOnlyList<double> numbers) => numbers is [double only] ? only : Write(numbers);
}
