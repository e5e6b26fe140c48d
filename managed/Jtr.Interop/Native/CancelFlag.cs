using System.Runtime.CompilerServices;

namespace Jtr.Interop.Native;

/// <summary>A flag that libjtr reads during a call and a <see cref="CancellationToken"/> raises.</summary>
internal sealed unsafe class CancelFlag
{
    // On the pinned heap: the address is fixed, and the memory lives as long as anyone who could raise the flag.
    private readonly int[] _cell = GC.AllocateArray<int>(1, pinned: true);

    /// <summary>Where libjtr reads it.</summary>
    public nint Address => (nint)Unsafe.AsPointer(ref _cell[0]);

    /// <summary>Takes it down.</summary>
    public void Reset() => Volatile.Write(ref _cell[0], 0);

    /// <summary>Takes it down and lets a token raise it until the registration is disposed. Does not allocate when repeated.</summary>
    public CancellationTokenRegistration Follow(CancellationToken token)
    {
        Reset();
        return token.UnsafeRegister(static flag => Volatile.Write(ref ((CancelFlag)flag!)._cell[0], 1), this);
    }
}
