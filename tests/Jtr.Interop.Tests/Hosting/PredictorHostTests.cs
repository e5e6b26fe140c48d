using Jtr.Interop.Datasets;
using Jtr.Interop.Hosting;
using Jtr.Interop.Inference;
using Jtr.Interop.Tests.Inference;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Jtr.Interop.Tests.Hosting;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PredictorHostTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Checkpoint => _folder.File("network.safetensors");

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task It_predicts_as_the_network_of_the_checkpoint_does()
    {
        Save(Checkpoint, seed: 1);
        using MetricsListener samples = new("jtr.prediction.samples");
        using IHost host = Create(name: "rooms", settings: ("Options:MaxBatch", "3"));
        await host.StartAsync();
        ReloadingPredictor predictor = host.Services.GetRequiredKeyedService<ReloadingPredictor>("rooms");
        using PredictorLease lease = predictor.Rent();
        Assert.That(lease.Predictor.Options.MaxBatch, Is.EqualTo(3));
        Assert.That(lease.Checkpoint.Options.Seed, Is.EqualTo(1UL));
        using Predictor plain = Predictor.Load(Checkpoint);
        Assert.That(Predict(lease.Predictor), Is.EqualTo(Predict(plain)));
        Assert.That(samples.Of("jtr.predictor", "rooms"), Is.EqualTo(new[] { 1.0 }), "its metrics carry its name");
        await host.StopAsync();
    }

    [Test]
    public async Task A_new_checkpoint_is_taken_up_by_itself()
    {
        Save(Checkpoint, seed: 1);
        using IHost host = Create(settings: ("ReloadInterval", "00:00:00.02"));
        await host.StartAsync();
        ReloadingPredictor predictor = host.Services.GetRequiredService<ReloadingPredictor>();
        Assert.That(Seed(predictor), Is.EqualTo(1UL));
        Save(Checkpoint, seed: 2);
        await TestHost.Until(() => Seed(predictor) == 2, "the new network predicts");
        await host.StopAsync();
    }

    [Test]
    public async Task A_request_ends_with_the_network_that_it_began_with()
    {
        Save(Checkpoint, seed: 1);
        using IHost host = Create();
        await host.StartAsync();
        ReloadingPredictor predictor = host.Services.GetRequiredService<ReloadingPredictor>();
        Predictor old;
        using (PredictorLease request = predictor.Rent())
        {
            old = request.Predictor;
            float[] before = Predict(old);
            Save(Checkpoint, seed: 2);
            Assert.That(predictor.Refresh(), Is.True);
            Assert.That(Seed(predictor), Is.EqualTo(2UL));
            Assert.That(Predict(old), Is.EqualTo(before), "still alive, still the same");
        }
        Assert.That(() => Predict(old), Throws.TypeOf<ObjectDisposedException>(), "freed with its last lease");
        Assert.That(predictor.Refresh(), Is.False, "nothing new");
        await host.StopAsync();
    }

    [Test]
    public async Task Requests_from_many_threads_never_meet_a_freed_network_while_checkpoints_change()
    {
        Save(Checkpoint, seed: 1);
        using IHost host = Create();
        await host.StartAsync();
        ReloadingPredictor predictor = host.Services.GetRequiredService<ReloadingPredictor>();
        using CancellationTokenSource done = new();
        Task[] requests =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        while (!done.IsCancellationRequested)
                        {
                            using PredictorLease lease = predictor.Rent();
                            Predict(lease.Predictor);
                        }
                    })
                ),
        ];
        for (ulong seed = 2; seed < 8; seed++)
        {
            Save(Checkpoint, seed);
            predictor.Refresh();
        }
        await done.CancelAsync();
        await Task.WhenAll(requests);
        Assert.That(Seed(predictor), Is.EqualTo(7UL));
        await host.StopAsync();
    }

    [Test]
    public async Task A_damaged_checkpoint_is_logged_once_and_the_network_stays()
    {
        ListLogger log = new();
        Save(Checkpoint, seed: 1);
        using IHost host = Create(log: log, settings: ("ReloadInterval", "00:00:00.01"));
        await host.StartAsync();
        ReloadingPredictor predictor = host.Services.GetRequiredService<ReloadingPredictor>();
        // At once: the file is looked at all the time.
        File.WriteAllText(_folder.File("damaged"), "no checkpoint");
        File.Move(_folder.File("damaged"), Checkpoint, overwrite: true);
        const string Warning = "Warning: The predictor '' cannot use ";
        await TestHost.Until(() => log.Lines.Any(l => l.StartsWith(Warning, StringComparison.Ordinal)), "it is logged");
        Assert.That(Seed(predictor), Is.EqualTo(1UL));
        Assert.That(predictor.Refresh(), Is.False, "it is not tried again until it changes");
        File.Delete(Checkpoint);
        Assert.That(predictor.Refresh(), Is.False);
        Save(Checkpoint, seed: 3);
        await TestHost.Until(() => Seed(predictor) == 3, "the mended one is taken up");
        Assert.That(log.Lines.Count(l => l.StartsWith("Warning", StringComparison.Ordinal)), Is.EqualTo(1));
        await host.StopAsync();
    }

    [Test]
    public async Task It_waits_for_a_checkpoint_that_may_come_later()
    {
        string folder = Directory.CreateDirectory(_folder.File("run")).FullName;
        using IHost host = Create(settings: [("Checkpoint", folder), ("Optional", "true")]);
        await host.StartAsync();
        ReloadingPredictor predictor = host.Services.GetRequiredService<ReloadingPredictor>();
        Assert.That((predictor.IsReady, predictor.TryRent(out _)), Is.EqualTo((false, false)));
        Assert.That(predictor.Rent, Throws.InvalidOperationException.With.Message.Contains(Path.Combine(folder, "checkpoint.safetensors")));
        Save(Path.Combine(folder, "checkpoint.safetensors"), seed: 4);
        Assert.That(predictor.Refresh(), Is.True, "the folder of a run stands for its checkpoint");
        Assert.That(Seed(predictor), Is.EqualTo(4UL));
        await host.StopAsync();
    }

    [Test]
    public async Task Settings_that_change_are_taken_up_too()
    {
        Save(Checkpoint, seed: 1);
        Save(_folder.File("other.safetensors"), seed: 2);
        using IHost host = Create();
        await host.StartAsync();
        ReloadingPredictor predictor = host.Services.GetRequiredService<ReloadingPredictor>();
        IConfigurationRoot configuration = (IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>();
        configuration["Prediction:Checkpoint"] = _folder.File("other.safetensors");
        configuration["Prediction:Options:MaxBatch"] = "5";
        configuration.Reload();
        Assert.That(predictor.Refresh(), Is.True);
        using PredictorLease lease = predictor.Rent();
        Assert.That((lease.Checkpoint.Options.Seed, lease.Predictor.Options.MaxBatch), Is.EqualTo((2UL, 5)));
        await host.StopAsync();
    }

    [Test]
    public async Task The_container_frees_it()
    {
        Save(Checkpoint, seed: 1);
        Predictor network;
        ReloadingPredictor predictor;
        using (IHost host = Create())
        {
            await host.StartAsync();
            predictor = host.Services.GetRequiredService<ReloadingPredictor>();
            using PredictorLease lease = predictor.Rent();
            network = lease.Predictor;
            await host.StopAsync();
        }
        Assert.That(() => Predict(network), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => predictor.Rent(), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => predictor.Refresh(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void The_host_does_not_start_without_the_checkpoint()
    {
        using IHost host = Create();
        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<FileNotFoundException>().With.Message.Contains(Checkpoint));
    }

    [TestCase("Checkpoint", "", "Predictor: Checkpoint must name a checkpoint")]
    [TestCase("Options:MaxBatch", "0", "Predictor: Options: MaxBatch must be ")]
    [TestCase("ReloadInterval", "-00:00:01", "Predictor: ReloadInterval must be 0 or more")]
    [TestCase("ReloadInterval", "often", "Prediction:ReloadInterval is 'often', where a time such as 00:00:02 belongs")]
    [TestCase("Path", "x", "Prediction:Path: there is no such setting. There are Checkpoint, Optional, Options, ReloadInterval.")]
    public void Nor_with_a_setting_that_is_wrong(string key, string value, string words)
    {
        using IHost host = Create(settings: (key, value));
        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains(words));
    }

    private IHost Create(string? name = null, ListLogger? log = null, params (string Key, string? Value)[] settings)
    {
        Dictionary<string, string?> all = new() { ["Prediction:Checkpoint"] = Checkpoint, ["Prediction:ReloadInterval"] = "00:00:00" };
        foreach ((string key, string? value) in settings)
            all[$"Prediction:{key}"] = value;
        return TestHost.Create(b => b.Services.AddJtrPredictor(b.Configuration.GetSection("Prediction"), name), all, log);
    }

    private static void Save(string path, ulong seed)
    {
        using Trainer trainer = SmallModel.Create(o => o with { Seed = seed, Width = 2, Method = "supervised" });
        using Batch batch = SmallModel.CreateBatch();
        trainer.Step(batch);
        DateTime before = File.Exists(path) ? File.GetLastWriteTimeUtc(path) : default;
        trainer.Save(path);
        // Clocks of file systems may be coarse.
        if (File.GetLastWriteTimeUtc(path) <= before)
            File.SetLastWriteTimeUtc(path, before.AddSeconds(1));
    }

    private static ulong Seed(ReloadingPredictor predictor)
    {
        using PredictorLease lease = predictor.Rent();
        return lease.Checkpoint.Options.Seed;
    }

    private static float[] Predict(Predictor predictor)
    {
        float[] image = new float[3 * 32 * 32],
            predictions = new float[predictor.Tasks.TotalChannels * 32 * 32];
        for (int i = 0; i < image.Length; i++)
            image[i] = i % 97 / 97f;
        predictor.Predict(image, 1, 32, 32, predictions);
        return predictions;
    }
}
