using System.Text;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Export;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tests.Export;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;
using Jtr.Interop.Weights;
using Microsoft.ML.OnnxRuntime;

namespace Jtr.Interop.Tests.Weights;

/// <summary>Weights of a backbone out of ONNX files: along the graph, whatever the names.</summary>
public sealed class OnnxWeightsTests : IDisposable
{
    private static readonly NetworkOptions ResNet = new() { Backbone = "resnet18", DecoderChannels = 8 };

    private readonly TemporaryFolder _folder = new();
    private ExportModel _model = null!;
    private string _file = null!;

    [OneTimeSetUp]
    public void Export()
    {
        _model = new ExportModel(ResNet);
        _file = _folder.File("network.onnx");
        OnnxExport.Save(
            _model.Trainer,
            _file,
            new OnnxExportOptions
            {
                Height = 64,
                Width = 64,
                Batch = 1,
            }
        );
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void A_backbone_is_found_whatever_its_tensors_are_called()
    {
        string file = Changed("names.onnx", bytes => Replace(bytes, "backbone.", "something"));
        using Trainer trainer = Trainer.Create(Options(), new InitFrom(file));
        AssertBackboneIsTaken(trainer, exactly: true);
        Assert.That(trainer.Init!.Matched, Has.Count.EqualTo(100), "20 convolutions and 20 norms of 4 tensors each");
        Assert.That(trainer.Init.Missing, Has.None.Contains("backbone"));
        Assert.That(trainer.Init.FreshHeads, Has.Count.EqualTo(ExportModel.Tasks.Count));
    }

    [TestCase(1)]
    [TestCase(5)]
    public void Weights_of_colors_serve_photographs_of_other_channels(int channels)
    {
        const int height = 32,
            width = 64,
            plane = height * width;
        // One mean for all, so that a grey photograph loses what its colors would.
        NetworkOptions network = ResNet with
        {
            Input = new InputTransform { Mean = [0.4, 0.4, 0.4], StandardDeviation = [0.2, 0.2, 0.2] },
        };
        TrainerOptions colors = Options() with { Network = network };
        using Trainer source = new(colors);
        string checkpoint = _folder.File($"colors{channels}.safetensors"),
            onnx = _folder.File($"colors{channels}.onnx");
        source.Save(checkpoint);
        OnnxExport.Save(source, onnx);
        TrainerOptions options = colors with { Inputs = new InputSet([], channels), Seed = 77 };
        using Trainer trainer = Trainer.Create(options, new InitFrom(checkpoint) { Strict = true });
        Assert.That(trainer.Init!.Spread.Single().Shape, Is.EqualTo(new long[] { 64, channels, 7, 7 }));
        Assert.That(trainer.Init.ToString(), Does.Contain("of colors, taken for other channels (1): model/backbone.conv1.weight"));

        float[] image = [.. Enumerable.Range(0, channels * plane).Select(i => i * 31 % 1009 / 1009f)];
        float[] asColors = channels < 3 ? [.. image[..plane], .. image[..plane], .. image[..plane]] : image[..(3 * plane)];
        float[] expected = Predict(source, asColors);
        Assert.That(ExportModel.Relative(Predict(trainer, image), expected), Is.LessThan(1e-5));

        using Trainer fromOnnx = Trainer.Create(options, new InitFrom(onnx));
        Assert.That(
            fromOnnx.State.Read("model/backbone.conv1.weight"),
            Is.EqualTo(trainer.State.Read("model/backbone.conv1.weight")).Within(1e-6)
        );

        float[] Predict(Trainer of, float[] values)
        {
            float[] predictions = new float[of.Tasks.PredictionValues(height, width)];
            of.Predict(values, 1, height, width, predictions);
            return predictions;
        }
    }

    [Test]
    public void Norms_that_another_program_folded_into_convolutions_are_unfolded()
    {
        string file = _folder.File("folded.onnx");
        using (SessionOptions options = new())
        {
            options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_BASIC;
            options.OptimizedModelFilePath = file;
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            using InferenceSession session = new(_file, options);
        }
        Assert.That(OnnxFile.Read(file).Nodes.Any(n => n.Operation == "BatchNormalization"), Is.False);
        using Trainer trainer = Trainer.Create(Options(), new InitFrom(file));
        // With the same decoder and heads, the predictions say whether the features are the same.
        foreach (TensorInfo info in trainer.State.Where(i => !i.Name.Contains("backbone", StringComparison.Ordinal)))
            trainer.State.Write(info.Name, _model.Trainer.State.Read(info.Name));
        float[] images = ExportModel.Images(1, 64, 64);
        Assert.That(ExportModel.Worst(Predict(trainer, images), Predict(_model.Trainer, images)), Is.LessThan(1e-4));
    }

    [Test]
    public void The_package_s_weights_make_the_features_that_onnx_runtime_makes()
    {
        PretrainedWeights known = PretrainedWeights.Find("resnet18-imagenet")!;
        string file = known.Locate()!;
        Assert.That(file, Is.Not.Null, "the test project restores the package");
        InputTransform input = known.ReadInput();
        Assert.That(input.Order, Is.EqualTo(ColorOrder.Bgr));
        Assert.That(input.Mean, Has.All.InRange(100, 130), "of ImageNet, in 0 to 255");
        Assert.That(input.Mean, Is.Ordered, "blue, green, red");
        NetworkOptions network = new()
        {
            Backbone = known.Backbone,
            DecoderChannels = 8,
            Input = input,
        };
        using Trainer trainer = Trainer.Create(
            SmallModel.Options with
            {
                Tasks = ExportModel.Tasks,
                Network = network,
            },
            new InitFrom(file)
        );
        Assert.That(trainer.Init!.Matched, Has.Count.EqualTo(110));

        // What ours makes of photographs before the decoder, through the same runtime.
        string own = _folder.File("features.onnx");
        OnnxExport.Save(
            trainer,
            own,
            new OnnxExportOptions
            {
                Height = 224,
                Width = 224,
                Batch = 1,
            }
        );
        string value = LastOfTheBackbone(own);
        using InferenceSession theirs = new(file),
            ours = new(WithOutput(own, value));
        foreach (float[] image in Photographs(224))
        {
            float[] expected = Run(theirs, "Input247", Preprocessed(image, input));
            // Theirs ends with the mean over 7 x 7 places.
            float[] mean = [.. Run(ours, "image", image, value).Chunk(49).Select(c => c.Average())];
            Assert.That(ExportModel.Relative(mean, expected), Is.LessThan(1e-4));
        }

        // And the library's own arithmetic is that of its export.
        float[] photograph = Photographs(224).First();
        Dictionary<string, float[]> predictions = ExportModel.Predict(trainer, photograph, 1, 224, 224);
        foreach ((string task, float[] values) in predictions)
            Assert.That(ExportModel.Relative(Run(ours, "image", photograph, task), values), Is.LessThan(1e-4), task);
    }

    [Test]
    public void A_network_for_each_task_takes_the_backbone_every_time()
    {
        using Trainer trainer = Trainer.Create(Options() with { Method = "single_task" }, new InitFrom(_file));
        Assert.That(trainer.Init!.Matched, Has.Count.EqualTo(100 * ExportModel.Tasks.Count));
        double[] expected = [.. _model.Trainer.State.Read("model/backbone.conv1.weight").Select(v => (double)(float)v)];
        foreach (string task in ExportModel.Tasks.Select(t => t.Name))
            Assert.That(trainer.State.Read($"model.{task}/backbone.conv1.weight"), Is.EqualTo(expected), task);
    }

    [Test]
    public void A_network_of_other_layers_is_refused_where_they_differ()
    {
        JtrFormatException e = Assert.Throws<JtrFormatException>(() =>
            Trainer.Create(Options() with { Network = ResNet with { Backbone = "resnet34" } }, new InitFrom(_file))
        )!;
        Assert.That(e.Message, Does.Contain("its graph is not that of the backbone").And.Contain("backbone.layer1.2.conv1.weight"));
        Assert.That(
            () => Trainer.Create(Options() with { Network = null }, new InitFrom(_file)),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("the network has none")
        );
    }

    [Test]
    public void Damaged_files_are_told()
    {
        byte[] bytes = File.ReadAllBytes(_file);
        Check("truncated.onnx", bytes[..(bytes.Length / 2)], "truncated");
        Check("empty.onnx", [0x08, 0x08], "it has no graph");
        // Weights that are not numbers, in the first tensor of the file.
        int at = bytes
            .AsSpan()
            .IndexOf(
                _model.Trainer.State.Read("model/backbone.conv1.weight").Take(4).SelectMany(v => BitConverter.GetBytes((float)v)).ToArray()
            );
        Assert.That(at, Is.Positive);
        byte[] notFinite = [.. bytes];
        BitConverter.TryWriteBytes(notFinite.AsSpan(at + 4), float.NaN);
        Check("nan.onnx", notFinite, "NaN");
    }

    [Test]
    public void A_tensor_of_another_file_or_type_is_told()
    {
        OnnxTensor tensor = new("weight", 1, [2], new byte[8], default, "weights.bin");
        Assert.That(
            () => tensor.ToWeights("a.onnx"),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("kept in another file, 'weights.bin'")
        );
        Assert.That(
            () => (tensor with { External = null, Type = 7 }).ToWeights("a.onnx"),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("ONNX type 7")
        );
        Assert.That(
            () => (tensor with { External = null, Shape = [3] }).ToWeights("a.onnx"),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("has 8 bytes, expected 12")
        );
        OnnxTensor half = new("weight", 10, [2], default, new byte[] { 0x00, 0x3c, 0x00, 0xc0 }, null);
        Assert.That(half.ToWeights("a.onnx").ToDoubles(), Is.EqualTo(new double[] { 1, -2 }));
    }

    [Test]
    public void A_mean_image_of_another_shape_is_told()
    {
        string file = PretrainedWeights.Find("resnet18-imagenet")!.Locate()!;
        Assert.That(
            () => PretrainedWeights.ReadInput(file),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("has no mean image")
        );
    }

    private static TrainerOptions Options() => SmallModel.Options with { Tasks = ExportModel.Tasks, Network = ResNet, Seed = 99 };

    private void AssertBackboneIsTaken(Trainer trainer, bool exactly)
    {
        foreach (TensorInfo info in trainer.State.Where(i => i.Name.StartsWith("model/backbone.", StringComparison.Ordinal)))
        {
            if (info.Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))
                continue;
            double[] expected = [.. _model.Trainer.State.Read(info.Name).Select(v => (double)(float)v)];
            Assert.That(trainer.State.Read(info.Name), exactly ? Is.EqualTo(expected) : Is.EqualTo(expected).Within(1e-5), info.Name);
        }
    }

    private void Check(string name, byte[] bytes, string message)
    {
        string file = _folder.File(name);
        File.WriteAllBytes(file, bytes);
        Assert.That(
            () => Trainer.Create(Options(), new InitFrom(file)),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(message).And.Property("Path").EqualTo(file)
        );
    }

    private string Changed(string name, Func<byte[], byte[]> change)
    {
        string file = _folder.File(name);
        File.WriteAllBytes(file, change(File.ReadAllBytes(_file)));
        return file;
    }

    private static byte[] Replace(byte[] bytes, string from, string to)
    {
        Assert.That(to, Has.Length.EqualTo(from.Length), "lengths stand in the file");
        byte[] changed = [.. bytes];
        byte[] search = Encoding.ASCII.GetBytes(from),
            put = Encoding.ASCII.GetBytes(to);
        for (int at; (at = changed.AsSpan().IndexOf(search)) >= 0; )
            put.CopyTo(changed, at);
        return changed;
    }

    private static float[] Predict(Trainer trainer, float[] images) =>
        [.. ExportModel.Predict(trainer, images, 1, 64, 64).Values.SelectMany(v => v)];

    /// <summary>Name of the value that the backbone's last ReLU makes: what the coarsest lateral convolution reads.</summary>
    private static string LastOfTheBackbone(string file) =>
        OnnxFile.Read(file).Nodes.Single(n => n.Inputs.Contains("decoder.lateral.3.weight")).Inputs[0];

    /// <summary>The file with one of its values as a further output (GraphProto.output, field 12, appended).</summary>
    private string WithOutput(string file, string value)
    {
        Protobuf.ProtoMessage graph = new();
        Protobuf.ProtoMessage shape = new();
        Protobuf.ProtoMessage type = new Protobuf.ProtoMessage().Message(1, new Protobuf.ProtoMessage().Number(1, 1).Message(2, shape));
        foreach (string size in new[] { "batch", "channels", "rows", "columns" })
            shape = shape.Message(1, new Protobuf.ProtoMessage().Text(2, size));
        type = new Protobuf.ProtoMessage().Message(1, new Protobuf.ProtoMessage().Number(1, 1).Message(2, shape));
        graph.Message(12, new Protobuf.ProtoMessage().Text(1, value).Message(2, type));
        // Messages of a field that stands twice are merged.
        Protobuf.ProtoMessage model = new Protobuf.ProtoMessage().Message(7, graph);
        string changed = _folder.File("with-output.onnx");
        File.WriteAllBytes(changed, [.. File.ReadAllBytes(file), .. model.Written.ToArray()]);
        return changed;
    }

    private static float[] Run(InferenceSession session, string input, float[] image, string? output = null)
    {
        int side = (int)Math.Sqrt(image.Length / 3);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run([
            NamedOnnxValue.CreateFromTensor(input, new Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<float>(image, [1, 3, side, side])),
        ]);
        return [.. results.Single(r => output is null || r.Name == output).AsTensor<float>()];
    }

    /// <summary>As the backbone reads it.</summary>
    private static float[] Preprocessed(float[] image, InputTransform input)
    {
        int plane = image.Length / 3;
        float[] result = new float[image.Length];
        for (int c = 0; c < 3; c++)
        {
            for (int i = 0; i < plane; i++)
                result[c * plane + i] = (float)(image[(2 - c) * plane + i] * input.Scale - input.Mean[c]);
        }
        return result;
    }

    /// <summary>Photographs, RGB in [0, 1], where the machine has them; else pictures of waves.</summary>
    private static IEnumerable<float[]> Photographs(int side)
    {
        string folder = Path.Combine(Repository.Root, "..", "shared", "data", "camvid", "test", "image");
        if (!Directory.Exists(folder))
        {
            yield return
            [
                .. Enumerable
                    .Range(0, 3 * side * side)
                    .Select(i => (float)(0.5 + 0.5 * Math.Sin(i % side / 7.0) * Math.Cos(i / side % side / 11.0))),
            ];
            yield break;
        }
        foreach (string file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Take(3))
        {
            using NetVips.Image photograph = NetVips.Image.Thumbnail(file, side, height: side, crop: NetVips.Enums.Interesting.Centre);
            byte[] bytes = photograph.WriteToMemory<byte>();
            float[] image = new float[3 * side * side];
            for (int i = 0; i < side * side; i++)
            {
                for (int c = 0; c < 3; c++)
                    image[c * side * side + i] = bytes[3 * i + c] / 255f;
            }
            yield return image;
        }
    }
}
