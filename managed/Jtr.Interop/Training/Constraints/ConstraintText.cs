using System.Globalization;

namespace Jtr.Interop.Training;

/// <summary>A constraint as a text, value by value.</summary>
internal sealed class ConstraintText
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    /// <summary>Takes a text apart.</summary>
    /// <exception cref="FormatException">A value has no key, or a key is there twice.</exception>
    public ConstraintText(string text)
    {
        string[] parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
        Name = parts[0];
        foreach (string value in parts.Length < 2 || parts[1].Length == 0 ? [] : parts[1].Split(',', StringSplitOptions.TrimEntries))
        {
            string[] pair = value.Split('=', 2, StringSplitOptions.TrimEntries);
            if (pair.Length < 2 || pair[0].Length == 0 || pair[1].Length == 0)
                throw new FormatException($"'{value}' is not KEY=VALUE");
            if (!_values.TryAdd(pair[0], pair[1]))
                throw new FormatException($"'{pair[0]}' is there twice");
        }
    }

    /// <summary>What stands before the colon.</summary>
    public string Name { get; }

    /// <summary>A value that has to be there.</summary>
    public string Required(string key) => Optional(key) ?? throw new FormatException($"the constraint '{Name}' needs {key}=...");

    /// <summary>A value, or null.</summary>
    public string? Optional(string key)
    {
        _known.Add(key);
        return _values.GetValueOrDefault(key);
    }

    /// <summary>Several values, or null.</summary>
    public string[]? List(string key) => Optional(key)?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A number, or null.</summary>
    public double? Number(string key) => Optional(key) is { } text ? Number(key, text) : null;

    /// <summary>Several numbers, or null.</summary>
    public double[]? Numbers(string key) => List(key)?.Select(text => Number(key, text)).ToArray();

    /// <summary>Pairs of classes, or null.</summary>
    public ClassPair[]? Pairs(string key) =>
        List(key)
            ?.Select(text =>
                text.Split('>', StringSplitOptions.TrimEntries) is [{ Length: > 0 } first, { Length: > 0 } second]
                    ? new ClassPair(first, second)
                    : throw new FormatException($"'{text}' of {key} is not CLASS>CLASS")
            )
            .ToArray();

    /// <summary>Throws where a value is there that nobody asked for.</summary>
    public void Finish()
    {
        if (_values.Keys.FirstOrDefault(key => !_known.Contains(key)) is { } unknown)
            throw new FormatException($"the constraint '{Name}' has no '{unknown}'; it has {string.Join(", ", _known)}");
    }

    private static double Number(string key, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw new FormatException($"'{text}' of {key} is not a number");
}
