using System.Globalization;

namespace Jtr.Interop.Training;

/// <summary>A task that informs another one.</summary>
/// <param name="From">Its name.</param>
/// <param name="To">The other one's.</param>
/// <param name="Weight">What a method's term about the pair is multiplied by, 0 or more.</param>
public sealed record TaskPair(string From, string To, double Weight = 1)
{
    private const string BothWays = "<>",
        OneWay = ">";

    /// <summary>One pair, or both, of a text such as "depth&gt;normals" or "depth&lt;&gt;normals*0.5".</summary>
    internal static IEnumerable<TaskPair> Parse(string text)
    {
        double weight = 1;
        string pair = text;
        int star = text.LastIndexOf('*');
        if (star >= 0)
        {
            if (!double.TryParse(text[(star + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out weight) || !(weight >= 0))
                throw new FormatException($"'{text[(star + 1)..]}' in '{text}' is not a weight, a number of 0 or more");
            pair = text[..star];
        }
        bool both = pair.Contains(BothWays, StringComparison.Ordinal);
        if (pair.Split(both ? BothWays : OneWay, StringSplitOptions.TrimEntries) is not [{ Length: > 0 } from, { Length: > 0 } to])
            throw new FormatException($"'{text}' is not TASK>TASK or TASK<>TASK");
        return both ? [new(from, to, weight), new(to, from, weight)] : [new(from, to, weight)];
    }
}
