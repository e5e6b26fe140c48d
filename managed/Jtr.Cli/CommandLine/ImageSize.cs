using System.Globalization;

namespace Jtr.Cli.CommandLine;

/// <summary>Rows and columns of the network's input.</summary>
/// <param name="Height">Rows, 1 to <see cref="Largest"/>.</param>
/// <param name="Width">Columns, as many at most.</param>
internal readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>The largest number of rows and columns.</summary>
    public const int Largest = 4096;

    /// <summary>Reads "96x128": rows x columns.</summary>
    public static ImageSize? TryParse(string text)
    {
        string[] parts = text.Split('x', 'X');
        return parts.Length == 2 && Side(parts[0]) is int height && Side(parts[1]) is int width ? new(height, width) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Height}x{Width}");

    private static int? Side(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int side) && side is >= 1 and <= Largest ? side : null;
}
