using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>
/// These networks are too small to gain from threads, and threads that wait for each other lose much when other programs want the
/// processors. Results do not depend on it.
/// </summary>
[SetUpFixture]
public sealed class OneThread
{
    private int _threads;

    [OneTimeSetUp]
    public void Set()
    {
        _threads = JtrRuntime.Threads;
        JtrRuntime.Threads = 1;
    }

    [OneTimeTearDown]
    public void Restore() => JtrRuntime.Threads = _threads;
}
