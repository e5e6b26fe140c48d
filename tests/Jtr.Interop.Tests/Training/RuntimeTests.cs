using Jtr.Interop.Training;
using Microsoft.Extensions.Logging.Abstractions;

namespace Jtr.Interop.Tests.Training;

public sealed class RuntimeTests
{
    [Test]
    public void The_library_says_what_it_is_and_what_it_found() =>
        Assert.Multiple(() =>
        {
            Assert.That(JtrRuntime.Version, Does.Match(@"^\d+\.\d+\.\d+"));
            Assert.That(JtrRuntime.TorchVersion, Does.Match(@"^\d+\.\d+"));
            Assert.That(JtrRuntime.CpuCapability, Is.Not.Empty);
            Assert.That(JtrRuntime.TorchPath, Does.Contain("torch"));
            Assert.That(JtrRuntime.CudaDeviceNames, Has.Count.EqualTo(JtrRuntime.CudaDeviceCount));
            Assert.That(JtrRuntime.BuiltWithCuda || JtrRuntime.CudaDeviceCount == 0, Is.True);
        });

    [Test]
    public void The_library_has_the_version_of_the_assemblies() =>
        Assert.That(JtrRuntime.Version, Is.EqualTo(typeof(JtrRuntime).Assembly.GetName().Version!.ToString(3)));

    [Test]
    public void The_methods_are_known_with_their_views()
    {
        TrainingMethod Named(string name) => JtrRuntime.Methods.Single(m => m.Name == name);
        Assert.That((Named("supervised").Views, Named("mtpsl").MinTasks, Named("jtr").Views), Is.EqualTo((1, 2, 3)));
        Assert.That(
            (Named("jtr").Summary, Named("jtr").Source),
            Is.EqualTo(
                (
                    "Predictions and labels of all tasks are encoded into one latent space and pulled together there.",
                    "Nishi et al., CVPR 2024"
                )
            )
        );
    }

    [Test]
    public void Memory_of_a_GPU_that_is_not_there_is_refused() =>
        Assert.Multiple(() =>
        {
            int none = JtrRuntime.CudaDeviceCount;
            Assert.That(() => JtrRuntime.GetCudaMemory(none), Throws.ArgumentException.With.Property("ParamName").EqualTo("index"));
            Assert.That(() => JtrRuntime.ResetCudaPeakMemory(none), Throws.ArgumentException.With.Property("ParamName").EqualTo("index"));
            Assert.That(() => JtrRuntime.GetCudaMemory(-1), Throws.ArgumentException);
        });

    [Test]
    public void The_number_of_threads_can_be_set()
    {
        int before = JtrRuntime.Threads;
        try
        {
            JtrRuntime.Threads = 2;
            Assert.That(JtrRuntime.Threads, Is.EqualTo(2));
        }
        finally
        {
            JtrRuntime.Threads = before;
        }
        Assert.That(
            () => JtrRuntime.Threads = 0,
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("Threads")
        );
        Assert.That(() => JtrRuntime.Threads = 1025, Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("1 to 1024"));
    }

    [Test]
    public void A_logger_can_be_set_and_taken_away()
    {
        JtrRuntime.Logger = NullLogger.Instance;
        Assert.That(JtrRuntime.Logger, Is.SameAs(NullLogger.Instance));
        JtrRuntime.Logger = null;
        Assert.That(JtrRuntime.Logger, Is.Null);
    }
}
