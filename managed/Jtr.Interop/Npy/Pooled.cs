using System.Buffers;

namespace Jtr.Interop.Npy;

/// <summary>
/// Memory for one file's values, borrowed from the process's pool and given back by <see cref="Dispose"/>, so that reading sample after
/// sample takes nothing from the heap. Not cleared. What an exception leaves behind is collected and missed by nobody.
/// </summary>
/// <typeparam name="T">Type of the values.</typeparam>
/// <param name="length">Number of values; never what a file claims before it was checked that the file can hold it.</param>
internal sealed class Pooled<T>(int length) : IDisposable
    where T : unmanaged
{
    private T[]? _array = ArrayPool<T>.Shared.Rent(length);
    private bool _isOwn;

    /// <summary>Number of values.</summary>
    public int Length => length;

    /// <summary>The values.</summary>
    /// <exception cref="ObjectDisposedException">They were given back.</exception>
    public Span<T> Span => Array.AsSpan(0, length);

    /// <summary>The values, and whatever is behind them.</summary>
    /// <exception cref="ObjectDisposedException">They were given back.</exception>
    public T[] Array => _array ?? throw new ObjectDisposedException(nameof(Pooled<T>));

    /// <summary>Moves the values to memory of their own, which may be held for as long as one likes.</summary>
    public void Keep()
    {
        if (_isOwn)
            return;
        T[] own = Span.ToArray();
        ArrayPool<T>.Shared.Return(Array);
        _array = own;
        _isOwn = true;
    }

    /// <summary>Gives the memory back. Harmless when repeated.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array && !_isOwn)
            ArrayPool<T>.Shared.Return(array);
    }
}
