using System.Globalization;
using System.Text.Json.Nodes;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tasks;

/// <summary>Lists of numbers of a task, one for each class, tag or value.</summary>
internal static class TaskWeights
{
    /// <summary>Throws unless there is a number above 0 for each channel, or no list.</summary>
    public static void Check(string property, IReadOnlyList<double>? weights, int channels, string word)
    {
        if (weights is null)
            return;
        CheckCount(property, weights, channels, word);
        for (int i = 0; i < weights.Count; i++)
        {
            OptionRange.Holds(
                string.Create(CultureInfo.InvariantCulture, $"{property}[{i}]"),
                weights[i],
                weights[i] > 0,
                "a finite number above 0"
            );
        }
    }

    /// <summary>Throws unless there are as many numbers as channels.</summary>
    public static void CheckCount(string property, IReadOnlyList<double> numbers, int channels, string word)
    {
        if (numbers.Count != channels)
            throw new ArgumentException($"{property} has {numbers.Count} numbers for {channels} {word}", property);
    }

    /// <summary>As a JSON array.</summary>
    public static JsonArray Write(IReadOnlyList<double> numbers) => [.. numbers.Select(n => (JsonNode)n)];

    /// <summary>As a JSON number where there is one, else as an array.</summary>
    public static JsonNode WriteShort(IReadOnlyList<double> numbers) => numbers is [double only] ? only : Write(numbers);
}
