using System.Text.RegularExpressions;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tests.Export;
using Jtr.Interop.Tests.PyTorch;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;
using Jtr.Interop.Weights;

namespace Jtr.Interop.Tests.Weights;

/// <summary>Weights of a backbone out of the files of other libraries, under their names.</summary>
public sealed class WeightFileTests : IDisposable
{
    private static readonly TrainerOptions Options = SmallModel.Options with
    {
        Network = new NetworkOptions { Backbone = "resnet50", DecoderChannels = 8 },
    };

    private readonly TemporaryFolder _folder = new();
    private Trainer _source = null!;
    private SafetensorsTensor[] _backbone = null!;

    [OneTimeSetUp]
    public void Train()
    {
        _source = new Trainer(Options);
        using Batch batch = SmallModel.CreateBatch();
        _source.Step(batch);
        _backbone =
        [
            .. _source
                .State.Where(i => i.Name.StartsWith("model/backbone.", StringComparison.Ordinal))
                .Select(i =>
                    SafetensorsTensor.Of(
                        i.Name["model/backbone.".Length..],
                        i.Shape.Count == 0 ? SafetensorsType.I64 : SafetensorsType.F32,
                        i.Shape,
                        _source.State.Read(i.Name)
                    )
                ),
        ];
    }

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Torchvision_s_names_are_known_and_its_classifier_has_no_place()
    {
        string file = Write("torchvision.safetensors", n => n, ("fc.weight", [10, 2048]), ("fc.bias", [10]));
        using Trainer trainer = Trainer.Create(Options with { Seed = 99 }, new InitFrom(file) { Strict = true });
        AssertTaken(trainer, 0);
        Assert.That(trainer.Init!.Unused, Is.Empty);
        Assert.That(trainer.Init.FreshHeads, Is.EqualTo(new[] { "seg", "depth" }));
    }

    [Test]
    public void Hugging_Face_s_names_are_known()
    {
        string file = Write("hf.safetensors", HuggingFace, ("classifier.1.weight", [10, 2048]));
        using Trainer trainer = Trainer.Create(Options with { Seed = 99 }, new InitFrom(file) { Strict = true });
        AssertTaken(trainer, 0);
    }

    [TestCase(SafetensorsType.F16, 1e-3)]
    [TestCase(SafetensorsType.BF16, 1e-2)]
    public void Halves_are_widened(object type, double tolerance)
    {
        SafetensorsType half = (SafetensorsType)type;
        string file = _folder.File($"{half}.safetensors");
        SafetensorsFile.Write(
            file,
            [.. _backbone.Select(t => t.Type == SafetensorsType.I64 ? t : SafetensorsTensor.Of(t.Name, half, t.Shape, t.ToDoubles()))],
            new Dictionary<string, string>()
        );
        using Trainer trainer = Trainer.Create(Options with { Seed = 99 }, new InitFrom(file));
        AssertTaken(trainer, tolerance);
    }

    [Test]
    public void A_half_that_is_no_number_is_told()
    {
        string file = _folder.File("nan.safetensors");
        SafetensorsTensor first = _backbone[0];
        double[] values = first.ToDoubles();
        values[7] = double.NaN;
        SafetensorsFile.Write(
            file,
            [SafetensorsTensor.Of(first.Name, SafetensorsType.F16, first.Shape, values), .. _backbone[1..]],
            new Dictionary<string, string>()
        );
        Assert.That(() => Trainer.Create(Options, new InitFrom(file)), Throws.TypeOf<JtrFormatException>().With.Message.Contains("NaN"));
    }

    [Test]
    public void PyTorch_s_files_are_read_with_the_same_names()
    {
        PickleWriter pickle = new PickleWriter().Code("}").Text("state_dict").Code("}");
        List<(string, byte[])> storages = [];
        foreach (SafetensorsTensor tensor in _backbone.Where(t => t.Type != SafetensorsType.I64))
        {
            long[] sizes = [.. tensor.Shape],
                strides = new long[sizes.Length];
            for (long d = sizes.Length - 1, stride = 1; d >= 0; stride *= sizes[d--])
                strides[d] = stride;
            string key = $"{storages.Count}";
            pickle.Text($"module.{tensor.Name}").Tensor("FloatStorage", key, tensor.Count, sizes, strides).Code("s");
            storages.Add((key, tensor.Data.ToArray()));
        }
        string file = _folder.File("weights.pth");
        File.WriteAllBytes(file, PickleWriter.Zip(pickle.Code("s").End(), storages: [.. storages]));
        using Trainer trainer = Trainer.Create(Options with { Seed = 99 }, new InitFrom(file));
        AssertTaken(trainer, 0);
    }

    [Test]
    public void A_file_with_code_in_it_is_refused()
    {
        string file = _folder.File("code.pth");
        File.WriteAllBytes(file, PickleWriter.Zip(new PickleWriter().Global("os", "system").Code("(").Text("true").Code("tR").End()));
        Assert.That(
            () => Trainer.Create(Options, new InitFrom(file)),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("os.system")
        );
    }

    [Test]
    public void Strictly_everything_of_the_backbone_has_to_be_there_and_nothing_else()
    {
        string lacking = _folder.File("lacking.safetensors"),
            more = Write("more.safetensors", n => n, ("layer9.weight", [3])),
            wrong = _folder.File("wrong.safetensors");
        SafetensorsFile.Write(lacking, _backbone[10..], new Dictionary<string, string>());
        SafetensorsTensor first = _backbone[0];
        SafetensorsFile.Write(
            wrong,
            [first with { Shape = [first.Shape[1], first.Shape[0], first.Shape[2], first.Shape[3]] }, .. _backbone[1..]],
            new Dictionary<string, string>()
        );
        foreach ((string file, string why) in new[] { (lacking, "it lacks"), (more, "no place for 1"), (wrong, "have other shapes") })
        {
            Assert.That(
                () => Trainer.Create(Options, new InitFrom(file) { Strict = true }),
                Throws.ArgumentException.With.Message.Contains(why),
                file
            );
            using Trainer trainer = Trainer.Create(Options, new InitFrom(file));
            Assert.That(trainer.Init!.Matched, Is.Not.Empty, file);
        }
    }

    [Test]
    public void A_run_with_the_same_backbone_gives_it_to_other_tasks()
    {
        string run = _folder.File("run.safetensors");
        _source.Save(run);
        using Trainer trainer = Trainer.Create(Options with { Tasks = ExportModel.Tasks, Seed = 99 }, new InitFrom(run));
        AssertTaken(trainer, 0);
        Assert.That(trainer.Init!.MatchedHeads, Is.EqualTo(new[] { "seg", "depth" }));
    }

    private string Write(string name, Func<string, string> rename, params (string Name, long[] Shape)[] more)
    {
        string file = _folder.File(name);
        SafetensorsFile.Write(
            file,
            [
                .. _backbone.Select(t => t with { Name = rename(t.Name) }),
                .. more.Select(m =>
                    SafetensorsTensor.Of(m.Name, SafetensorsType.F32, m.Shape, new double[m.Shape.Aggregate(1L, (a, b) => a * b)])
                ),
            ],
            new Dictionary<string, string>()
        );
        return file;
    }

    /// <summary>The names of Hugging Face's ResNetForImageClassification.</summary>
    private static string HuggingFace(string name)
    {
        const string Embedder = "resnet.embedder.embedder.";
        if (name.StartsWith("conv1.", StringComparison.Ordinal))
            return $"{Embedder}convolution.{name[6..]}";
        if (name.StartsWith("bn1.", StringComparison.Ordinal))
            return $"{Embedder}normalization.{name[4..]}";
        Match match = Regex.Match(name, @"^layer(\d)\.(\d+)\.(?:(conv|bn)(\d)|downsample\.(\d))\.(.*)$");
        string block = $"resnet.encoder.stages.{int.Parse(match.Groups[1].Value) - 1}.layers.{match.Groups[2].Value}";
        string rest = match.Groups[6].Value;
        if (match.Groups[5].Success)
            return $"{block}.shortcut.{(match.Groups[5].Value == "0" ? "convolution" : "normalization")}.{rest}";
        string kind = match.Groups[3].Value == "conv" ? "convolution" : "normalization";
        return $"{block}.layer.{int.Parse(match.Groups[4].Value) - 1}.{kind}.{rest}";
    }

    private void AssertTaken(Trainer trainer, double tolerance)
    {
        foreach (TensorInfo info in trainer.State.Where(i => i.Name.StartsWith("model/backbone.", StringComparison.Ordinal)))
        {
            if (info.Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))
                continue;
            double[] expected = _source.State.Read(info.Name),
                actual = trainer.State.Read(info.Name);
            double worst = actual.Zip(expected, (a, e) => Math.Abs(a - e) / Math.Max(1e-3, Math.Abs(e))).Max();
            Assert.That(worst, Is.LessThanOrEqualTo(tolerance), info.Name);
        }
    }
}
