using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Jtr.Interop.Training;

namespace Jtr.Interop.Native;

/// <summary>Checks numbers of option records against the ranges of libjtr's options, which records do not repeat.</summary>
internal static class NativeRange
{
    private static readonly Lazy<JsonObject?> _schema = new(Load);
    private static readonly ConcurrentDictionary<string, Range> _ranges = new(StringComparer.Ordinal);

    /// <summary>Throws unless a number is in the range of an option.</summary>
    /// <param name="property">Name of the property, as the user would write it.</param>
    /// <param name="value">Its value.</param>
    /// <param name="option">
    /// The option's place in <see cref="JtrRuntime.OptionsSchema"/>, with the variant in brackets: "schedule[step].decay_factor".
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">It is not, or is not finite.</exception>
    /// <remarks>Without libjtr there is nothing to compare with, nor anything that could use the options.</remarks>
    public static void Check(string property, double value, string option)
    {
        if (_schema.Value is not { } schema)
            return;
        Range range = _ranges.GetOrAdd(option, path => Find(schema, path));
        OptionRange.Holds(property, value, range.Holds(value), range.Words);
    }

    /// <summary>The same for each number of a list.</summary>
    public static void CheckEach(string property, IReadOnlyList<double> values, string option)
    {
        for (int i = 0; i < values.Count; i++)
            Check(string.Create(CultureInfo.InvariantCulture, $"{property}[{i}]"), values[i], option);
    }

    private static JsonObject? Load()
    {
        try
        {
            return JsonNode.Parse(JtrRuntime.OptionsSchema)!.AsObject();
        }
        catch (JtrNativeLibraryException)
        {
            return null;
        }
    }

    private static Range Find(JsonObject schema, string path)
    {
        JsonObject option = schema;
        foreach (string part in path.Split('.'))
        {
            string[] words = part.TrimEnd(']').Split('[');
            option = option["properties"]![words[0]]!.AsObject();
            option = option["items"] as JsonObject ?? option;
            if (words.Length > 1)
                option = option["oneOf"]!.AsArray().Select(v => v!.AsObject()).Single(v => (string)v["title"]! == words[1]);
        }
        return new Range(option);
    }

    /// <summary>The bounds of an option.</summary>
    private sealed class Range
    {
        private readonly double _lowest;
        private readonly double _highest;
        private readonly bool _isAbove;
        private readonly bool _isBelow;

        public Range(JsonObject option)
        {
            _isAbove = option.ContainsKey("exclusiveMinimum");
            _isBelow = option.ContainsKey("exclusiveMaximum");
            _lowest = (double?)option[_isAbove ? "exclusiveMinimum" : "minimum"] ?? double.NegativeInfinity;
            _highest = (double?)option[_isBelow ? "exclusiveMaximum" : "maximum"] ?? double.PositiveInfinity;
            Words = Say((string?)option["type"] == "integer");
        }

        /// <summary>The range in words.</summary>
        public string Words { get; }

        public bool Holds(double value) =>
            (_isAbove ? value > _lowest : value >= _lowest) && (_isBelow ? value < _highest : value <= _highest);

        private string Say(bool isWhole)
        {
            string lowest = _lowest.ToString(CultureInfo.InvariantCulture),
                highest = _highest.ToString(CultureInfo.InvariantCulture),
                finite = isWhole ? "" : " and finite";
            return (double.IsFinite(_lowest), double.IsFinite(_highest)) switch
            {
                (true, true) when isWhole => $"{lowest} to {highest}",
                (true, true) => $"in {(_isAbove ? '(' : '[')}{lowest}, {highest}{(_isBelow ? ')' : ']')}",
                (true, false) => _isAbove ? $"above {lowest}{finite}" : $"{lowest} or more{finite}",
                (false, true) => _isBelow ? $"below {highest}{finite}" : $"{highest} or less{finite}",
                _ => "finite",
            };
        }
    }
}
