using Jtr.Interop.Datasets;
using Jtr.Interop.Export;
using Jtr.Interop.Inference;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Export;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtr.Interop.Tests.Inputs;

/// <summary>Inputs beside the photograph, from data sets to exports.</summary>
public sealed class InputTests
{
    private static readonly NetworkOptions Small = new() { Backbone = "resnet18", DecoderChannels = 8 };

    private static TrainerOptions Options(FusionOptions? fusion = null, NetworkOptions? network = null) =>
        new()
        {
            Tasks = new InputDataset().Tasks,
            Inputs = InputDataset.Set,
            Fusion = fusion ?? new FusionOptions(),
            Method = "supervised",
            Network = network,
            Width = 4,
            Seed = 7,
            Device = DeviceKind.Cpu,
        };

    [Test]
    public void Views_cut_and_mirror_planes_as_labels_and_leave_vectors_alone([Values] FlipMode flip)
    {
        InputDataset data = new();
        using DataLoader loader = new(
            data,
            options: new DataLoaderOptions
            {
                Views = 3,
                BatchSize = 6,
                Augment = true,
                Flip = flip,
                Seed = 3,
            }
        );
        Batch batch = loader.Next();
        for (int b = 0; b < batch.Samples; b++)
        {
            int index = batch.Indices[b];
            for (int v = 0; v < batch.Views; v++)
            {
                SampleBuffer view = batch.GetSample(v, b);
                float[] copy = view.Input(0).ToArray(),
                    camera = view.Input(1).ToArray();
                Assert.That(view.InputPresent[0], Is.EqualTo(data.HasInput(index, 0) ? 1 : 0));
                Assert.That(view.InputPresent[1], Is.EqualTo(data.HasInput(index, 1) ? 1 : 0));
                // Colours would tell them apart: they are the photograph's alone.
                Assert.That(copy, Is.EqualTo(data.HasInput(index, 0) ? view.Label(1).ToArray() : new float[copy.Length]));
                float[] expected = [.. Enumerable.Range(0, 3).Select(i => data.HasInput(index, 1) ? InputDataset.Camera(index, i) : 0)];
                Assert.That(camera, Is.EqualTo(expected));
            }
        }
    }

    [Test]
    public void Steps_of_a_caller_that_know_no_inputs_leave_them_alone()
    {
        InputDataset data = new();
        DataLoaderOptions options = new()
        {
            Views = 1,
            BatchSize = 6,
            Augment = false,
            ViewSteps = [() => new Copying(), () => new Copying(), () => new Copying()],
        };
        using DataLoader loader = new(data, options: options);
        Batch batch = loader.Next();
        for (int b = 0; b < batch.Samples; b++)
        {
            if (data.HasInput(batch.Indices[b], 0))
                Assert.That(batch.GetSample(0, b).Input(0).ToArray(), Is.EqualTo(batch.GetSample(0, b).Label(1).ToArray()));
        }
    }

    [Test]
    public void A_network_trains_evaluates_and_resumes_exactly_with_inputs_that_are_missing_and_dropped()
    {
        InputDataset data = new();
        using TemporaryFolder folder = new();
        TrainerOptions options = Options() with { InputDropout = 0.4 };
        using Trainer whole = new(options),
            first = new(options);
        FitOptions fit = new()
        {
            Steps = 4,
            BatchSize = 3,
            Workers = 1,
        };
        whole.FitAsync(data, fit).GetAwaiter().GetResult();
        first.FitAsync(data, fit with { Steps = 2 }).GetAwaiter().GetResult();
        string file = folder.File("run.safetensors");
        first.Save(file);
        using Trainer second = Trainer.Load(file, new LoadOptions());
        Assert.That(second.Options.Inputs, Is.EqualTo(InputDataset.Set));
        Assert.That(second.Options.InputDropout, Is.EqualTo(0.4));
        second.FitAsync(data, fit).GetAwaiter().GetResult();
        SmallModel.AssertSame(SmallModel.Snapshot(second), SmallModel.Snapshot(whole));
        Assert.That(second.Evaluate(data).Samples, Is.EqualTo(data.Count));
    }

    [Test]
    public void Predictors_take_inputs_alone_together_and_by_images()
    {
        using Trainer trainer = Trained(Options());
        (float[] images, float[] values, byte[] present) = Samples(6, 32, 64);
        float[] together = Predict(trainer, images, values, present, 6);
        using Predictor predictor = new(trainer, new PredictorOptions { Device = DeviceKind.Cpu });
        int outputs = together.Length / 6,
            inputs = values.Length / 6;
        float[] alone = new float[outputs];
        for (int b = 0; b < 6; b++)
        {
            float[] image = images[(b * 3 * 32 * 64)..((b + 1) * 3 * 32 * 64)];
            float[] own = values[(b * inputs)..((b + 1) * inputs)];
            byte[] has = present[(2 * b)..(2 * b + 2)];
            predictor.Predict(image, new InputValues(InputDataset.Set, own, has), 1, 32, 64, alone);
            Assert.That(ExportModel.Relative(alone, together[(b * outputs)..((b + 1) * outputs)]), Is.LessThan(1e-5), $"sample {b}");
            ImageSample sample = new("one", image, 32, 64) { Inputs = new ImageInputs(InputDataset.Set, 32, 64, own, has) };
            SamplePrediction found = predictor.PredictAsync([sample]).ToBlockingEnumerable().Single();
            Assert.That(ExportModel.Relative(found.Values.ToArray(), alone), Is.LessThan(1e-6));
        }
        // What is not given at all is missing.
        float[] without = new float[outputs];
        predictor.Predict(images.AsSpan(0, 3 * 32 * 64), 1, 32, 64, without);
        float[] missing = new float[outputs];
        InputValues none = new(InputDataset.Set, values.AsSpan(0, inputs), [0, 0]);
        predictor.Predict(images.AsSpan(0, 3 * 32 * 64), none, 1, 32, 64, missing);
        Assert.That(without, Is.EqualTo(missing));
        Assert.That(ExportModel.Relative(without, together[..outputs]), Is.GreaterThan(1e-4));
    }

    private static IEnumerable<TestCaseData> Exported() =>
        [
            new TestCaseData(null, new FusionOptions()).SetArgDisplayNames("segnet", "early"),
            new TestCaseData(Small, new FusionOptions { FilmLevels = FilmLevels.All }).SetArgDisplayNames("resnet18", "early"),
            new TestCaseData(Small, Late(FeatureFusion.Sum)).SetArgDisplayNames("resnet18", "sum"),
            new TestCaseData(Small, Late(FeatureFusion.Concat)).SetArgDisplayNames("resnet18", "concat"),
            new TestCaseData(Small, Late(FeatureFusion.Gate)).SetArgDisplayNames("resnet18", "gate"),
        ];

    [TestCaseSource(nameof(Exported))]
    public void Onnx_runtime_predicts_what_the_trainer_does(NetworkOptions? network, FusionOptions fusion)
    {
        using Trainer trainer = Trained(Options(fusion, network));
        using TemporaryFolder folder = new();
        string file = folder.File("network.onnx");
        OnnxExport.Save(trainer, file);
        using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(file, options);
        string[] names = ["image", "input.copy", "input.camera", "input_present"];
        Assert.That(session.InputMetadata.Keys, Is.EquivalentTo(names));
        (int height, int width) = (45, 70);
        (float[] images, float[] values, byte[] present) = Samples(3, height, width);
        int all = values.Length / 3,
            plane = 2 * height * width;
        float[] expected = Predict(trainer, images, values, present, 3, height, width);
        float[] copy = [.. Enumerable.Range(0, 3).SelectMany(b => values[(b * all)..(b * all + plane)])];
        float[] camera = [.. Enumerable.Range(0, 3).SelectMany(b => values[(b * all + plane)..((b + 1) * all)])];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run([
            NamedOnnxValue.CreateFromTensor("image", new DenseTensor<float>(images, [3, 3, height, width])),
            NamedOnnxValue.CreateFromTensor("input.copy", new DenseTensor<float>(copy, [3, 2, height, width])),
            NamedOnnxValue.CreateFromTensor("input.camera", new DenseTensor<float>(camera, [3, 3])),
            NamedOnnxValue.CreateFromTensor("input_present", new DenseTensor<float>(present.Select(p => (float)p).ToArray(), [3, 2])),
        ]);
        int outputs = expected.Length / 3,
            at = 0;
        foreach (DisposableNamedOnnxValue result in results)
        {
            float[] actual = result.AsTensor<float>().ToArray();
            int size = actual.Length / 3;
            float[] want = [.. Enumerable.Range(0, 3).SelectMany(b => expected[(b * outputs + at)..(b * outputs + at + size)])];
            Assert.That(ExportModel.Relative(actual, want), Is.LessThan(1e-4), result.Name);
            at += size;
        }
        Assert.That(at, Is.EqualTo(outputs));
    }

    [TestCaseSource(nameof(Exported))]
    public void Libtorch_alone_predicts_what_the_trainer_does(NetworkOptions? network, FusionOptions fusion)
    {
        using Trainer trainer = Trained(Options(fusion, network));
        using TemporaryFolder folder = new();
        trainer.Save(folder.File("network.safetensors"));
        string file = folder.File("network.pt");
        TorchScriptExport.Save(folder.File("network.safetensors"), file);
        (int samples, int height, int width) = (3, 45, 70);
        (float[] images, float[] values, byte[] present) = Samples(samples, height, width);
        int all = values.Length / samples,
            plane = 2 * height * width;
        float[] expected = Predict(trainer, images, values, present, samples, height, width);
        float[] copy = [.. Enumerable.Range(0, samples).SelectMany(b => values[(b * all)..(b * all + plane)])];
        float[] camera = [.. Enumerable.Range(0, samples).SelectMany(b => values[(b * all + plane)..((b + 1) * all)])];
        int outputs = expected.Length / samples;
        foreach (string[] program in TorchScriptLoader.Programs())
        {
            Dictionary<string, float[]> actual = TorchScriptLoader.Run(
                program,
                file,
                images,
                samples,
                height,
                width,
                (copy, [2, height, width]),
                (camera, [3]),
                ([.. present.Select(p => (float)p)], [2])
            );
            int at = 0;
            foreach (VisionTask task in trainer.Tasks)
            {
                int size = actual[task.Name].Length / samples;
                float[] want = [.. Enumerable.Range(0, samples).SelectMany(b => expected[(b * outputs + at)..(b * outputs + at + size)])];
                Assert.That(ExportModel.Relative(actual[task.Name], want), Is.LessThan(1e-4), $"{task.Name}, {program[0]}");
                at += size;
            }
            Assert.That(at, Is.EqualTo(outputs));
        }
    }

    [Test]
    public void A_network_without_inputs_takes_none_and_one_with_inputs_needs_its_own()
    {
        InputDataset data = new();
        using Trainer none = new(Options() with { Inputs = InputSet.None });
        Assert.That(() => none.Evaluate(data), Throws.ArgumentException.With.Message.Contains("copy"));
        Assert.That(none.Evaluate(new InputSelection(data, InputSet.None)).Samples, Is.EqualTo(6));
        using Trainer some = new(Options());
        InputSelection turned = new(data, new InputSet([InputDataset.Set[1], InputDataset.Set[0]]));
        Assert.That(() => some.Evaluate(turned), Throws.ArgumentException);
        Assert.That(some.Evaluate(new InputSelection(turned, InputDataset.Set)).Samples, Is.EqualTo(6));
        InputSet further = new([.. InputDataset.Set, new InputSpec { Name = "sound", Kind = InputKind.Vector }]);
        InputSelection more = new(data, further);
        Assert.That(more.HasInput(0, 2), Is.False);
        Assert.That(more.HasInput(0, 0), Is.True);
    }

    [Test]
    public void Wrong_inputs_are_told()
    {
        Assert.That(() => new InputSet([new() { Name = "image" }]), Throws.ArgumentException);
        Assert.That(() => new InputSet([new() { Name = "a/b" }]), Throws.ArgumentException);
        Assert.That(() => new InputSet([new() { Name = "a" }, new() { Name = "a" }]), Throws.ArgumentException);
        Assert.That(() => new InputSet([new() { Name = "a", Channels = 65 }]), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new InputSet([new() { Name = "a", Mean = [1, 2] }]), Throws.ArgumentException);
        Assert.That(() => new InputSet([new() { Name = "a", StandardDeviation = [0] }]), Throws.ArgumentException);
        Assert.That(() => new Trainer(Options() with { InputDropout = 1 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(
            () => new Trainer(Options(new FusionOptions { Planes = PlanesFusion.Late, Encoder = "plane" }, Small)),
            Throws.ArgumentException.With.Message.Contains("plane")
        );
    }

    private static FusionOptions Late(FeatureFusion combine) =>
        new()
        {
            Planes = PlanesFusion.Late,
            Combine = combine,
            EncoderWidth = 4,
        };

    /// <summary>A network whose inputs have an effect.</summary>
    private static Trainer Trained(TrainerOptions options)
    {
        Trainer trainer = new(options with { Optimizer = new AdamOptions { LearningRate = 1e-2 } });
        trainer
            .FitAsync(
                new InputDataset(),
                new FitOptions
                {
                    Steps = 3,
                    BatchSize = 6,
                    Workers = 1,
                }
            )
            .GetAwaiter()
            .GetResult();
        return trainer;
    }

    private static (float[] Images, float[] Values, byte[] Present) Samples(int count, int height, int width)
    {
        InputDataset data = new(count, height, width);
        using Batch batch = new(data.Tasks, data.Inputs, 1, count, height, width);
        for (int b = 0; b < count; b++)
            data.Read(b, data.Tasks.All, batch.GetSample(0, b));
        return (batch.Images.ToArray(), batch.InputValues.ToArray(), batch.InputPresent.ToArray());
    }

    private static float[] Predict(
        Trainer trainer,
        float[] images,
        float[] values,
        byte[] present,
        int samples,
        int height = 32,
        int width = 64
    )
    {
        float[] predictions = new float[samples * trainer.Tasks.PredictionValues(height, width)];
        trainer.Predict(images, new InputValues(InputDataset.Set, values, present), samples, height, width, predictions);
        return predictions;
    }

    /// <summary>Copies photograph and labels, and knows nothing of inputs.</summary>
    private sealed class Copying : IViewStep
    {
        public void Apply(SampleBuffer source, SampleBuffer destination, Interop.Tasks.TaskMask labeled, ViewKey key)
        {
            source.Image.CopyTo(destination.Image);
            source.Labels.CopyTo(destination.Labels);
        }
    }
}
