using System.Runtime.CompilerServices;
using System.Text;

namespace Jtr.Interop.Native;

/// <summary>A NUL-terminated UTF-8 name that stays in its place.</summary>
internal sealed unsafe class PinnedName
{
    private readonly byte[] _bytes;

    /// <summary>Makes the name.</summary>
    /// <exception cref="ArgumentException">It has a NUL inside, which would cut it.</exception>
    public PinnedName(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("the text has a NUL character inside", nameof(text));
        _bytes = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(text) + 1, pinned: true);
        Encoding.UTF8.GetBytes(text, _bytes);
    }

    /// <summary>Where it is, as long as this object lives.</summary>
    public nint Address => (nint)Unsafe.AsPointer(ref _bytes[0]);
}

/// <summary>An array of jtr_tensor, filled anew for each call without allocating.</summary>
internal sealed unsafe class TensorTable
{
    private const int MostDimensions = 5;

    // On the pinned heap: libjtr reads them.
    private readonly Raw.Tensor.__Internal[] _tensors;
    private readonly long[] _sizes;
    private readonly long[] _strides;

    // What the tensors point to.
    private readonly PinnedName[] _names;

    /// <summary>An empty table.</summary>
    /// <param name="capacity">The most tensors that it will hold.</param>
    public TensorTable(int capacity)
    {
        _tensors = GC.AllocateArray<Raw.Tensor.__Internal>(capacity, pinned: true);
        _sizes = GC.AllocateArray<long>(capacity * MostDimensions, pinned: true);
        _strides = GC.AllocateArray<long>(capacity * MostDimensions, pinned: true);
        _names = new PinnedName[capacity];
    }

    /// <summary>Number of tensors.</summary>
    public int Count { get; private set; }

    /// <summary>The first of them; keep the table alive until the call is over.</summary>
    public nint Address => (nint)Unsafe.AsPointer(ref _tensors[0]);

    /// <summary>Takes all tensors out.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a tensor without gaps.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="dtype">Its number format.</param>
    /// <param name="data">Its first element.</param>
    /// <param name="elementBytes">Bytes of an element.</param>
    /// <param name="sizes">Its sizes, outermost first.</param>
    public void Add(PinnedName name, Raw.Dtype dtype, void* data, int elementBytes, params ReadOnlySpan<long> sizes)
    {
        long elements = 1;
        foreach (long size in sizes)
            elements *= size;
        Put(name, dtype, data, elements * elementBytes, sizes, null);
    }

    /// <summary>Adds a tensor with gaps.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="dtype">Its number format.</param>
    /// <param name="data">Its first element.</param>
    /// <param name="bytes">Bytes from there that may be read or written.</param>
    /// <param name="sizes">Its sizes, outermost first.</param>
    /// <param name="strides">Elements from one to the next, of each size.</param>
    public void Add(PinnedName name, Raw.Dtype dtype, void* data, long bytes, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides)
    {
        int first = Count * MostDimensions;
        strides.CopyTo(_strides.AsSpan(first));
        Put(name, dtype, data, bytes, sizes, (long*)Unsafe.AsPointer(ref _strides[first]));
    }

    private void Put(PinnedName name, Raw.Dtype dtype, void* data, long bytes, ReadOnlySpan<long> sizes, long* strides)
    {
        int first = Count * MostDimensions;
        sizes.CopyTo(_sizes.AsSpan(first));
        _names[Count] = name;
        _tensors[Count++] = new Raw.Tensor.__Internal
        {
            struct_size = (ulong)sizeof(Raw.Tensor.__Internal),
            name = name.Address,
            dtype = (int)dtype,
            dimensions = sizes.Length,
            sizes = (nint)Unsafe.AsPointer(ref _sizes[first]),
            strides = (nint)strides,
            data = (nint)data,
            bytes = bytes,
        };
    }
}
