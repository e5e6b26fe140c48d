using System.Runtime.InteropServices;

namespace Jtr.Interop.Native;

/// <summary>Owns one object of libjtr. The object may be used by one thread at a time, which <see cref="Use"/> sees to.</summary>
internal abstract class NativeHandle : SafeHandle
{
    private readonly Type _owner;
    private int _inUse;
    private volatile bool _disposed;

    /// <summary>Takes ownership.</summary>
    /// <param name="pointer">What a creating function returned.</param>
    /// <param name="owner">The public type that the object stands behind, for messages.</param>
    protected NativeHandle(nint pointer, Type owner)
        : base(0, ownsHandle: true)
    {
        _owner = owner;
        SetHandle(pointer);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Throws if the object was disposed, even where a call still keeps it alive.</summary>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, _owner);

    /// <summary>Takes the object for the calling thread and keeps it alive until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    /// <exception cref="InvalidOperationException">Another call is using it.</exception>
    public Lease Use() => new(this, Acquire());

    /// <summary>As <see cref="Use"/>, for a use that ends on another thread; <see cref="Release"/> ends it.</summary>
    /// <returns>The object.</returns>
    public nint Acquire()
    {
        ThrowIfDisposed();
        if (Interlocked.CompareExchange(ref _inUse, 1, 0) != 0)
            throw new InvalidOperationException($"another call is using this {_owner.Name}; it may be used by one thread at a time");
        bool added = false;
        try
        {
            DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            Volatile.Write(ref _inUse, 0);
            throw new ObjectDisposedException(_owner.FullName);
        }
        return handle;
    }

    /// <summary>Ends what <see cref="Acquire"/> began.</summary>
    public void Release()
    {
        Volatile.Write(ref _inUse, 0);
        DangerousRelease();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        base.Dispose(disposing);
    }

    /// <summary>The right to use the object.</summary>
    public readonly ref struct Lease(NativeHandle owner, nint pointer)
    {
        /// <summary>The object.</summary>
        public nint Pointer => pointer;

        /// <summary>Gives the object back.</summary>
        public void Dispose() => owner.Release();
    }
}

/// <summary>Owns a jtr_trainer.</summary>
internal sealed class TrainerHandle(nint pointer) : NativeHandle(pointer, typeof(Training.Trainer))
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Api.TrainerDestroy(handle);
        return true;
    }
}

/// <summary>Owns a jtr_regularizer.</summary>
internal sealed class RegularizerHandle(nint pointer) : NativeHandle(pointer, typeof(Training.JointTaskRegularizer))
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Api.RegularizerDestroy(handle);
        return true;
    }
}

/// <summary>Owns a jtr_checkpoint.</summary>
internal sealed class CheckpointHandle(nint pointer) : NativeHandle(pointer, typeof(Checkpoints.CheckpointInfo))
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Api.CheckpointDestroy(handle);
        return true;
    }
}
