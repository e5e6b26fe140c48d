using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Export;
using Jtr.Interop.Inference;
using Jtr.Interop.Inputs;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Export;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtr.Interop.Tests.Inputs;

/// <summary>Photographs of a grey camera, and of four channels, from data sets to exports.</summary>
public sealed class ImageChannelsTests
{
    private const int Height = 32;
    private const int Width = 64;

    private static IEnumerable<TestCaseData> Cases() =>
        from channels in (int[])[1, 4]
        from network in (NetworkOptions?[])[null, new() { Backbone = "resnet18", DecoderChannels = 8 }]
        select new TestCaseData(channels, network).SetArgDisplayNames($"{channels}", network?.Backbone ?? "segnet");

    [TestCaseSource(nameof(Cases))]
    public void A_network_trains_resumes_and_predicts(int channels, NetworkOptions? network)
    {
        ChannelsDataset data = new(channels);
        TrainerOptions options = Options(data, network);
        FitOptions fit = new()
        {
            Steps = 4,
            BatchSize = 3,
            Workers = 1,
            Augmentation = new AugmentationOptions
            {
                Blur = 1,
                Noise = 0.1,
                Erase = 0.2,
                Rotation = 10,
                ColorJitter = 0.2,
            },
        };
        using TemporaryFolder folder = new();
        using Trainer whole = new(options),
            first = new(options);
        whole.FitAsync(data, fit).GetAwaiter().GetResult();
        first.FitAsync(data, fit with { Steps = 2 }).GetAwaiter().GetResult();
        string file = folder.File("run.safetensors");
        first.Save(file);
        Assert.That(CheckpointOf(file), Is.EqualTo(channels));
        using Trainer second = Trainer.Load(file, new LoadOptions());
        second.FitAsync(data, fit).GetAwaiter().GetResult();
        SmallModel.AssertSame(SmallModel.Snapshot(second), SmallModel.Snapshot(whole));
        Assert.That(second.Evaluate(data).Samples, Is.EqualTo(data.Count));

        float[] images = Images(channels, 3, Height, Width);
        float[] together = new float[3 * data.Tasks.PredictionValues(Height, Width)];
        whole.Predict(images, 3, Height, Width, together);
        using Predictor predictor = new(whole, new PredictorOptions { Device = DeviceKind.Cpu });
        ImageSample sample = new("one", images.AsMemory(0, channels * Height * Width), Height, Width);
        SamplePrediction alone = predictor.PredictAsync([sample]).ToBlockingEnumerable().Single();
        Assert.That(ExportModel.Relative(alone.Values.ToArray(), together[..(together.Length / 3)]), Is.LessThan(1e-5));
        // By image, of a size of its own, mirrored too.
        ImageSample large = new("large", Images(channels, 1, 50, 70), 50, 70);
        using ImagePrediction prediction = predictor.Predict(large, new InferenceOptions { Flip = true });
        Assert.That(prediction.Height, Is.EqualTo(50));

        Assert.That(
            () => whole.Predict(new float[3 * Height * Width], 1, Height, Width, new float[together.Length / 3]),
            Throws.ArgumentException.With.Message.Contains($"[1, {channels}, {Height}, {Width}]")
        );
        Assert.That(
            () => predictor.Predict(new ImageSample("colors", new float[3 * Height * Width], Height, Width)),
            Throws.ArgumentException.With.Message.Contains($"[{channels}, {Height}, {Width}]")
        );
    }

    [Test]
    public void Every_method_learns_from_them(
        [Values(1, 4)] int channels,
        [Values("supervised+", "jtr", "mtpsl", "consistency", "direct_map", "perceptual_map", "teacher", "jtr+teacher", "prototypes")]
            string method
    )
    {
        ChannelsDataset data = new(channels, tasks: 2);
        using Trainer trainer = new(
            Options(data, method == "prototypes" ? new() { Backbone = "resnet18", DecoderChannels = 8 } : null) with
            {
                Method = method,
                Teacher = new TeacherOptions { Color = 0.5, CutMix = 1 },
            }
        );
        FitOptions fit = new()
        {
            Steps = 2,
            BatchSize = 3,
            Workers = 1,
            Labels = LabelAssignment.Draw(LabelScenario.OneLabel, data, seed: 3),
        };
        FitResult result = trainer.FitAsync(data, fit).GetAwaiter().GetResult();
        Assert.That(result.Steps, Is.EqualTo(2));
        Assert.That(trainer.Evaluate(data).Tasks.Select(t => t.Headline.Value), Is.All.Positive);
    }

    [TestCaseSource(nameof(Cases))]
    public void Onnx_runtime_predicts_what_the_trainer_does(int channels, NetworkOptions? network)
    {
        ChannelsDataset data = new(channels);
        using Trainer trainer = new(Options(data, network));
        trainer
            .FitAsync(
                data,
                new FitOptions
                {
                    Steps = 2,
                    BatchSize = 3,
                    Workers = 1,
                }
            )
            .GetAwaiter()
            .GetResult();
        using TemporaryFolder folder = new();
        string file = folder.File("network.onnx");
        OnnxExport.Save(trainer, file);
        using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(file, options);
        float[] images = Images(channels, 2, Height, Width);
        int values = data.Tasks.PredictionValues(Height, Width);
        float[] expected = new float[2 * values];
        trainer.Predict(images, 2, Height, Width, expected);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run([
            NamedOnnxValue.CreateFromTensor("image", new DenseTensor<float>(images, [2, channels, Height, Width])),
        ]);
        float[] actual = results.Single().AsTensor<float>().ToArray();
        Assert.That(ExportModel.Relative(actual, expected), Is.LessThan(1e-4));
    }

    [Test]
    public void Photographs_of_other_channels_are_refused()
    {
        using Trainer trainer = new(Options(new ChannelsDataset(4), null));
        Assert.That(
            () => trainer.FitAsync(new ChannelsDataset(3), new FitOptions { Steps = 1, BatchSize = 1 }).GetAwaiter().GetResult(),
            Throws.ArgumentException.With.Message.Contains("a photograph of 4 channels")
        );
        Assert.That(() => new InputSelection(new ChannelsDataset(3), trainer.Inputs), Throws.ArgumentException.With.Message.Contains("4"));
        Assert.That(() => new InputSet([], imageChannels: 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => new JoinedDataset([new JoinedSource("grey", new ChannelsDataset(1)), new JoinedSource("colors", new ChannelsDataset(3))]),
            Throws.ArgumentException.With.Message.Contains("'colors' have 3 channels")
        );
    }

    private static int CheckpointOf(string file) => Interop.Checkpoints.CheckpointInfo.Read(file).Options.Inputs.ImageChannels;

    private static TrainerOptions Options(ChannelsDataset data, NetworkOptions? network) =>
        new()
        {
            Tasks = data.Tasks,
            Inputs = data.Inputs,
            Method = "supervised",
            Network = network,
            Width = 4,
            Seed = 7,
            Device = DeviceKind.Cpu,
        };

    private static float[] Images(int channels, int samples, int height, int width) =>
        [.. Enumerable.Range(0, samples * channels * height * width).Select(i => i * 31 % 1009 / 1009f)];

    /// <summary>Samples whose maps are the last channel of the photograph.</summary>
    private sealed class ChannelsDataset(int channels, int tasks = 1) : IMultiTaskDataset
    {
        public TaskSet Tasks { get; } = new(Enumerable.Range(0, tasks).Select(t => new MapTask(t == 0 ? "map" : $"map{t}")));

        public InputSet Inputs { get; } = new([], channels);

        public int Count => 6;

        public int Height => ImageChannelsTests.Height;

        public int Width => ImageChannelsTests.Width;

        public SampleInfo GetSampleInfo(int index) => new($"sample-{index}", Tasks.All);

        public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
        {
            for (int i = 0; i < destination.Image.Length; i++)
                destination.Image[i] = (index * 7919 + i * 31) % 1009 / 1009f;
            for (int t = 0; t < tasks; t++)
            {
                if (wanted[t])
                    destination.Image[^(Height * Width)..].CopyTo(destination.Label(t));
            }
            return wanted & Tasks.All;
        }
    }
}
