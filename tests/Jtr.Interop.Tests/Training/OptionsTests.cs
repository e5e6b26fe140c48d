using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

public sealed class OptionsTests
{
    private static readonly TrainerOptions Good = new() { Tasks = new TaskSet(new SegmentationTask("seg", 3), new DepthTask()) };
    private static readonly FitOptions GoodFit = new() { Steps = 10 };

    public static IEnumerable<TestCaseData> BadTrainerOptions()
    {
        yield return Case(o => o with { Width = 0 }, "Width", "1 to 1024");
        yield return Case(o => o with { Width = 1025 }, "Width", "1 to 1024");
        yield return Case(o => o with { Precision = (Precision)7 }, "Precision", "Float32, Float64, BFloat16");
        yield return Case(o => o with { Recomputation = (Recomputation)3 }, "Recomputation", "Norms, Stages, None");
        yield return Case(o => o with { Device = (DeviceKind)9 }, "Device", "Auto, Cpu, Cuda");
        yield return Case(o => o with { DeviceIndex = -1 }, "DeviceIndex", "0 to");
        foreach (double rate in (double[])[0, -1e-4, double.NaN, double.PositiveInfinity])
            yield return Case(o => o with { Optimizer = new AdamOptions { LearningRate = rate } }, "Optimizer.LearningRate", "above 0");
        foreach (double beta in (double[])[-0.1, 1, double.NaN])
        {
            yield return Case(o => o with { Optimizer = new AdamOptions { Beta1 = beta } }, "Optimizer.Beta1", "[0, 1)");
            yield return Case(o => o with { Optimizer = new AdamOptions { Beta2 = beta } }, "Optimizer.Beta2", "[0, 1)");
        }
        yield return Case(o => o with { Optimizer = new AdamOptions { Epsilon = 0 } }, "Optimizer.Epsilon", "above 0");
        yield return Case(o => o with { Optimizer = new AdamOptions { DecaySteps = -1 } }, "Optimizer.DecaySteps", "0 or more");
        yield return Case(o => o with { Optimizer = new AdamOptions { DecayFactor = 0 } }, "Optimizer.DecayFactor", "(0, 1]");
        yield return Case(o => o with { Optimizer = new AdamOptions { DecayFactor = 1.1 } }, "Optimizer.DecayFactor", "(0, 1]");
        yield return Case(
            o => o with { JointTask = new JointTaskOptions { Mode = (JointTaskMode)3 } },
            "JointTask.Mode",
            "Published, Corrected"
        );
        yield return Case(o => o with { JointTask = new JointTaskOptions { Width = 0 } }, "JointTask.Width", "1 to 1024");
        yield return Case(o => o with { JointTask = new JointTaskOptions { LambdaDist = -1 } }, "JointTask.LambdaDist", "0 or more");
        yield return Case(
            o => o with { JointTask = new JointTaskOptions { LambdaRecon = double.NaN } },
            "JointTask.LambdaRecon",
            "0 or more"
        );
        yield return Case(o => o with { JointTask = new JointTaskOptions { MicroBatch = -1 } }, "JointTask.MicroBatch", "0 or more");
        yield return Case(o => o with { Consistency = new ConsistencyOptions { Weight = -1 } }, "Consistency.Weight", "0 or more");
        yield return Case(o => o with { Consistency = new ConsistencyOptions { Temperature = 0 } }, "Consistency.Temperature", "above 0");
        yield return Case(o => o with { DirectMap = new PairMapOptions { Width = 0 } }, "DirectMap.Width", "1 to 1024");
        yield return Case(o => o with { DirectMap = new PairMapOptions { Weight = double.NaN } }, "DirectMap.Weight", "0 or more");
        yield return Case(o => o with { PerceptualMap = new PairMapOptions { Width = 1025 } }, "PerceptualMap.Width", "1 to 1024");
        yield return Case(o => o with { Mtpsl = new MtpslOptions { ConWeight = -2 } }, "Mtpsl.ConWeight", "0 or more");
        yield return Case(o => o with { Mtpsl = new MtpslOptions { RegWeight = -0.5 } }, "Mtpsl.RegWeight", "0 or more");
        yield return Case(o => o with { Mtpsl = new MtpslOptions { RampUpSteps = -1 } }, "Mtpsl.RampUpSteps", "0 or more");
        yield return Case(
            o => o with { Mtpsl = new MtpslOptions { Film = new AdamOptions { LearningRate = 0 } } },
            "Mtpsl.Film.LearningRate",
            "above 0"
        );
        yield return Case(o => o with { Balancing = new BalancingOptions { Temperature = 0 } }, "Balancing.Temperature", "above 0");
        yield return Case(o => o with { Balancing = new BalancingOptions { PeriodSteps = 0 } }, "Balancing.PeriodSteps", "1 or more");
        yield return Case(
            o =>
                o with
                {
                    Balancing = new BalancingOptions { Name = "fixed", Weights = [1, -1] },
                },
            "Balancing.Weights[1]",
            "0 or more"
        );
        yield return Case(
            o => o with { Tasks = new TaskSet(new DepthTask("d") { StandardDeviation = 0 }) },
            "Tasks[d].StandardDeviation",
            "above 0"
        );
        yield return Case(o => o with { Tasks = new TaskSet(new DepthTask("d") { Mean = double.NaN }) }, "Tasks[d].Mean", "finite");

        static TestCaseData Case(Func<TrainerOptions, TrainerOptions> change, string property, string range) =>
            new TestCaseData(change, property, range).SetArgDisplayNames(property, range);
    }

    [TestCaseSource(nameof(BadTrainerOptions))]
    public void A_trainer_option_outside_its_range_is_told_with_its_name_and_the_range(
        Func<TrainerOptions, TrainerOptions> change,
        string property,
        string range
    ) =>
        Assert.That(
            () => change(Good).Validate(),
            Throws
                .TypeOf<ArgumentOutOfRangeException>()
                .With.Property("ParamName")
                .EqualTo(property)
                .And.Message.Contains(property)
                .And.Message.Contains(range)
        );

    [Test]
    public void Missing_parts_of_the_options_are_told_by_name() =>
        Assert.Multiple(() =>
        {
            Assert.That(
                () => (Good with { Tasks = null! }).Validate(),
                Throws.ArgumentNullException.With.Property("ParamName").EqualTo("Tasks")
            );
            Assert.That(
                () => (Good with { Optimizer = null! }).Validate(),
                Throws.ArgumentNullException.With.Property("ParamName").EqualTo("Optimizer")
            );
            Assert.That(
                () => (Good with { JointTask = null! }).Validate(),
                Throws.ArgumentNullException.With.Property("ParamName").EqualTo("JointTask")
            );
            Assert.That(
                () => (Good with { Method = " " }).Validate(),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("Method")
            );
        });

    [Test]
    public void The_defaults_are_the_published_ones_and_valid()
    {
        Assert.That(() => Good.Validate(), Throws.Nothing);
        Assert.Multiple(() =>
        {
            Assert.That((Good.Method, Good.Width), Is.EqualTo(("jtr", 64)));
            Assert.That(
                (Good.Mtpsl.ConWeight, Good.Mtpsl.RegWeight, Good.Mtpsl.RampUpSteps, Good.Mtpsl.Film.LearningRate),
                Is.EqualTo((2.0, 0.5, 0L, 1e-3))
            );
            Assert.That((Good.Balancing.Name, Good.Balancing.Temperature), Is.EqualTo(("equal", 2.0)));
            Assert.That(
                (Good.JointTask.Mode, Good.JointTask.LambdaDist, Good.JointTask.LambdaRecon),
                Is.EqualTo((JointTaskMode.Published, 4.0, 2.0))
            );
            Assert.That(
                Good.Optimizer,
                Is.EqualTo(
                    new AdamOptions
                    {
                        LearningRate = 1e-4,
                        Beta1 = 0.9,
                        Beta2 = 0.999,
                        Epsilon = 1e-8,
                        DecaySteps = 0,
                        DecayFactor = 0.5,
                    }
                )
            );
        });
    }

    [Test]
    public void A_method_that_does_not_exist_is_told_with_those_that_do() =>
        Assert.That(
            () => new Trainer(Good with { Method = "alchemy" }),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("Method").And.Message.Contains("mtpsl, jtr")
        );

    public static IEnumerable<TestCaseData> BadFitOptions()
    {
        yield return Case(o => o with { Steps = null }, "Steps", "exactly one");
        yield return Case(o => o with { Epochs = 2 }, "Steps", "exactly one");
        yield return Case(o => o with { Steps = 0 }, "Steps", "1 or more");
        yield return Case(o => o with { Steps = null, Epochs = 0 }, "Epochs", "1 to");
        yield return Case(o => o with { BatchSize = 0 }, "BatchSize", "1 to 65536");
        yield return Case(o => o with { Workers = 0 }, "Workers", "1 to 256");
        yield return Case(o => o with { Scenario = (LabelScenario)99 }, "Scenario", "OneLabel");
        yield return Case(o => o with { Flip = (Jtr.Interop.Datasets.FlipMode)9 }, "Flip", "EveryView");
        yield return Case(o => o with { CheckpointEvery = -1 }, "CheckpointEvery", "0 or more");
        yield return Case(o => o with { CheckpointEvery = 5 }, "CheckpointPath", "must be set");
        yield return Case(o => o with { CheckpointPath = " " }, "CheckpointPath", "name of a file");
        yield return Case(
            o => o with { CheckpointMetadata = new Dictionary<string, string> { ["jtr.step"] = "0" } },
            "CheckpointMetadata",
            "jtr.step"
        );

        static TestCaseData Case(Func<FitOptions, FitOptions> change, string property, string range) =>
            new TestCaseData(change, property, range).SetArgDisplayNames(property, range);
    }

    [TestCaseSource(nameof(BadFitOptions))]
    public void A_fit_option_outside_its_range_is_told_with_its_name_and_the_range(
        Func<FitOptions, FitOptions> change,
        string property,
        string range
    ) =>
        Assert.That(
            () => change(GoodFit).Validate(),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(property).And.Message.Contains(range)
        );

    [Test]
    public void An_evaluate_option_outside_its_range_is_told_with_its_name() =>
        Assert.Multiple(() =>
        {
            Assert.That(
                () => new EvaluateOptions { BatchSize = 0 }.Validate(),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("BatchSize")
            );
            Assert.That(
                () => new EvaluateOptions { Workers = 257 }.Validate(),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("Workers")
            );
        });
}
