using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Jtr.Interop.Checkpoints.PyTorch;

/// <summary>
/// Reads the pickles of PyTorch files, protocols 2 to 5, as far as tensors and plain containers need. A pickle is a
/// program for a stack machine that may call anything; here it calls nothing: the few names that tensors are made of are
/// recognised and acted on, every other name and every other operation is a fault.
/// </summary>
/// <remarks>
/// Values: null, bool, long, <see cref="BigInteger"/> (beyond 64 bits), double, string, byte[], object?[] (tuple),
/// List&lt;object?&gt;, Dictionary&lt;object, object?&gt; (keys are strings, whole numbers or Booleans), <see cref="PyTorchTensor"/>.
/// </remarks>
internal sealed class PickleReader
{
    private const int LongestInteger = 64;

    private readonly string _path;
    private readonly byte[] _data;
    private readonly Dictionary<string, PyTorchStorage> _storages;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;
    private int _start;

    /// <summary>Prepares to read.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="data">Its bytes, or those of the pickle inside.</param>
    /// <param name="at">Where the pickle begins.</param>
    /// <param name="storages">Receives the storages that tensors look at, by key; their elements are not read here.</param>
    public PickleReader(string path, byte[] data, int at, Dictionary<string, PyTorchStorage> storages)
    {
        _path = path;
        _data = data;
        _at = at;
        _storages = storages;
    }

    /// <summary>Where the next pickle would begin.</summary>
    public int Position => _at;

    /// <summary>Marks the bottom of a group of values.</summary>
    private static object Mark { get; } = new();

    /// <summary>Reads one pickle up to its end.</summary>
    /// <exception cref="JtrFormatException">It is damaged, or holds more than tensors and plain containers.</exception>
    public object? Read()
    {
        _stack.Clear();
        _memo.Clear();
        while (true)
        {
            _start = _at;
            byte operation = Byte();
            if (operation == (byte)'.')
                break;
            Execute(operation);
        }
        object? result = Pop();
        if (_stack.Count != 0 || IsInner(result))
            throw Fault("the pickle ends with something unfinished");
        return result;
    }

    private void Execute(byte operation)
    {
        switch (operation)
        {
            case 0x80:
                Protocol();
                break;
            case 0x95:
                Length(8);
                break; // FRAME: how far to read ahead
            case (byte)'(':
                _stack.Add(Mark);
                break;
            case (byte)'0':
                Pop();
                break;
            case (byte)'1':
                PopToMark();
                break;
            case (byte)'2':
                _stack.Add(Top());
                break;

            case (byte)'N':
                _stack.Add(null);
                break;
            case 0x88:
                _stack.Add(true);
                break;
            case 0x89:
                _stack.Add(false);
                break;
            case (byte)'K':
                _stack.Add((long)Byte());
                break;
            case (byte)'M':
                _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)));
                break;
            case (byte)'J':
                _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)));
                break;
            case 0x8A:
                PushInteger(Byte());
                break;
            case 0x8B:
                PushInteger(Length(4));
                break;
            case (byte)'G':
                _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8)));
                break;
            case (byte)'X':
                _stack.Add(Text(Length(4)));
                break;
            case 0x8C:
                _stack.Add(Text(Byte()));
                break;
            case 0x8D:
                _stack.Add(Text(Length(8)));
                break;
            case (byte)'U':
                _stack.Add(Text(Byte()));
                break; // Python 2's strings
            case (byte)'T':
                _stack.Add(Text(Length(4)));
                break;
            case (byte)'C':
                _stack.Add(Bytes(Byte()).ToArray());
                break;
            case (byte)'B':
                _stack.Add(Bytes(Length(4)).ToArray());
                break;

            case (byte)']':
                _stack.Add(new List<object?>());
                break;
            case (byte)'}':
                _stack.Add(new Dictionary<object, object?>());
                break;
            case (byte)')':
                _stack.Add(Array.Empty<object?>());
                break;
            case (byte)'t':
                _stack.Add(PopToMark());
                break;
            case (byte)'l':
                _stack.Add(new List<object?>(PopToMark()));
                break;
            case 0x85:
                Tuple(1);
                break;
            case 0x86:
                Tuple(2);
                break;
            case 0x87:
                Tuple(3);
                break;
            case (byte)'a':
                Append([Pop()]);
                break;
            case (byte)'e':
                Append(PopToMark());
                break;
            case (byte)'s':
            {
                object? value = Pop();
                SetItems([Pop(), value]);
                break;
            }
            case (byte)'u':
                SetItems(PopToMark());
                break;

            case (byte)'q':
                _memo[Byte()] = Top();
                break;
            case (byte)'r':
                _memo[LittleAt(Take(4), 4)] = Top();
                break;
            case 0x94:
                _memo[_memo.Count] = Top();
                break;
            case (byte)'h':
                Recall(Byte());
                break;
            case (byte)'j':
                Recall(LittleAt(Take(4), 4));
                break;

            case (byte)'c':
                Global(Line(), Line());
                break;
            case 0x93:
            {
                object? name = Pop();
                Global(Pop() as string, name as string);
                break;
            }
            case (byte)'R':
                Reduce();
                break;
            case (byte)'b':
                Build();
                break;
            case (byte)'Q':
                Persistent(Pop());
                break;
            default:
                throw Fault($"operation 0x{operation:X2} of the pickle has no place in a file of tensors; it is refused");
        }
    }

    private void Protocol()
    {
        byte version = Byte();
        if (version is < 2 or > 5)
            throw Fault($"protocol {version} of pickle; 2 to 5 are read");
    }

    private void Tuple(int count)
    {
        object?[] items = new object?[count];
        for (int i = count - 1; i >= 0; i--)
            items[i] = Pop();
        _stack.Add(items);
    }

    private void Append(object?[] items)
    {
        if (Top() is not List<object?> list)
            throw Fault("items are added to what is no list");
        foreach (object? item in items)
            list.Add(Plain(item));
    }

    private void SetItems(object?[] items)
    {
        if (items.Length % 2 != 0)
            throw Fault("a key without a value");
        if (Top() is not Dictionary<object, object?> dictionary)
            throw Fault("items are set in what is no dictionary");
        for (int i = 0; i < items.Length; i += 2)
        {
            if (items[i] is not (string or long or bool))
                throw Fault("a key that is neither text nor a number");
            dictionary[items[i]!] = Plain(items[i + 1]);
        }
    }

    private void Recall(long index) =>
        _stack.Add(_memo.TryGetValue(index, out object? value) ? value : throw Fault($"memo {index} was never stored"));

    /// <summary>A name from a module. None is looked up anywhere but here.</summary>
    private void Global(string? module, string? name)
    {
        object? known = (module, name) switch
        {
            ("collections", "OrderedDict") => Callable.OrderedDictionary,
            ("torch._utils", "_rebuild_tensor_v2") => Callable.Tensor,
            ("torch._utils", "_rebuild_parameter") => Callable.Parameter,
            // NumPy before and after version 2. Its scalars and arrays are data as well: none of its code is needed to read them.
            ("numpy.core.multiarray" or "numpy._core.multiarray", "scalar") => Callable.NumpyScalar,
            ("numpy.core.multiarray" or "numpy._core.multiarray", "_reconstruct") => Callable.NumpyArray,
            ("numpy", "ndarray") => Callable.NumpyArrayClass,
            ("numpy", "dtype") => Callable.NumpyType,
            ("_codecs", "encode") => Callable.Encode,
            ("torch", "BoolStorage") => PyTorchType.Boolean,
            ("torch", "ByteStorage") => PyTorchType.UInt8,
            ("torch", "CharStorage") => PyTorchType.Int8,
            ("torch", "ShortStorage") => PyTorchType.Int16,
            ("torch", "IntStorage") => PyTorchType.Int32,
            ("torch", "LongStorage") => PyTorchType.Int64,
            ("torch", "HalfStorage") => PyTorchType.Float16,
            ("torch", "BFloat16Storage") => PyTorchType.BFloat16,
            ("torch", "FloatStorage") => PyTorchType.Float32,
            ("torch", "DoubleStorage") => PyTorchType.Float64,
            _ => null,
        };
        _stack.Add(
            known
                ?? throw Fault(
                    $"the pickle asks for {Printable(module)}.{Printable(name)}; only tensors and plain containers "
                        + $"are read, nothing else is looked up or run"
                )
        );
    }

    private void Reduce()
    {
        object?[] arguments = Pop() as object?[] ?? throw Fault("a call without a tuple of arguments");
        _stack.Add(
            (Pop(), arguments) switch
            {
                (Callable.OrderedDictionary, []) => new Dictionary<object, object?>(),
                (Callable.Parameter, [PyTorchTensor tensor, bool, Dictionary<object, object?>]) => tensor,
                (
                    Callable.Tensor,
                    [PyTorchStorage storage, long offset, object?[] sizes, object?[] strides, bool, Dictionary<object, object?>, ..]
                ) => Tensor(storage, offset, sizes, strides),
                (Callable.NumpyType, [string code, ..]) => new NumpyType(code),
                (Callable.NumpyScalar, [NumpyType type, byte[] bytes]) => Scalar(type, bytes),
                (Callable.NumpyArray, [Callable.NumpyArrayClass, object?[], _]) => new NumpyArray(),
                // Bytes, as the second protocol writes them.
                (Callable.Encode, [string text, "latin1"]) => Encoding.Latin1.GetBytes(text),
                _ => throw Fault("a call with arguments that make no tensor and no dictionary; it is refused"),
            }
        );
    }

    private PyTorchTensor Tensor(PyTorchStorage storage, long offset, object?[] sizes, object?[] strides)
    {
        try
        {
            return new PyTorchTensor(storage, offset, Numbers(sizes), Numbers(strides));
        }
        catch (ArgumentException e)
        {
            throw Fault(e.Message);
        }
    }

    private long[] Numbers(object?[] values) =>
        [.. values.Select(v => v as long? ?? throw Fault("a tensor's size or stride is no number"))];

    private object Scalar(NumpyType type, byte[] bytes)
    {
        byte[] little = type.IsBigEndian ? [.. bytes.Reverse()] : bytes;
        return (type.Code, little.Length) switch
        {
            ("f8", 8) => BitConverter.ToDouble(little),
            ("f4", 4) => (double)BitConverter.ToSingle(little),
            ("f2", 2) => (double)BitConverter.ToHalf(little),
            ("i8", 8) => BitConverter.ToInt64(little),
            ("i4", 4) => (long)BitConverter.ToInt32(little),
            ("i2", 2) => (long)BitConverter.ToInt16(little),
            ("i1", 1) => (long)(sbyte)little[0],
            ("u8", 8) => (BigInteger)BitConverter.ToUInt64(little),
            ("u4", 4) => (long)BitConverter.ToUInt32(little),
            ("u2", 2) => (long)BitConverter.ToUInt16(little),
            ("u1", 1) => (long)little[0],
            ("b1", 1) => little[0] != 0,
            _ => throw Fault($"a NumPy scalar of the type '{Printable(type.Code)}' in {bytes.Length} bytes"),
        };
    }

    /// <summary>
    /// State set on an object: the version numbers that a state dictionary carries, which nothing needs; the byte order of a NumPy type;
    /// what
    /// a NumPy array holds, which is no weight.
    /// </summary>
    private void Build()
    {
        object? state = Pop();
        if (Top() is NumpyType type && state is object?[] { Length: > 1 } order)
        {
            type.IsBigEndian = order[1] is ">";
            return;
        }
        if (Top() is NumpyArray && state is object?[])
            return;
        if (Top() is not Dictionary<object, object?> || state is not Dictionary<object, object?>)
            throw Fault("state is set on what is no dictionary; it is refused");
    }

    /// <summary>('storage', type, key, device, number of elements), and for old files a view, which has to be None.</summary>
    private void Persistent(object? id)
    {
        if (id is not object?[] { Length: 5 or 6 } parts || parts is not ["storage", PyTorchType type, string key, string, long count, ..])
            throw Fault("a reference to something other than a storage");
        if (parts is [_, _, _, _, _, not null])
            throw Fault("a storage that is a view of another, as old PyTorch wrote; save the file again");
        if (count < 0 || count > long.MaxValue / PyTorchStorage.SizeOf(type))
            throw Fault($"a storage of {count} elements");
        if (!_storages.TryGetValue(key, out PyTorchStorage? storage))
            _storages.Add(key, storage = new PyTorchStorage(type, key, count));
        else if (storage.Type != type || storage.Count != count)
            throw Fault($"two different storages are named '{Printable(key)}'");
        _stack.Add(storage);
    }

    private object? Plain(object? value) =>
        IsInner(value) ? throw Fault("a name or a storage by itself, where a tensor or a plain value belongs") : value;

    private static bool IsInner(object? value) =>
        value is Callable or PyTorchType or PyTorchStorage or NumpyType || ReferenceEquals(value, Mark);

    private object? Top()
    {
        if (_stack.Count == 0 || ReferenceEquals(_stack[^1], Mark))
            throw Fault("the pickle's stack is empty");
        return _stack[^1];
    }

    private object? Pop()
    {
        object? top = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private object?[] PopToMark()
    {
        int mark = _stack.Count - 1;
        while (mark >= 0 && !ReferenceEquals(_stack[mark], Mark))
            mark--;
        if (mark < 0)
            throw Fault("a mark is missing");
        object?[] items = [.. _stack.Skip(mark + 1)];
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private void PushInteger(int length)
    {
        if (length > LongestInteger)
            throw Fault($"a whole number of {length} bytes");
        BigInteger value = new(Bytes(length));
        if (value >= long.MinValue && value <= long.MaxValue)
            _stack.Add((long)value);
        else
            _stack.Add(value);
    }

    private string Text(int length) => Encoding.UTF8.GetString(Bytes(length));

    private string Line()
    {
        int length = _data.AsSpan(_at).IndexOf((byte)'\n');
        if (length < 0)
            throw Fault("the pickle ends in the middle of a name");
        string line = Text(length);
        _at++;
        return line;
    }

    private byte Byte() => Bytes(1)[0];

    private int Take(int count)
    {
        int at = _at;
        Bytes(count);
        return at;
    }

    private ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _data.Length - _at)
            throw Fault($"the file is truncated: {count} bytes are missing or more");
        ReadOnlySpan<byte> bytes = _data.AsSpan(_at, count);
        _at += count;
        return bytes;
    }

    private int Length(int size)
    {
        long length = LittleAt(Take(size), size);
        return length >= 0 && length <= _data.Length - _at
            ? (int)length
            : throw Fault($"the file is truncated: something claims {(ulong)length} bytes, {_data.Length - _at} are left");
    }

    private long LittleAt(int at, int size) =>
        size == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan(at)) : BinaryPrimitives.ReadInt64LittleEndian(_data.AsSpan(at));

    private static string Printable(string? text) =>
        string.Concat((text ?? "?").Take(64).Select(c => char.IsControl(c) ? "?" : c.ToString(CultureInfo.InvariantCulture)));

    private JtrFormatException Fault(string message) => new(_path, message, _start);

    /// <summary>What a pickle may call.</summary>
    private enum Callable
    {
        OrderedDictionary,
        Tensor,
        Parameter,
        NumpyType,
        NumpyScalar,
        NumpyArray,
        NumpyArrayClass,
        Encode,
    }

    /// <summary>Type of a NumPy scalar or array, such as "f8".</summary>
    private sealed class NumpyType(string code)
    {
        public string Code { get; } = code;

        public bool IsBigEndian { get; set; }
    }

    /// <summary>A NumPy array, of which nothing is needed.</summary>
    private sealed class NumpyArray;
}
