namespace Jtr.Interop.Visualization;

/// <summary>A colour of 8 bits a channel.</summary>
/// <param name="R">Red.</param>
/// <param name="G">Green.</param>
/// <param name="B">Blue.</param>
public readonly record struct Rgb(byte R, byte G, byte B)
{
    /// <summary>Black.</summary>
    public static Rgb Black => default;

    /// <summary>White.</summary>
    public static Rgb White => new(255, 255, 255);
}

/// <summary>A small picture in memory, 8 bits a channel, to be drawn on and written as PNG.</summary>
public sealed class RgbImage
{
    /// <summary>The largest number of rows, and of columns.</summary>
    public const int MaxSize = 65535;

    private readonly byte[] _data;

    private RgbImage(int height, int width)
    {
        Check(height, nameof(height));
        Check(width, nameof(width));
        if (3L * width * height > Array.MaxLength)
            throw new ArgumentOutOfRangeException(
                nameof(height),
                height,
                $"a picture of {width} columns has at most {Array.MaxLength / 3 / width} rows"
            );
        Width = width;
        Height = height;
        _data = new byte[3 * width * height];
    }

    /// <summary>Makes a black picture.</summary>
    /// <param name="height">Rows, 1 to <see cref="MaxSize"/>.</param>
    /// <param name="width">Columns, 1 to <see cref="MaxSize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range, or the picture would exceed 2 GB.</exception>
    public static RgbImage Create(int height, int width) => new(height, width);

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>[H, W, 3]: red, green and blue of the first pixel, then of its right neighbour, row by row.</summary>
    public Span<byte> Data => _data;

    /// <summary>A pixel.</summary>
    /// <param name="row">Its row, from the top.</param>
    /// <param name="column">Its column, from the left.</param>
    public Rgb this[int row, int column]
    {
        get
        {
            int i = Offset(row, column);
            return new(_data[i], _data[i + 1], _data[i + 2]);
        }
        set
        {
            int i = Offset(row, column);
            (_data[i], _data[i + 1], _data[i + 2]) = (value.R, value.G, value.B);
        }
    }

    /// <summary>Fills a rectangle; what lies outside the picture is left out.</summary>
    /// <param name="top">First row.</param>
    /// <param name="left">First column.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="color">With what.</param>
    public void Fill(int top, int left, int height, int width, Rgb color)
    {
        for (int row = Math.Max(top, 0); row < Math.Min(top + height, Height); row++)
        {
            for (int column = Math.Max(left, 0); column < Math.Min(left + width, Width); column++)
                this[row, column] = color;
        }
    }

    /// <summary>Copies another picture into this one, every pixel repeated in both directions; what falls outside is left out.</summary>
    /// <param name="picture">The other picture.</param>
    /// <param name="top">Row of its upper edge.</param>
    /// <param name="left">Column of its left edge.</param>
    /// <param name="scale">How often each pixel is repeated, 1 or more.</param>
    public void Draw(RgbImage picture, int top, int left, int scale = 1)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        for (int row = 0; row < picture.Height; row++)
        {
            for (int column = 0; column < picture.Width; column++)
                Fill(top + row * scale, left + column * scale, scale, scale, picture[row, column]);
        }
    }

    /// <summary>The picture as a PNG file's bytes.</summary>
    public byte[] ToPng() => PngWriter.Write(_data, Height, Width);

    /// <summary>Writes the picture as a PNG file, which appears whole or not at all. Makes the folder if need be.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void SavePng(string path) => AtomicFile.Write(path, ToPng());

    private int Offset(int row, int column) =>
        (uint)row < (uint)Height && (uint)column < (uint)Width
            ? 3 * (row * Width + column)
            : throw new ArgumentOutOfRangeException(
                nameof(row),
                (row, column),
                $"a picture of {Height} rows and {Width} columns has no such pixel"
            );

    private static void Check(int size, string name)
    {
        if (size is < 1 or > MaxSize)
            throw new ArgumentOutOfRangeException(name, size, $"a picture has 1 to {MaxSize} rows and columns");
    }
}
