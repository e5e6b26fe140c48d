using System.Globalization;
using System.Numerics;
using Jtr.Interop.Training;
using Microsoft.Extensions.Configuration;

namespace Jtr.Interop.Hosting.Binding;

/// <summary>Values that stand in configuration as a text or a list of texts.</summary>
internal static class ConfiguredValue
{
    // What each type is called in messages, and how it is read; null: it is not one.
    private static readonly Dictionary<Type, (string Words, Func<string, object?> Read)> _types = new()
    {
        [typeof(string)] = ("a text", text => text),
        [typeof(bool)] = ("true or false", text => bool.TryParse(text, out bool value) ? value : null),
        [typeof(int)] = ("a whole number", Whole<int>),
        [typeof(long)] = ("a whole number", Whole<long>),
        [typeof(ulong)] = ("a whole number of 0 or more", Whole<ulong>),
        [typeof(double)] = ("a number", text => Number(text)),
        [typeof(TimeSpan)] = ("a time such as 00:00:02", text => Time(text)),
        [typeof(TaskGraphOptions)] = ("a task graph, such as depth<>normals or similarity", text => Parsed(TaskGraphOptions.Parse, text)),
    };

    // Lists: what they are called, and how they are made of their items; null where an item is wrong.
    private static readonly Dictionary<Type, (string Words, Func<IReadOnlyList<IConfigurationSection>, object?> Read)> _lists = new()
    {
        [typeof(IReadOnlyList<double>)] = ("a list of numbers", items => Each(items, text => Number(text))),
        [typeof(IReadOnlyList<string>)] = ("a list of texts", items => Each<string>(items, text => text)),
        [typeof(IReadOnlyList<ConstraintOptions>)] = (
            "a list of constraints, such as implication:if=seg,then=tags",
            items => Each(items, text => Parsed(ConstraintOptions.Parse, text))
        ),
        [typeof(IReadOnlyList<DomainTechnique>)] = (
            "a list of domain techniques, such as adversarial or coral:0.5",
            items => Each(items, text => Parsed(DomainTechnique.Parse, text))
        ),
        [typeof(IReadOnlyList<DomainWeight>)] = (
            "a list of weights of domains, such as streets:depth=0.5",
            items => Each(items, text => Parsed(DomainWeight.Parse, text))
        ),
    };

    /// <summary>Whether there is a way to say a value of this type.</summary>
    public static bool Knows(Type type) => _lists.ContainsKey(type) || Plain(type).IsEnum || _types.ContainsKey(Plain(type));

    /// <summary>Reads a value.</summary>
    /// <param name="type">Its type, one that <see cref="Knows"/> knows.</param>
    /// <param name="section">Where it stands.</param>
    /// <param name="value">Receives it; null where it says so and may be null.</param>
    /// <returns>Null, or what belongs there.</returns>
    public static string? Read(Type type, IConfigurationSection section, out object? value)
    {
        value = null;
        if (_lists.TryGetValue(type, out (string Words, Func<IReadOnlyList<IConfigurationSection>, object?> Read) list))
        {
            value = section.Value is { Length: > 0 } ? null : list.Read([.. section.GetChildren()]);
            return value is null ? list.Words : null;
        }
        Type plain = Plain(type);
        string words = plain.IsEnum ? string.Join(", ", Enum.GetNames(plain)) : _types[plain].Words;
        if (section.GetChildren().Any())
            return words;
        if (string.IsNullOrEmpty(section.Value) && (plain != type || (plain == typeof(string) && section.Value is null)))
            return null;
        if (section.Value is not { } text)
            return words;
        value = plain.IsEnum ? Name(plain, text) : _types[plain].Read(text);
        return value is null ? words : null;
    }

    private static object? Whole<T>(string text)
        where T : struct, IBinaryInteger<T> =>
        T.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out T value) ? value : null;

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;

    private static TimeSpan? Time(string text) => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan value) ? value : null;

    private static object? Name(Type type, string text) =>
        Enum.TryParse(type, text, ignoreCase: true, out object? value) && Enum.IsDefined(type, value!) ? value : null;

    private static T? Parsed<T>(Func<string, T?> parse, string text)
        where T : class
    {
        try
        {
            return parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>A list of what texts say, or null where one of them says nothing.</summary>
    private static List<double>? Each(IReadOnlyList<IConfigurationSection> items, Func<string, double?> read)
    {
        double?[] values = [.. items.Select(i => Text(i) is { } text ? read(text) : null)];
        return values.Contains(null) ? null : [.. values.Select(v => v!.Value)];
    }

    private static List<T>? Each<T>(IReadOnlyList<IConfigurationSection> items, Func<string, T?> read)
        where T : class
    {
        T?[] values = [.. items.Select(i => Text(i) is { } text ? read(text) : null)];
        return values.Contains(null) ? null : [.. values.Select(v => v!)];
    }

    private static string? Text(IConfigurationSection item) => item.GetChildren().Any() ? null : item.Value;

    private static Type Plain(Type type) => Nullable.GetUnderlyingType(type) ?? type;
}
