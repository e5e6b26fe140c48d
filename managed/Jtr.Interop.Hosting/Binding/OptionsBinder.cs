using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Jtr.Interop.Hosting.Binding;

/// <summary>
/// Sets options from configuration: records too, whose properties can be set at their making only, and without code that trimming would
/// break. A key that does not exist is an error, as is a value that is none of its type. Ranges are checked by the options themselves.
/// </summary>
internal static class OptionsBinder
{
    /// <summary>The options with the values of a section.</summary>
    /// <param name="options">Values of what the section does not say. A record stays as it is.</param>
    /// <param name="section">Where the values are.</param>
    /// <param name="except">Keys that somebody else reads.</param>
    /// <exception cref="OptionsValidationException">Keys or values are wrong; it names them all.</exception>
    public static T Bind<T>(T options, IConfiguration section, params string[] except)
        where T : class
    {
        List<string> faults = [];
        BindableType type = BindableType.Find(typeof(T)) ?? throw new ArgumentException($"{typeof(T)} is not bound", nameof(options));
        object bound = Bind(options, type, section, except, faults);
        return faults.Count == 0 ? (T)bound : throw new OptionsValidationException(Options.DefaultName, typeof(T), faults);
    }

    private static object Bind(object options, BindableType type, IConfiguration section, string[] except, List<string> faults)
    {
        object bound = type.Copy(options);
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (except.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                continue;
            PropertyInfo? property = type.Properties.FirstOrDefault(p => p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                IEnumerable<string> known = type.Properties.Select(p => p.Name).Concat(except).Order(StringComparer.Ordinal);
                faults.Add($"{child.Path}: there is no such setting. There are {string.Join(", ", known)}.");
            }
            else if (BindableType.Find(property.PropertyType) is { } nested)
            {
                if (child.Value is { Length: > 0 } text)
                    faults.Add($"{child.Path} is '{text}', where a section belongs.");
                else
                    property.SetValue(bound, Bind(property.GetValue(bound) ?? nested.Create(), nested, child, [], faults));
            }
            else if (ConfiguredValue.Read(property.PropertyType, child, out object? value) is { } expected)
            {
                string found = child.Value is { } given ? $"'{given}'" : "a section or missing";
                faults.Add($"{child.Path} is {found}, where {expected} belongs.");
            }
            else
            {
                property.SetValue(bound, value);
            }
        }
        return bound;
    }
}
