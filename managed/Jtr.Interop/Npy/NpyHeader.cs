using System.Globalization;
using System.Text;

namespace Jtr.Interop.Npy;

/// <summary>What the header of a .npy file says.</summary>
/// <param name="Type">Type of the elements.</param>
/// <param name="BigEndian">Whether their most significant byte comes first.</param>
/// <param name="ColumnMajor">Whether the first index runs fastest, and there is more than one.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Bytes">Bytes of all elements.</param>
internal readonly record struct NpyHeader(NpyType Type, bool BigEndian, bool ColumnMajor, int[] Shape, int Bytes);

/// <summary>
/// Parses the header's Python dictionary, of which only the form that numpy writes is accepted. Makes no strings but those of faults.
/// </summary>
/// <param name="text">The dictionary, in Latin-1.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="offset">Where the text begins in it.</param>
internal ref struct NpyHeaderParser(ReadOnlySpan<byte> text, string path, int offset)
{
    private const int MostDimensions = 32;

    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    /// <exception cref="JtrFormatException">It has another form, or asks for something that is not read.</exception>
    public NpyHeader Parse()
    {
        bool? fortran = null;
        int[]? shape = null;
        ReadOnlySpan<byte> descr = default;
        bool hasDescr = false;
        Expect('{');
        while (!Accept('}'))
        {
            ReadOnlySpan<byte> key = Quoted();
            Expect(':');
            if (key.SequenceEqual("descr"u8) && !hasDescr)
            {
                if (Peek() != '\'')
                    throw Fault("only plain numbers are read, no records");
                descr = Quoted();
                hasDescr = true;
            }
            else if (key.SequenceEqual("fortran_order"u8) && fortran is null)
            {
                ReadOnlySpan<byte> word = Word();
                fortran =
                    word.SequenceEqual("True"u8)
                    || (word.SequenceEqual("False"u8) ? false : throw Fault("fortran_order is neither True nor False"));
            }
            else if (key.SequenceEqual("shape"u8) && shape is null)
                shape = Tuple();
            else
                throw Fault($"the key '{Text(key)}' is unknown, or there twice");
            if (!Accept(',') && Peek() != '}')
                throw Fault("a comma or } is missing");
        }
        int end = _at;
        if (Peek() != '\0')
            throw Fault("there is something behind the header's }");
        // Faults of the whole are told at its end, not at the end of the padding.
        _at = end;
        if (!hasDescr || fortran is null || shape is null)
            throw Fault("descr, fortran_order or shape is missing");
        (NpyType type, bool bigEndian) = ElementType(descr);

        Int128 bytes = NpyArray.SizeOf(type);
        foreach (int size in shape)
            bytes = Int128.Min(bytes * size, (Int128)long.MaxValue);
        if (bytes > Array.MaxLength)
            throw Fault($"the shape asks for {bytes} bytes or more, which is too many");
        return new NpyHeader(type, bigEndian, fortran.Value && shape.Length > 1, shape, (int)bytes);
    }

    private (NpyType Type, bool BigEndian) ElementType(ReadOnlySpan<byte> descr)
    {
        NpyType? type =
            descr.Length != 3
                ? null
                : (descr[1], descr[2]) switch
                {
                    ((byte)'b', (byte)'1') => NpyType.Boolean,
                    ((byte)'u', (byte)'1') => NpyType.UInt8,
                    ((byte)'i', (byte)'1') => NpyType.Int8,
                    ((byte)'u', (byte)'2') => NpyType.UInt16,
                    ((byte)'i', (byte)'2') => NpyType.Int16,
                    ((byte)'u', (byte)'4') => NpyType.UInt32,
                    ((byte)'i', (byte)'4') => NpyType.Int32,
                    ((byte)'u', (byte)'8') => NpyType.UInt64,
                    ((byte)'i', (byte)'8') => NpyType.Int64,
                    ((byte)'f', (byte)'2') => NpyType.Float16,
                    ((byte)'f', (byte)'4') => NpyType.Float32,
                    ((byte)'f', (byte)'8') => NpyType.Float64,
                    _ => null,
                };
        bool wide = type is not null && NpyArray.SizeOf(type.Value) > 1;
        if (type is null || (wide ? descr[0] is not ((byte)'<' or (byte)'>') : descr[0] is not ((byte)'|' or (byte)'<' or (byte)'>')))
            throw Fault($"elements of type '{Text(descr)}' are not read; b1, u1 to u8, i1 to i8 and f2 to f8 are");
        return (type.Value, wide ? descr[0] == '>' : !BitConverter.IsLittleEndian);
    }

    private int[] Tuple()
    {
        Span<int> sizes = stackalloc int[MostDimensions];
        int count = 0;
        Expect('(');
        while (!Accept(')'))
        {
            ReadOnlySpan<byte> number = Word();
            // Python 2 wrote an L behind long numbers, as sizes are on Windows.
            if (number.EndsWith("L"u8))
                number = number[..^1];
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int size))
                throw Fault($"the size '{Text(number)}' is not a number from 0 to {int.MaxValue}");
            if (count == MostDimensions)
                throw Fault($"more than {MostDimensions} dimensions");
            sizes[count++] = size;
            if (!Accept(',') && Peek() != ')')
                throw Fault("a comma or ) is missing");
        }
        return sizes[..count].ToArray();
    }

    private char Peek()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\n')
            _at++;
        return _at < _text.Length ? (char)_text[_at] : '\0';
    }

    private bool Accept(char c)
    {
        if (Peek() != c)
            return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Accept(c))
            throw Fault($"the header is not a Python dictionary: {c} is missing");
    }

    private ReadOnlySpan<byte> Quoted()
    {
        Expect('\'');
        int length = _text[_at..].IndexOf((byte)'\'');
        if (length < 0)
            throw Fault("a quote is missing");
        ReadOnlySpan<byte> quoted = _text.Slice(_at, length);
        _at += length + 1;
        return quoted;
    }

    private ReadOnlySpan<byte> Word()
    {
        Peek();
        int start = _at;
        while (_at < _text.Length && char.IsAsciiLetterOrDigit((char)_text[_at]))
            _at++;
        return _text[start.._at];
    }

    private static string Text(ReadOnlySpan<byte> latin) => Encoding.Latin1.GetString(latin);

    private readonly JtrFormatException Fault(string message) => new(path, message, offset + Math.Min(_at, _text.Length));
}
