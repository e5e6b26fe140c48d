using System.Globalization;
using System.Runtime.CompilerServices;

namespace Jtr.Interop.Training;

/// <summary>Checks of option values. Messages name the property and its allowed range.</summary>
internal static class OptionRange
{
    /// <summary>Throws unless a whole number is in a range.</summary>
    public static void Within(string property, long value, long lowest, long highest = long.MaxValue)
    {
        if (value >= lowest && value <= highest)
            return;
        string range = highest == long.MaxValue ? $"{lowest} or more" : $"{lowest} to {highest}";
        throw new ArgumentOutOfRangeException(property, value, $"{property} must be {range}.");
    }

    /// <summary>Throws unless a number is finite and in a range.</summary>
    /// <param name="property">Name of the property, as the user would write it.</param>
    /// <param name="value">Its value.</param>
    /// <param name="allowed">Whether it is in the range (infinities need no check there).</param>
    /// <param name="range">The range in words.</param>
    public static void Holds(string property, double value, bool allowed, string range)
    {
        if (!double.IsFinite(value) || !allowed)
            throw new ArgumentOutOfRangeException(property, value.ToString(CultureInfo.InvariantCulture), $"{property} must be {range}.");
    }

    /// <summary>Throws unless an enum value is one of those that have a name.</summary>
    public static void Named<T>(string property, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentOutOfRangeException(
                property,
                Unsafe.BitCast<T, int>(value),
                $"{property} must be one of {string.Join(", ", Enum.GetNames<T>())}."
            );
    }

    /// <summary>Throws if there is no object.</summary>
    public static T NotNull<T>(string property, T? value)
        where T : class => value ?? throw new ArgumentNullException(property, $"{property} must not be null.");
}
