using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Jtr.Documentation.Tests;

/// <summary>The classes of docs/configuration.md in a host, as an application has them.</summary>
public sealed class TrainingSettingsTests
{
    private static readonly TaskSet _tasks = new(new SegmentationTask("seg", 3), new DepthTask());

    [Test]
    public async Task A_host_binds_the_settings_of_its_configuration()
    {
        using IHost host = Host(("BatchSize", "3"), ("learningrate", "0.5"), ("Method", "supervised"));
        await host.StartAsync();
        TrainingSettings settings = host.Services.GetRequiredService<IOptions<TrainingSettings>>().Value;
        TrainerOptions trainer = settings.ToTrainer(_tasks);
        Assert.That((settings.ToFit().BatchSize, settings.ToFit().Epochs, trainer.Optimizer.LearningRate, trainer.Method), Is.EqualTo((3, 20, 0.5, "supervised")));
        await host.StopAsync();
    }

    [TestCase("BatchSize", "0", "Training: BatchSize must be ")]
    [TestCase("Width", "5000", "Training: Width must be ")]
    [TestCase("LearningRate", "-1", "Training: Optimizer.LearningRate must be ")]
    [TestCase("Method", "", "Training: Method must be ")]
    public void It_does_not_start_with_a_value_out_of_its_range(string name, string value, string words)
    {
        using IHost host = Host((name, value));
        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.StartsWith(words));
    }

    [TestCase("Batchsice", "3", "Batchsice")]
    [TestCase("BatchSize", "many", "BatchSize")]
    public void Nor_with_a_key_that_does_not_exist_or_a_value_that_is_none(string name, string value, string words)
    {
        using IHost host = Host((name, value));
        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains(words));
    }

    private static IHost Host(params (string Name, string Value)[] settings)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create("Training:" + s.Name, (string?)s.Value)));
        builder.Services.AddTraining(builder.Configuration.GetSection("Training"), _tasks);
        return builder.Build();
    }
}
