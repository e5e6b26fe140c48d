using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Hosting;
using Jtr.Interop.Tests.Inference;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Jtr.Interop.Tests.Hosting;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TrainerHostTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Checkpoint => _folder.File("run.safetensors");

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task It_trains_in_the_background_with_the_settings_of_the_configuration()
    {
        ListLogger log = new();
        using MetricsListener steps = new("jtr.training.steps");
        using IHost host = Create(name: "rooms", log: log, settings: ("Fit:Steps", "4"));
        TrainingRun run = host.Services.GetRequiredKeyedService<TrainingRun>("rooms");
        Assert.That(run.Status, Is.EqualTo(new TrainingStatus(TrainingState.Waiting)));
        await host.StartAsync();
        await TestHost.Until(() => run.Status.State == TrainingState.Done, "the training is done");
        Assert.That((run.Status.Result!.Steps, run.Status.Progress!.Step, run.Status.Progress.TotalSteps), Is.EqualTo((4, 4, 4)));
        CheckpointInfo saved = CheckpointInfo.Read(Checkpoint);
        Assert.That((saved.Step, saved.Options.Method, saved.Options.Width), Is.EqualTo((4, "supervised", 2)));
        Assert.That(saved.Options.Optimizer.LearningRate, Is.EqualTo(1e-3));
        Assert.That(saved.Options.Tasks, Is.EqualTo(SmallModel.Tasks), "those of the data");
        Assert.That(log.Lines, Has.Some.StartsWith("Information: Trained to step 4"));
        Assert.That(steps.Of("jtr.run", "rooms").Sum(), Is.EqualTo(4), "its metrics carry its name");
        await host.StopAsync();
    }

    [Test]
    public async Task A_host_that_stops_saves_the_run_and_the_next_one_goes_on()
    {
        long stopped;
        using (IHost host = Create(settings: ("Fit:Steps", "1000000")))
        {
            TrainingRun run = host.Services.GetRequiredService<TrainingRun>();
            await host.StartAsync();
            await TestHost.Until(() => run.Status.Progress is not null, "there is a report");
            await host.StopAsync();
            Assert.That(run.Status.State, Is.EqualTo(TrainingState.Canceled));
            stopped = CheckpointInfo.Read(Checkpoint).Step;
            Assert.That(stopped, Is.GreaterThan(0));
        }
        using IHost next = Create(settings: ("Fit:Steps", $"{stopped + 2}"));
        TrainingRun second = next.Services.GetRequiredService<TrainingRun>();
        await next.StartAsync();
        await TestHost.Until(() => second.Status.State == TrainingState.Done, "the training is done");
        Assert.That(second.Status.Result!.Steps, Is.EqualTo(stopped + 2));
        Assert.That(second.Status.Progress!.Step, Is.EqualTo(stopped + 2));
        await next.StopAsync();
    }

    [Test]
    public async Task It_begins_when_it_is_asked_to_and_again_with_what_the_configuration_says_then()
    {
        using IHost host = Create(settings: [("StartWithHost", "false"), ("Fit:Steps", "2")]);
        TrainingRun run = host.Services.GetRequiredService<TrainingRun>();
        await host.StartAsync();
        Assert.That(run.Status.State, Is.EqualTo(TrainingState.Waiting));
        Assert.That(run.Start(), Is.True);
        await TestHost.Until(() => run.Status.State == TrainingState.Done, "the first run is done");
        IConfigurationRoot configuration = (IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>();
        configuration["Training:Fit:Steps"] = "5";
        configuration.Reload();
        Assert.That(run.Start(), Is.True);
        await TestHost.Until(() => run.Status.Result?.Steps == 5, "it went on for more steps");
        await host.StopAsync();
    }

    [Test]
    public async Task It_is_started_once_while_it_runs()
    {
        using IHost host = Create(settings: ("Fit:Steps", "1000000"));
        TrainingRun run = host.Services.GetRequiredService<TrainingRun>();
        await host.StartAsync();
        Assert.That(run.Start(), Is.False);
        await TestHost.Until(() => run.Status.Progress is not null, "there is a report");
        Assert.That(run.Start(), Is.False);
        await host.StopAsync();
    }

    [Test]
    public async Task Without_resume_it_begins_anew()
    {
        using (Trainer old = SmallModel.Create())
        {
            using Batch batch = SmallModel.CreateBatch();
            old.Step(batch);
            old.Save(Checkpoint);
        }
        using IHost host = Create(settings: [("Resume", "false"), ("Fit:Steps", "1")]);
        TrainingRun run = host.Services.GetRequiredService<TrainingRun>();
        await host.StartAsync();
        await TestHost.Until(() => run.Status.State == TrainingState.Done, "the training is done");
        Assert.That((run.Status.Progress!.Step, CheckpointInfo.Read(Checkpoint).Options.Width), Is.EqualTo((1, 2)));
        await host.StopAsync();
    }

    [Test]
    public async Task Code_adds_what_a_configuration_cannot_say()
    {
        List<long> scored = [],
            reported = [];
        using IHost host = Create(
            settings: [("Fit:Steps", "2"), ("Fit:EvaluateEvery", "1")],
            configure: o =>
            {
                o.Fit = o.Fit with { Validation = SmallModel.Data(4), Evaluated = (step, _) => scored.Add(step) };
                o.Progress = trainer => new Recorder(trainer, reported);
            }
        );
        TrainingRun run = host.Services.GetRequiredService<TrainingRun>();
        await host.StartAsync();
        await TestHost.Until(() => run.Status.State == TrainingState.Done, "the training is done");
        Assert.That(scored, Is.EqualTo(new[] { 1L, 2L }));
        Assert.That(reported, Is.EqualTo(new[] { 0L, 1L, 2L, -1L }), "begun, told of steps, disposed");
        await host.StopAsync();
    }

    [Test]
    public async Task A_host_can_end_with_its_training()
    {
        using IHost host = Create(settings: [("Fit:Steps", "1"), ("StopHostWhenDone", "true")]);
        await host.RunAsync();
        Assert.That(CheckpointInfo.Read(Checkpoint).Step, Is.EqualTo(1));
    }

    [Test]
    public async Task A_failure_stops_the_host_or_if_it_is_told_so_leaves_it_and_can_be_tried_again()
    {
        ListLogger log = new();
        bool isBroken = true;
        using IHost host = Create(
            log: log,
            settings: [("StopHostOnFailure", "false"), ("Fit:Steps", "1")],
            configure: o => o.Progress = _ => isBroken ? throw new IOException("the disk is full") : new Recorder(null, [])
        );
        TrainingRun run = host.Services.GetRequiredService<TrainingRun>();
        await host.StartAsync();
        await TestHost.Until(() => run.Status.State == TrainingState.Failed, "the training fails");
        Assert.That(run.Status.Failure, Is.TypeOf<IOException>());
        await TestHost.Until(() => log.Lines.Any(l => l.StartsWith("Error: The training", StringComparison.Ordinal)), "it is logged");
        isBroken = false;
        Assert.That(run.Start(), Is.True);
        await TestHost.Until(() => run.Status.State == TrainingState.Done, "the second try ends well");
        Assert.That(run.Status.Failure, Is.Null);
        await host.StopAsync();

        using IHost other = Create(settings: ("Fit:Steps", "2"), configure: o => o.Progress = _ => throw new IOException("full"));
        IHostApplicationLifetime lifetime = other.Services.GetRequiredService<IHostApplicationLifetime>();
        await other.StartAsync();
        await TestHost.Until(() => lifetime.ApplicationStopping.IsCancellationRequested, "the host stops");
    }

    [TestCase("Fit:BatchSize", "0", "Trainer: BatchSize must be ")]
    [TestCase("Fit:CheckpointPath", null, "Trainer: Fit.CheckpointPath must be set")]
    [TestCase("Trainer:Optimizer:LearningRate", "-1", "Trainer: Optimizer.LearningRate must be ")]
    [TestCase("Trainer:Wide", "3", "Training:Trainer:Wide: there is no such setting")]
    [TestCase("Fit:Validation", "photos", "Training:Fit:Validation: there is no such setting")]
    [TestCase("Fitt:Steps", "3", "Training:Fitt: there is no such setting. There are Fit, Resume, StartWithHost, ")]
    public void The_host_does_not_start_with_a_setting_that_is_wrong(string key, string? value, string words)
    {
        using IHost host = Create(settings: [("Fit:Steps", "1"), (key, value)]);
        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains(words));
    }

    [Test]
    public async Task Several_have_names_and_those_of_one_name_are_refused()
    {
        using IHost host = TestHost.Create(
            b =>
            {
                b.Services.AddJtrTrainer(_ => SmallModel.Data(), b.Configuration.GetSection("A"), "a");
                b.Services.AddJtrTrainer(_ => SmallModel.Data(), b.Configuration.GetSection("B"), "b");
                Assert.That(
                    () => b.Services.AddJtrTrainer(_ => SmallModel.Data(), name: "a"),
                    Throws.ArgumentException.With.Message.Contains("'a' was added already")
                );
            },
            new()
            {
                ["A:Fit:Steps"] = "1",
                ["A:Fit:CheckpointPath"] = _folder.File("a.safetensors"),
                ["A:Trainer:Width"] = "2",
                ["B:Fit:Steps"] = "2",
                ["B:Fit:CheckpointPath"] = _folder.File("b.safetensors"),
                ["B:Trainer:Width"] = "2",
            }
        );
        await host.StartAsync();
        TrainingRun a = host.Services.GetRequiredKeyedService<TrainingRun>("a");
        TrainingRun b = host.Services.GetRequiredKeyedService<TrainingRun>("b");
        await TestHost.Until(() => a.Status.State == TrainingState.Done && b.Status.State == TrainingState.Done, "both are done");
        Assert.That((a.Status.Result!.Steps, b.Status.Result!.Steps), Is.EqualTo((1, 2)));
        Assert.That(host.Services.GetService<TrainingRun>(), Is.Null, "there is none without a name");
        await host.StopAsync();
    }

    private IHost Create(
        string? name = null,
        ListLogger? log = null,
        Action<JtrTrainerOptions>? configure = null,
        params (string Key, string? Value)[] settings
    )
    {
        Dictionary<string, string?> all = new()
        {
            ["Training:Trainer:Method"] = "supervised",
            ["Training:Trainer:Width"] = "2",
            ["Training:Trainer:Device"] = "cpu",
            ["Training:Trainer:Optimizer:LearningRate"] = "0.001",
            ["Training:Fit:BatchSize"] = "2",
            ["Training:Fit:Workers"] = "1",
            ["Training:Fit:CheckpointPath"] = Checkpoint,
        };
        foreach ((string key, string? value) in settings)
            all[$"Training:{key}"] = value;
        return TestHost.Create(
            b =>
                b.Services.AddJtrTrainer(_ => SmallModel.Data(), b.Configuration.GetSection("Training"), name)
                    .Configure(o => configure?.Invoke(o)),
            all,
            log
        );
    }

    /// <summary>Writes down: 0 when it is made, steps, -1 when it is disposed.</summary>
    private sealed class Recorder : IProgress<TrainingProgress>, IDisposable
    {
        private readonly List<long> _steps;

        public Recorder(Trainer? trainer, List<long> steps)
        {
            _steps = steps;
            _steps.Add(trainer?.StepCount ?? 0);
        }

        public void Report(TrainingProgress value) => _steps.Add(value.Step);

        public void Dispose() => _steps.Add(-1);
    }
}
