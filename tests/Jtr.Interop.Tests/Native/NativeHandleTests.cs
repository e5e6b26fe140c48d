using Jtr.Interop.Native;

namespace Jtr.Interop.Tests.Native;

public sealed class NativeHandleTests
{
    [Test]
    public void A_handle_is_used_by_one_caller_at_a_time()
    {
        FakeHandle handle = new();
        Assert.That(handle.Acquire(), Is.EqualTo((nint)42));
        Assert.That(handle.Acquire, Throws.InvalidOperationException.With.Message.Contains("one thread at a time"));
        handle.Release();
        using (NativeHandle.Lease lease = handle.Use())
            Assert.That(lease.Pointer, Is.EqualTo((nint)42));
        handle.Dispose();
    }

    [Test]
    public void A_disposed_handle_cannot_be_used()
    {
        FakeHandle handle = new();
        handle.Dispose();
        Assert.That(handle.Released, Is.EqualTo(1));
        Assert.That(handle.Acquire, Throws.TypeOf<ObjectDisposedException>().With.Property("ObjectName").Contains(nameof(FakeHandle)));
    }

    [Test]
    public void Disposing_during_a_use_frees_the_object_when_the_use_ends()
    {
        FakeHandle handle = new();
        handle.Acquire();
        handle.Dispose();
        Assert.That(handle.Released, Is.Zero);
        Assert.That(handle.ThrowIfDisposed, Throws.TypeOf<ObjectDisposedException>());
        handle.Release();
        Assert.That(handle.Released, Is.EqualTo(1));
    }

    private sealed class FakeHandle() : NativeHandle(42, typeof(FakeHandle))
    {
        public int Released { get; private set; }

        protected override bool ReleaseHandle()
        {
            Released++;
            return true;
        }
    }
}
