using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Export;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Tests.Export;
using Jtr.Interop.Training;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtr.Interop.Tests.Training;

/// <summary>Tasks of the photograph as a whole beside tasks of pixels, from training to exported networks.</summary>
public sealed class ImageTaskTests
{
    private static readonly TaskSet _tasks = MemoryDataset.WithImageTasks;

    private static MemoryDataset Data(int count = 6) =>
        new(count, SmallModel.Size, SmallModel.Size, _tasks, i => new TaskMask((ulong)(i % 31 + 1)) & _tasks.All);

    public static IEnumerable<TestCaseData> Networks =>
        ExportModel.Networks.Take(2).Select(n => new TestCaseData(n).SetArgDisplayNames(n?.Backbone ?? "segnet"));

    private static Trainer Create(NetworkOptions? network = null, string method = "jtr") =>
        SmallModel.Create(o => o with { Tasks = _tasks, Network = network, Method = method, Precision = Precision.Float64 });

    [TestCase("supervised")]
    [TestCase("jtr")]
    [TestCase("teacher")]
    [TestCase("consistency")]
    public async Task A_run_that_is_resumed_is_the_run_that_was_not_interrupted(string method)
    {
        using TemporaryFolder folder = new();
        FitOptions fit = new()
        {
            Steps = 4,
            BatchSize = 2,
            CheckpointPath = folder.File("half.safetensors"),
        };
        using Trainer whole = Create(method: method);
        await whole.FitAsync(Data(), fit with { CheckpointPath = null });
        using Trainer half = Create(method: method);
        await half.FitAsync(Data(), fit with { Steps = 2 });
        using Trainer resumed = Trainer.Load(fit.CheckpointPath!);
        Assert.That(resumed.Tasks, Is.EqualTo(_tasks), "names, means and deviations are in the checkpoint");
        await resumed.FitAsync(Data(), fit);
        SmallModel.AssertSame(SmallModel.Snapshot(resumed), SmallModel.Snapshot(whole));
    }

    [Test]
    public async Task They_are_learnt_and_scored_under_their_names()
    {
        using Trainer trainer = SmallModel.Create(o =>
            o with
            {
                Tasks = _tasks,
                Method = "supervised",
                Optimizer = new AdamOptions { LearningRate = 1e-2 },
            }
        );
        MemoryDataset data = new(4, SmallModel.Size, SmallModel.Size, _tasks);
        EvaluationResult before = trainer.Evaluate(data);
        await trainer.FitAsync(
            data,
            new FitOptions
            {
                Steps = 80,
                BatchSize = 4,
                Augment = false,
            }
        );
        EvaluationResult after = trainer.Evaluate(data);
        Assert.Multiple(() =>
        {
            Assert.That(
                after.Tasks.Select(t => t.Headline.Name),
                Is.EqualTo(new[] { "mIoU", "accuracy", before["depth"].Headline.Name, "mAP", "MAE" })
            );
            Assert.That(after["room"]["accuracy"].Value, Is.GreaterThan(before["room"]["accuracy"].Value));
            Assert.That(after["pose"]["MAE"].Value, Is.LessThan(0.5 * before["pose"]["MAE"].Value));
        });
    }

    [TestCaseSource(nameof(Networks))]
    public void A_predictor_and_exported_networks_give_what_the_trainer_does(NetworkOptions? network)
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = SmallModel.Create(o => o with { Tasks = _tasks, Network = network, Method = "supervised" });
        using Batch batch = SmallModel.CreateBatch(samples: 2, tasks: _tasks);
        for (int i = 0; i < 3; i++)
            trainer.Step(batch);
        const int samples = 2,
            height = 45,
            width = 70;
        float[] images = ExportModel.Images(samples, height, width);
        int values = _tasks.PredictionValues(height, width);
        float[] expected = new float[samples * values],
            predicted = new float[samples * values];
        trainer.Predict(images, samples, height, width, expected);
        using Predictor predictor = new(trainer);
        predictor.Predict(images, samples, height, width, predicted);
        Assert.That(predicted, Is.EqualTo(expected));

        string onnx = folder.File("network.onnx"),
            script = folder.File("network.pt");
        OnnxExport.Save(trainer, onnx);
        TorchScriptExport.Save(trainer, script);
        using InferenceSession session = new(onnx);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run([
            NamedOnnxValue.CreateFromTensor("image", new DenseTensor<float>(images, [samples, 3, height, width])),
        ]);
        foreach (DisposableNamedOnnxValue result in results)
        {
            Tensor<float> tensor = result.AsTensor<float>();
            VisionTask task = _tasks[result.Name];
            int[] shape = task.Kind.Extent == TaskExtent.Image ? [samples, task.Channels] : [samples, task.Channels, height, width];
            Assert.That(tensor.Dimensions.ToArray(), Is.EqualTo(shape), task.Name);
            Assert.That(ExportModel.Worst([.. tensor], Of(task)), Is.LessThan(1e-4), task.Name);
        }
        foreach (string[] program in TorchScriptLoader.Programs())
        {
            foreach ((string name, float[] actual) in TorchScriptLoader.Run(program, script, images, samples, height, width))
                Assert.That(ExportModel.Worst(actual, Of(_tasks[name])), Is.LessThan(1e-4), $"{name}, {program[0]}");
        }

        float[] Of(VisionTask task) =>
            [
                .. Enumerable
                    .Range(0, samples)
                    .SelectMany(s => new Prediction(_tasks, expected, s, height, width)[_tasks.IndexOf(task.Name)].ToArray()),
            ];
    }

    [Test]
    public void A_whole_image_is_predicted_once_whatever_its_tiles()
    {
        using Trainer trainer = SmallModel.Create(o => o with { Tasks = _tasks, Method = "supervised" });
        using Batch batch = SmallModel.CreateBatch(samples: 2, tasks: _tasks);
        trainer.Step(batch);
        using Predictor predictor = new(trainer);
        ImageSample image = new("image", ExportModel.Images(1, 96, 128), 96, 128);
        InferenceOptions options = new() { Size = (32, 32), Confidence = true };
        using ImagePrediction resized = predictor.Predict(image, options),
            tiled = predictor.Predict(image, options with { Tile = true });
        Assert.Multiple(() =>
        {
            foreach (string name in (string[])["room", "tags", "pose"])
            {
                Assert.That(tiled[name].Values.ToArray(), Is.EqualTo(resized[name].Values.ToArray()), name);
                Assert.That(tiled[name].Confidence.Length, Is.EqualTo(1), name);
            }
            Assert.That(resized["room"].Probabilities.ToArray().Sum(), Is.EqualTo(1).Within(1e-5));
            Assert.That(resized["room"].Probabilities.ToArray().Max(), Is.EqualTo(resized["room"].Confidence[0]).Within(1e-5));
            Assert.That(resized["tags"].Values.ToArray(), Is.All.AnyOf(0f, 1f));
            Assert.That(resized["pose"].Probabilities.Length, Is.Zero);
            Assert.That(tiled["seg"].Values.Length, Is.EqualTo(96 * 128));
            Assert.That(
                resized["tags"].Summarize().Probabilities.Select(p => p.Name),
                Is.EqualTo(TaskKind.Tags.ClassNames(_tasks["tags"]))
            );
        });
    }
}
