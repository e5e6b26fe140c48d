using System.Runtime.InteropServices;
using System.Text;

namespace Jtr.Interop.Native;

/// <summary>Native memory for the structs and strings of one call; freed together.</summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private readonly List<nint> _blocks = [];

    /// <summary>A zeroed array.</summary>
    public T* Array<T>(int count)
        where T : unmanaged
    {
        void* block = NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(T));
        _blocks.Add((nint)block);
        return (T*)block;
    }

    /// <summary>A NUL-terminated UTF-8 copy.</summary>
    /// <exception cref="ArgumentException">The text has a NUL inside, which would cut it.</exception>
    public nint Utf8(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("the text has a NUL character inside", nameof(text));
        int bytes = Encoding.UTF8.GetByteCount(text);
        byte* block = Array<byte>(bytes + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(block, bytes));
        return (nint)block;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint block in _blocks)
            NativeMemory.Free((void*)block);
        _blocks.Clear();
    }
}
