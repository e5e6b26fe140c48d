using Jtr.Bindings;
using Jtr.Interop.Native;

namespace Jtr.Interop.Tests.Native;

public sealed class NativeErrorTests
{
    [Test]
    public void A_bad_argument_keeps_its_field()
    {
        ArgumentException e = (ArgumentException)Make(Status.InvalidArgument, field: "batch.images");
        Assert.That(e.ParamName, Is.EqualTo("batch.images"));
        Assert.That(e.Message, Does.StartWith("what happened"));
    }

    [Test]
    public void A_bad_file_keeps_its_path_and_offset()
    {
        JtrFormatException e = (JtrFormatException)Make(Status.Format, path: "/some/file", offset: 17);
        Assert.That((e.Path, e.Offset), Is.EqualTo(("/some/file", 17L)));
        Assert.That(e.Message, Does.Contain("what happened").And.Contain("/some/file").And.Contain("17"));
    }

    [Test]
    public void A_cancelled_call_keeps_its_token()
    {
        using CancellationTokenSource source = new();
        OperationCanceledException e = (OperationCanceledException)
            NativeError.Create(Status.Cancelled, "what happened", "", "", -1, source.Token);
        Assert.That(e.CancellationToken, Is.EqualTo(source.Token));
    }

    [TestCase(Status.InvalidState, typeof(InvalidOperationException))]
    [TestCase(Status.OutOfMemory, typeof(JtrOutOfMemoryException))]
    [TestCase(Status.Device, typeof(JtrDeviceException))]
    [TestCase(Status.NonFinite, typeof(JtrNonFiniteException))]
    [TestCase(Status.Internal, typeof(JtrException))]
    [TestCase((Status)4711, typeof(JtrException))]
    public void Every_other_status_has_its_exception(Status status, Type type)
    {
        Exception e = Make(status);
        Assert.That(e, Is.TypeOf(type));
        Assert.That(e.Message, Does.Contain("what happened"));
    }

    [Test]
    public void An_error_of_the_system_names_the_file_and_tells_what_is_missing()
    {
        string folder = TestContext.CurrentContext.TestDirectory;
        string missing = Path.Combine(folder, "no-such-file");
        Assert.Multiple(() =>
        {
            Assert.That(Make(Status.Io, path: folder), Is.TypeOf<IOException>().With.Message.Contains(folder));
            Assert.That(
                Make(Status.Io, path: missing),
                Is.TypeOf<FileNotFoundException>().With.Message.Contains(missing).And.Property("FileName").EqualTo(missing)
            );
            Assert.That(
                Make(Status.Io, path: Path.Combine(missing, "x")),
                Is.TypeOf<DirectoryNotFoundException>().With.Message.Contains(missing)
            );
        });
    }

    private static Exception Make(Status status, string field = "", string path = "", long offset = -1) =>
        NativeError.Create(status, "what happened", field, path, offset);
}
