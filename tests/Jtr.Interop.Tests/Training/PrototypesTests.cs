using Jtr.Interop.Datasets;
using Jtr.Interop.Export;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Export;
using Jtr.Interop.Training;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtr.Interop.Tests.Training;

/// <summary>The method "prototypes" changes what a network predicts: everything that predicts has to have it.</summary>
public sealed class PrototypesTests : IDisposable
{
    private static readonly TaskSet _tasks = new(new SegmentationTask("seg", 4), new DepthTask(), new TagsTask("tags", 3));
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<NetworkOptions?> Networks => [null, new() { Backbone = "resnet18", DecoderChannels = 8 }];

    [TestCaseSource(nameof(Networks))]
    public void Predictors_and_exports_predict_what_the_trainer_does(NetworkOptions? network)
    {
        using Trainer trainer = Trained(network);
        string checkpoint = _folder.File("run.safetensors");
        trainer.Save(checkpoint);
        const int Rows = 45,
            Columns = 70;
        float[] images = ExportModel.Images(2, Rows, Columns);
        Dictionary<string, float[]> expected = Predict(trainer, images, 2, Rows, Columns);

        string onnx = _folder.File("network.onnx");
        OnnxExport.Save(trainer, onnx);
        using (InferenceSession session = new(onnx))
        using (
            IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run([
                NamedOnnxValue.CreateFromTensor("image", new DenseTensor<float>(images, [2, 3, Rows, Columns])),
            ])
        )
        {
            Assert.That(results.Select(r => r.Name), Is.EqualTo(new[] { "seg", "depth", "tags" }));
            foreach (DisposableNamedOnnxValue result in results)
                Assert.That(ExportModel.Relative([.. result.AsTensor<float>()], expected[result.Name]), Is.LessThan(1e-4), result.Name);
        }

        string script = _folder.File("network.pt");
        TorchScriptExport.Save(checkpoint, script);
        foreach (string[] program in TorchScriptLoader.Programs())
        {
            Dictionary<string, float[]> actual = TorchScriptLoader.Run(program, script, images, 2, Rows, Columns);
            foreach ((string task, float[] values) in expected)
                Assert.That(ExportModel.Relative(actual[task], values), Is.LessThan(1e-4), $"{task}, {program[0]}");
        }

        using Predictor predictor = Predictor.Load(checkpoint, new PredictorOptions { Device = DeviceKind.Cpu });
        float[] one = images[..(3 * Rows * Columns)],
            ofPredictor = new float[_tasks.PredictionValues(Rows, Columns)],
            ofTrainer = new float[ofPredictor.Length];
        using Trainer loaded = Trainer.Load(checkpoint);
        loaded.Predict(one, 1, Rows, Columns, ofTrainer);
        predictor.Predict(one, 1, Rows, Columns, ofPredictor);
        Assert.That(ofPredictor, Is.EqualTo(ofTrainer));
    }

    [Test]
    public void A_predictor_of_several_methods_has_them_too()
    {
        using Trainer trainer = new(
            SmallModel.Options with
            {
                Method = "jtr+prototypes",
                Prototypes = new PrototypesOptions { Dimension = 5 },
                EmaDecay = 0.9,
            }
        );
        using (Batch batch = SmallModel.CreateBatch())
            trainer.Step(batch);
        string checkpoint = _folder.File("both.safetensors");
        trainer.Save(checkpoint);
        Assert.That(trainer.State.Contains("ema/model/prototypes.vectors"));
        using Predictor predictor = Predictor.Load(checkpoint, new PredictorOptions { Device = DeviceKind.Cpu });
        Assert.That(predictor.Tasks.Count, Is.EqualTo(2));
        OnnxExport.Save(checkpoint, _folder.File("both.onnx"));
        using InferenceSession session = new(_folder.File("both.onnx"));
        Assert.That(session.OutputMetadata, Has.Count.EqualTo(2));
    }

    private static Trainer Trained(NetworkOptions? network)
    {
        Trainer trainer = SmallModel.Create(o =>
            o with
            {
                Tasks = _tasks,
                Network = network,
                Method = "prototypes",
                Prototypes = new PrototypesOptions { Dimension = 6 },
                Optimizer = new AdamOptions { LearningRate = 0.01 },
            }
        );
        using Batch batch = SmallModel.CreateBatch(samples: 3, views: 1, tasks: _tasks);
        for (int i = 0; i < 4; i++)
            trainer.Step(batch);
        // What is retrieved is written by now.
        Assert.That(trainer.State.Read("model/prototypes.write1.weight").Max(Math.Abs), Is.GreaterThan(1e-3));
        return trainer;
    }

    /// <summary>What a trainer predicts for each task.</summary>
    private static Dictionary<string, float[]> Predict(Trainer trainer, float[] images, int samples, int height, int width)
    {
        Dictionary<string, float[]> all = [];
        int image = 3 * height * width;
        foreach (VisionTask task in _tasks)
            all[task.Name] = [];
        for (int s = 0; s < samples; s++)
        {
            float[] values = new float[trainer.Tasks.PredictionValues(height, width)];
            trainer.Predict(images.AsSpan(s * image, image), 1, height, width, values);
            int at = 0;
            foreach (VisionTask task in _tasks)
            {
                int count = task.Channels * (task.Kind.Extent == TaskExtent.Pixel ? height * width : 1);
                all[task.Name] = [.. all[task.Name], .. values[at..(at + count)]];
                at += count;
            }
        }
        return all;
    }
}
