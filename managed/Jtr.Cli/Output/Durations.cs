using System.Globalization;

namespace Jtr.Cli.Output;

/// <summary>Times for people.</summary>
internal static class Durations
{
    /// <summary>Such as "42 s", "3 min 20 s" or "2 h 05 min".</summary>
    public static string Format(TimeSpan time)
    {
        long seconds = Math.Max(0, (long)Math.Round(time.TotalSeconds));
        return seconds switch
        {
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min {seconds % 60:00} s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600} h {seconds / 60 % 60:00} min"),
        };
    }
}
