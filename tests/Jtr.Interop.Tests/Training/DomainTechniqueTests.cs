using System.Text.Json.Nodes;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Export;
using Jtr.Interop.Inference;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>Domain techniques from C#: options, training, resumed runs, predictions and exports as a domain.</summary>
public sealed class DomainTechniqueTests
{
    private static readonly string[] _names = ["day", "night"];

    private static readonly DomainTechnique[] _techniques =
    [
        new AdversarialTechnique { Hidden = 6, RampSteps = 4 },
        new CoralTechnique { Weight = 2 },
        new MmdTechnique { Rows = FeatureRows.Places },
        new NormsTechnique(),
    ];

    private static TrainerOptions Options(params DomainTechnique[] techniques) =>
        SmallModel.Options with
        {
            Method = "supervised",
            Domains = new DomainOptions { Names = _names, Techniques = techniques },
        };

    /// <summary>Six samples by day and six darker ones by night.</summary>
    private static JoinedDataset Data(string first = "day", string second = "night") =>
        new(new JoinedSource(first, SmallModel.Data(6)), new JoinedSource(second, new Dark(SmallModel.Data(6))));

    private static FitOptions Fit(int steps) =>
        new()
        {
            Steps = steps,
            BatchSize = 4,
            Workers = 1,
        };

    [Test]
    public void Techniques_reach_the_library_as_they_are_said()
    {
        TrainerOptions options = Options([.. _techniques, .. new[] { new MmdTechnique { Bandwidths = [0.5, 1] } }]);
        JsonNode native = JsonNode.Parse(OptionsWriter.Trainer(options))!;
        Assert.Multiple(() =>
        {
            Assert.That(native["domains"]!.ToJsonString(), Is.EqualTo("""["day","night"]"""));
            JsonArray techniques = native["domain_techniques"]!.AsArray();
            Assert.That(techniques[0]!.ToJsonString(), Is.EqualTo("""{"name":"adversarial","hidden":6,"ramp_steps":4}"""));
            Assert.That(techniques[1]!.ToJsonString(), Is.EqualTo("""{"name":"coral","weight":2}"""));
            Assert.That(techniques[2]!.ToJsonString(), Is.EqualTo("""{"name":"mmd","rows":"places"}"""));
            Assert.That(techniques[3]!.ToJsonString(), Is.EqualTo("""{"name":"norms"}"""));
            Assert.That(native["domain_weights"], Is.Null);
            Assert.That(techniques[4]!.ToJsonString(), Is.EqualTo("""{"name":"mmd","bandwidths":[0.5,1]}"""));
        });
    }

    [Test]
    public void A_technique_is_said_by_its_name_and_weight()
    {
        Assert.Multiple(() =>
        {
            Assert.That(DomainTechnique.Parse("adversarial:0.5"), Is.EqualTo(new AdversarialTechnique { Weight = 0.5 }));
            Assert.That(DomainTechnique.Parse("coral"), Is.EqualTo(new CoralTechnique()));
            Assert.That(DomainTechnique.Parse("mmd : 3"), Is.EqualTo(new MmdTechnique { Weight = 3 }));
            Assert.That(DomainTechnique.Parse("norms"), Is.EqualTo(new NormsTechnique()));
        });
        foreach (string wrong in new[] { "dann", "norms:1", "coral:-1", "coral:x", "coral:NaN" })
            Assert.That(() => DomainTechnique.Parse(wrong), Throws.TypeOf<FormatException>(), wrong);
    }

    [Test]
    public void Every_technique_trains_and_tells_its_terms()
    {
        using Trainer trainer = new(Options(_techniques));
        Assert.That(trainer.TermNames.Skip(3), Is.EqualTo(new[] { "adversarial.loss", "adversarial.accuracy", "coral.loss", "mmd.loss" }));
        using DataLoader loader = trainer.OpenLoader(Data(), Fit(4), 7);
        double[] terms = new double[trainer.TermNames.Count];
        bool mixed = false;
        for (int i = 0; i < 4; i++)
        {
            Batch batch = loader.Next();
            long[] expected = [.. batch.Indices.ToArray().Select(s => s < 6 ? 0L : 1L)];
            Assert.That(batch.Domains.ToArray(), Is.EqualTo(expected));
            mixed |= expected.Distinct().Count() == 2;
            trainer.Step(batch, new StepCapture { Terms = terms });
            Assert.That(terms, Has.All.Matches<double>(double.IsFinite));
            Assert.That(terms[3], Is.GreaterThan(0));
            loader.Recycle(batch);
        }
        Assert.That(mixed);
    }

    [Test]
    public async Task A_resumed_run_is_an_uninterrupted_one()
    {
        TrainerOptions options = Options(_techniques) with { EmaDecay = 0.9 };
        using TemporaryFolder folder = new();
        using Trainer whole = new(options),
            first = new(options);
        await whole.FitAsync(Data(), Fit(5));
        await first.FitAsync(Data(), Fit(3));
        first.Save(folder.File("run.safetensors"));
        using Trainer second = Trainer.Load(folder.File("run.safetensors"));
        Assert.That(second.Options.Domains.Names, Is.EqualTo(_names));
        Assert.That(second.Options.Domains.Techniques, Is.EqualTo(_techniques));
        await second.FitAsync(Data(), Fit(5));
        SmallModel.AssertSame(SmallModel.Snapshot(second), SmallModel.Snapshot(whole));
    }

    [Test]
    public async Task With_one_domain_nothing_changes()
    {
        TrainerOptions plain = SmallModel.Options with { Method = "supervised" };
        TrainerOptions one = Options(_techniques) with
        {
            Domains = new DomainOptions { Names = ["day"], Techniques = _techniques },
        };
        using Trainer before = new(plain),
            after = new(one);
        await before.FitAsync(SmallModel.Data(6), Fit(3));
        await after.FitAsync(SmallModel.Data(6), Fit(3));
        Assert.That(after.TermNames, Is.EqualTo(before.TermNames));
        SmallModel.AssertSame(SmallModel.Snapshot(after), SmallModel.Snapshot(before));
    }

    [Test]
    public void Domains_are_told_apart_by_name_and_strangers_are_refused()
    {
        using Trainer trainer = new(Options(_techniques));
        using (DataLoader loader = trainer.OpenLoader(Data("night", "day"), Fit(1), 7))
        {
            Batch batch = loader.Next();
            Assert.That(batch.Domains.ToArray(), Is.EqualTo(batch.Indices.ToArray().Select(s => s < 6 ? 1L : 0L)));
        }
        Assert.That(
            () => trainer.OpenLoader(Data("day", "dusk"), Fit(1), 7),
            Throws.ArgumentException.With.Message.Contains("'dusk'").And.Message.Contains("day, night")
        );
    }

    [Test]
    public async Task A_domain_that_is_out_of_range_is_told_by_its_field()
    {
        using Trainer trainer = new(Options(_techniques));
        using Batch batch = SmallModel.CreateBatch();
        batch.Domains[1] = 2;
        ArgumentException? e = Assert.Throws<ArgumentException>(() => trainer.Step(batch));
        Assert.That(e!.ParamName, Is.EqualTo("batch.Domain").Or.EqualTo("batch.domain"));
        await Task.CompletedTask;
    }

    [Test]
    public async Task Scores_are_those_of_the_norms_that_are_asked_for()
    {
        using Trainer trainer = new(Options(new NormsTechnique()));
        await trainer.FitAsync(Data(), Fit(6));
        EvaluationResult Scores(string? asDomain) => trainer.Evaluate(Data(), new EvaluateOptions { AsDomain = asDomain });
        string Of(EvaluationResult result, string domain) => result.Domains.Single(d => d.Domain == domain).Scores.ToJson();
        EvaluationResult mixture = Scores(null),
            day = Scores("day"),
            night = Scores("night"),
            own = Scores(EvaluateOptions.OwnDomain);
        Assert.Multiple(() =>
        {
            Assert.That(Of(own, "day"), Is.EqualTo(Of(day, "day")));
            Assert.That(Of(own, "night"), Is.EqualTo(Of(night, "night")));
            Assert.That(Of(own, "night"), Is.Not.EqualTo(Of(day, "night")));
            Assert.That(Of(mixture, "day"), Is.Not.EqualTo(Of(day, "day")));
            Assert.That(() => Scores("dusk"), Throws.ArgumentException.With.Message.Contains("day, night"));
        });
        using Trainer plain = SmallModel.Create();
        Assert.That(
            () => plain.Evaluate(SmallModel.Data(), new EvaluateOptions { AsDomain = "day" }),
            Throws.ArgumentException.With.Message.Contains("norms")
        );
    }

    [TestCase(null, false)]
    [TestCase(0.5, false)]
    [TestCase(null, true)]
    [TestCase(0.5, true)]
    public async Task A_predictor_and_an_export_have_the_norms_of_the_domain(double? decay, bool weights)
    {
        using TemporaryFolder folder = new();
        DomainTechnique[] techniques = [.. _techniques[..3], new NormsTechnique { Weights = weights }];
        using Trainer trainer = new(Options(techniques) with { EmaDecay = decay });
        await trainer.FitAsync(Data(), Fit(5));
        string checkpoint = folder.File("run.safetensors");
        trainer.Save(checkpoint);
        string start = decay is null ? "" : "ema/";
        float[] images = [.. Enumerable.Range(0, 3 * 32 * 32).Select(i => i % 101 / 100f)];
        Dictionary<string, float[]> predictions = [];
        foreach (string? domain in new[] { null, "day", "night" })
        {
            float[] loaded = new float[trainer.Tasks.PredictionValues(32, 32)],
                taken = new float[loaded.Length];
            PredictorOptions options = new() { AsDomain = domain, Device = DeviceKind.Cpu };
            using (Predictor predictor = Predictor.Load(checkpoint, options))
                predictor.Predict(images, 1, 32, 32, loaded);
            using (Predictor predictor = new(trainer, options))
                predictor.Predict(images, 1, 32, 32, taken);
            Assert.That(taken, Is.EqualTo(loaded));
            predictions[domain ?? ""] = loaded;
            SafetensorsExport.Save(checkpoint, folder.File("weights.safetensors"), domain);
            OnnxExport.Save(trainer, folder.File("network.onnx"), new OnnxExportOptions { AsDomain = domain });
            TorchScriptExport.Save(checkpoint, folder.File("network.pt"), domain);
            string norms = domain is null ? $"{start}model/" : $"{start}domains/{domain}/model/";
            foreach (SafetensorsTensor tensor in SafetensorsFile.Read(folder.File("weights.safetensors"), _ => true))
            {
                if (tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                    continue;
                bool isOfDomain = trainer.State.Contains(norms + tensor.Name);
                string name = isOfDomain ? norms + tensor.Name : $"{start}model/{tensor.Name}";
                Assert.That(
                    domain is null || isOfDomain == (weights ? IsOfNorms(tensor.Name) : tensor.Name.Contains(".running_")),
                    Is.True,
                    tensor.Name
                );
                Assert.That(tensor.ToDoubles(), Is.EqualTo(trainer.State.Read(name)), name);
            }
        }
        float[] mixture = new float[predictions[""].Length];
        trainer.Predict(images, 1, 32, 32, mixture);
        Assert.Multiple(() =>
        {
            Assert.That(predictions[""], Is.EqualTo(mixture));
            Assert.That(predictions["day"], Is.Not.EqualTo(mixture));
            Assert.That(predictions["night"], Is.Not.EqualTo(predictions["day"]));
            Assert.That(
                () => Predictor.Load(checkpoint, new PredictorOptions { AsDomain = "dusk" }),
                Throws.ArgumentException.With.Message.Contains("day, night")
            );
        });
    }

    /// <summary>Statistics and weights of SegNet's norms: what a layer has as its second part.</summary>
    private static bool IsOfNorms(string name) => name.Contains("block", StringComparison.Ordinal) && name.Split('.')[^2] == "1";

    [Test]
    public async Task Weights_by_domain_are_saved_and_resumed()
    {
        TrainerOptions options = Options(new NormsTechnique { Weights = true }) with { EmaDecay = 0.9, Method = "jtr" };
        options = options with { Domains = options.Domains with { Weights = [new("night", "depth", 0.5), new("day", "jtr", 0)] } };
        Assert.That(
            JsonNode.Parse(OptionsWriter.Trainer(options))!["domain_weights"]!.ToJsonString(),
            Is.EqualTo("""["night:depth=0.5","day:jtr=0"]""")
        );
        using TemporaryFolder folder = new();
        using Trainer whole = new(options),
            first = new(options),
            plain = new(options with { Domains = options.Domains with { Weights = [] } });
        await whole.FitAsync(Data(), Fit(4));
        await plain.FitAsync(Data(), Fit(4));
        await first.FitAsync(Data(), Fit(2));
        first.Save(folder.File("run.safetensors"));
        using Trainer second = Trainer.Load(folder.File("run.safetensors"));
        Assert.That(second.Options.Domains.Weights, Is.EqualTo(options.Domains.Weights));
        Assert.That(second.Options.Domains.Techniques, Is.EqualTo(options.Domains.Techniques));
        await second.FitAsync(Data(), Fit(4));
        SmallModel.AssertSame(SmallModel.Snapshot(second), SmallModel.Snapshot(whole));
        Assert.That(whole.State.Read("model/pred_task1.0.weight"), Is.Not.EqualTo(plain.State.Read("model/pred_task1.0.weight")));
        Assert.That(
            () => new Trainer(options with { Domains = options.Domains with { Weights = [new("noon", "depth", 1)] } }),
            Throws.ArgumentException.With.Message.Contains("no domain 'noon'")
        );
    }

    [Test]
    public void A_weight_of_a_domain_is_said_as_a_text()
    {
        Assert.Multiple(() =>
        {
            Assert.That(DomainWeight.Parse("night:depth=0.5"), Is.EqualTo(new DomainWeight("night", "depth", 0.5)));
            Assert.That(DomainWeight.Parse("a:b=c : jtr = 0"), Is.EqualTo(new DomainWeight("a:b=c", "jtr", 0)));
            Assert.That(new DomainWeight("night", "depth", 0.1).ToString(), Is.EqualTo("night:depth=0.1"));
        });
        foreach (
            string wrong in new[] { "night=1", "night:depth", ":depth=1", "night:=1", "night:depth=-1", "night:depth=x", "night:depth=NaN" }
        )
            Assert.That(() => DomainWeight.Parse(wrong), Throws.TypeOf<FormatException>(), wrong);
    }

    [Test]
    public void A_task_that_the_target_solves_worse_counts_less_on_the_other_domain()
    {
        DomainWeightLearning learning = new() { Target = "night", Validation = Data() };
        EvaluationResult scores = Scores((40, 0.2, 100), (30, 0.3, 100));
        Assert.Multiple(() =>
        {
            Assert.That(learning.WeightOf(scores, "day", "seg"), Is.EqualTo(0.75), "30 % instead of 40 %");
            Assert.That(learning.WeightOf(scores, "day", "depth"), Is.EqualTo(2.0 / 3).Within(1e-12), "errors the other way round");
            Assert.That(learning.WeightOf(scores, "night", "seg"), Is.EqualTo(1));
            Assert.That(learning.WeightOf(Scores((30, 0.3, 100), (40, 0.2, 100)), "day", "seg"), Is.EqualTo(1), "at most");
            Assert.That(learning.WeightOf(Scores((40, 0.2, 100), (30, 0.3, 0)), "day", "seg"), Is.EqualTo(1), "unknown");
            Assert.That(learning.WeightOf(scores, "dusk", "seg"), Is.EqualTo(1));
        });

        static EvaluationResult Scores((double Iou, double Error, long Valid) day, (double Iou, double Error, long Valid) night) =>
            new(2, Tasks(day)) { Domains = [new("day", new(1, Tasks(day))), new("night", new(1, Tasks(night)))] };

        static TaskResult[] Tasks((double Iou, double Error, long Valid) s) =>
            [
                new("seg", TaskKind.Segmentation, 1, s.Valid, [new MetricValue("mIoU", s.Iou, "%", true, true)]),
                new("depth", TaskKind.Depth, 1, s.Valid, [new MetricValue("abs", s.Error, "m", false, true)]),
            ];
    }

    [Test]
    public async Task Learned_weights_follow_the_scores_and_are_resumed_exactly()
    {
        TrainerOptions options = Options() with
        {
            Domains = new DomainOptions { Names = _names, Weights = [new("day", "depth", 1)] },
        };
        IMultiTaskDataset validation = Data();
        FitOptions Learning(int steps) =>
            Fit(steps) with
            {
                DomainWeights = new DomainWeightLearning
                {
                    Target = "night",
                    Validation = validation,
                    Every = 2,
                },
            };
        using TemporaryFolder folder = new();
        using Trainer whole = new(options),
            first = new(options),
            last = new(options);
        await whole.FitAsync(Data(), Learning(5));
        // Of steps 2 and 4; by the scores after step 4, before the fifth.
        await last.FitAsync(Data(), Learning(4));
        EvaluationResult scores = last.Evaluate(validation);
        double[] weights = whole.State.Read("domain_weights/weights");
        DomainWeightLearning rule = Learning(1).DomainWeights!;
        int terms = weights.Length / 2;
        for (int t = 0; t < whole.Tasks.Count; t++)
        {
            Assert.That(weights[t], Is.EqualTo(rule.WeightOf(scores, "day", whole.Tasks[t].Name)).Within(1e-12));
            Assert.That(weights[terms + t], Is.EqualTo(1), "the target");
        }
        Assert.That(weights[..whole.Tasks.Count], Has.Some.LessThan(1));
        await first.FitAsync(Data(), Learning(3));
        first.Save(folder.File("run.safetensors"));
        using Trainer second = Trainer.Load(folder.File("run.safetensors"));
        await second.FitAsync(Data(), Learning(5));
        SmallModel.AssertSame(SmallModel.Snapshot(second), SmallModel.Snapshot(whole));
        using Trainer without = new(Options());
        Assert.That(async () => await without.FitAsync(Data(), Learning(2)), Throws.ArgumentException.With.Message.Contains("Weights"));
    }

    [Test]
    public async Task A_domain_that_was_not_seen_has_no_norms_to_predict_with()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = new(Options(new NormsTechnique()));
        await trainer.FitAsync(new JoinedDataset(new JoinedSource("day", SmallModel.Data(6))), Fit(2));
        trainer.Save(folder.File("run.safetensors"));
        Assert.That(
            () => Predictor.Load(folder.File("run.safetensors"), new PredictorOptions { AsDomain = "night" }),
            Throws.ArgumentException.With.Message.Contains("'night' was seen")
        );
        Assert.That(
            () => SafetensorsExport.Save(trainer, folder.File("weights.safetensors"), "night"),
            Throws.ArgumentException.With.Message.Contains("'night' was seen")
        );
    }

    [Test]
    public async Task Another_run_begins_with_the_mixture()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = new(Options(_techniques));
        await trainer.FitAsync(Data(), Fit(4));
        trainer.Save(folder.File("run.safetensors"));
        TrainerOptions others = Options(_techniques) with
        {
            Domains = new DomainOptions { Names = ["dusk", "dawn", "noon"], Techniques = [new NormsTechnique()] },
        };
        using Trainer next = Trainer.Create(others, new InitFrom(folder.File("run.safetensors")));
        foreach (TensorInfo info in next.State.Where(i => i.Name.StartsWith("model/", StringComparison.Ordinal)))
            Assert.That(next.State.Read(info.Name), Is.EqualTo(trainer.State.Read(info.Name)), info.Name);
    }

    /// <summary>Half as bright.</summary>
    private sealed class Dark(IMultiTaskDataset data) : DatasetDecorator(data)
    {
        public override TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
        {
            TaskMask read = base.Read(index, wanted, destination, cancellationToken);
            foreach (ref float value in destination.Image)
                value *= 0.5f;
            return read;
        }
    }
}
