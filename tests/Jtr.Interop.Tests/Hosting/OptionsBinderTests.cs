using System.Globalization;
using System.Reflection;
using Jtr.Interop.Hosting;
using Jtr.Interop.Hosting.Binding;
using Jtr.Interop.Inference;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Jtr.Interop.Tests.Hosting;

public sealed class OptionsBinderTests
{
    private static readonly TrainerOptions _defaults = new() { Tasks = SmallModel.Tasks };

    [Test]
    public void Records_get_what_the_section_says_and_keep_the_rest()
    {
        TrainerOptions bound = OptionsBinder.Bind(
            _defaults,
            Section(
                ("method", "mtpsl"),
                ("Seed", "18446744073709551615"),
                ("EmaDecay", "0.99"),
                ("Optimizer:LearningRate", "2e-3"),
                ("Optimizer:Schedule", "cosine"),
                ("Optimizer:DecaySteps", "500"),
                ("Balancing:Weights:0", "1"),
                ("Balancing:Weights:1", "0.5")
            )
        );
        TrainerOptions expected = _defaults with
        {
            Method = "mtpsl",
            Seed = ulong.MaxValue,
            EmaDecay = 0.99,
            Optimizer = new AdamOptions
            {
                LearningRate = 2e-3,
                Schedule = LearningRateSchedule.Cosine,
                DecaySteps = 500,
            },
            Balancing = new BalancingOptions { Weights = [1, 0.5] },
        };
        Assert.That(bound, Is.EqualTo(expected));
        Assert.That(_defaults, Is.EqualTo(new TrainerOptions { Tasks = SmallModel.Tasks }), "a record stays as it is");
    }

    [Test]
    public void What_may_be_missing_can_be_taken_away_and_given()
    {
        IConfiguration section = Section(("Workers", null), ("EarlyStopping:Patience", "3"));
        FitOptions fit = OptionsBinder.Bind(new FitOptions { Steps = 5, Workers = 2 }, section);
        Assert.That(
            fit,
            Is.EqualTo(
                new FitOptions
                {
                    Steps = 5,
                    EarlyStopping = new EarlyStoppingOptions { Patience = 3 },
                }
            )
        );
    }

    [Test]
    public void Numbers_are_written_with_a_point_on_every_machine()
    {
        CultureInfo before = CultureInfo.CurrentCulture,
            commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (commas.NumberFormat.NumberDecimalSeparator, commas.NumberFormat.NumberGroupSeparator) = (",", ".");
        CultureInfo.CurrentCulture = commas;
        try
        {
            Assert.That(OptionsBinder.Bind(_defaults, Section(("Optimizer:LearningRate", "0.5"))).Optimizer.LearningRate, Is.EqualTo(0.5));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestCase("Widht", "3", "Training:Widht: there is no such setting. There are ")]
    [TestCase("Tasks", "seg", "Training:Tasks: there is no such setting. There are ")]
    [TestCase("Optimizer:Rate", "3", "Training:Optimizer:Rate: there is no such setting. There are Beta1, Beta2, ")]
    [TestCase("Width", "many", "Training:Width is 'many', where a whole number belongs.")]
    [TestCase("Width", "1.5", "Training:Width is '1.5', where a whole number belongs.")]
    [TestCase("Width", null, "Training:Width is a section or missing, where a whole number belongs.")]
    [TestCase("Width:Deep", "3", "Training:Width is a section or missing, where a whole number belongs.")]
    [TestCase("Optimizer", "adam", "Training:Optimizer is 'adam', where a section belongs.")]
    [TestCase("Optimizer:Schedule", "slow", "Training:Optimizer:Schedule is 'slow', where Step, Cosine, Constant belongs.")]
    [TestCase("Optimizer:Schedule", "7", "Training:Optimizer:Schedule is '7', where Step, Cosine, Constant belongs.")]
    [TestCase("Balancing:Weights", "1,2", "Training:Balancing:Weights is '1,2', where a list of numbers belongs.")]
    [TestCase("Balancing:Weights:0", "x", "Training:Balancing:Weights is a section or missing, where a list of numbers belongs.")]
    [TestCase(
        "Constraints:0",
        "bounds:low=1",
        "Training:Constraints is a section or missing, where a list of constraints, such as implication:if=seg,then=tags belongs."
    )]
    public void A_wrong_key_or_value_is_told_with_its_path(string key, string? value, string words) =>
        Assert.That(
            () => OptionsBinder.Bind(_defaults, Section((key, value))),
            Throws.TypeOf<OptionsValidationException>().With.Message.StartsWith(words)
        );

    [Test]
    public void Constraints_are_said_by_their_texts()
    {
        TrainerOptions options = OptionsBinder.Bind(
            _defaults,
            Section(("Constraints:0", "bounds:task=d,lowest=1"), ("Constraints:1", "bounds:task=d,highest=3"))
        );
        Assert.That(options.Constraints.Cast<BoundsConstraint>().Select(c => c.Task), Is.EqualTo(new[] { "d", "d" }));
    }

    [Test]
    public void Weights_of_domains_are_said_by_their_texts()
    {
        TrainerOptions options = OptionsBinder.Bind(_defaults, Section(("Domains:Weights:0", "a:d=0.5")));
        Assert.That(options.Domains.Weights, Is.EqualTo(new[] { new DomainWeight("a", "d", 0.5) }));
        Assert.That(
            () => OptionsBinder.Bind(_defaults, Section(("Domains:Weights:0", "a=0.5"))),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("streets:depth=0.5")
        );
    }

    [Test]
    public void All_that_is_wrong_is_told_at_once()
    {
        IConfiguration section = Section(("A", "1"), ("Width", "x"), ("Optimizer:B", "1"));
        OptionsValidationException thrown = Assert.Throws<OptionsValidationException>(() => OptionsBinder.Bind(_defaults, section))!;
        Assert.That(thrown.Failures, Has.Exactly(3).Items);
    }

    // Whatever options grow, configuration can say it, unless it is said here that code gives it.
    [TestCase(typeof(TrainerOptions), "Tasks, Inputs")]
    [TestCase(
        typeof(FitOptions),
        "Labels, Sampler, Appearance, ViewSteps, Validation, Metrics, DomainWeights, CheckpointMetadata, Evaluating, "
            + "EvaluationProgress, Evaluated"
    )]
    [TestCase(typeof(PredictorOptions), "")]
    [TestCase(typeof(JtrTrainerOptions), "Trainer, Progress")]
    [TestCase(typeof(JtrPredictorOptions), "")]
    public void Every_option_can_be_configured_but_those_that_code_gives(Type type, string given)
    {
        PropertyInfo[] all = type.GetProperties(BindingFlags.Public | BindingFlags.Instance);
        string[] properties = [.. all.Where(p => p.SetMethod is not null).Select(p => p.Name)];
        string[] bindable = [.. BindableType.Find(type)!.Properties.Select(p => p.Name)];
        Assert.That(properties.Except(bindable), Is.EquivalentTo(given.Split(", ", StringSplitOptions.RemoveEmptyEntries)));
        IEnumerable<BindableType?> nested = BindableType.Find(type)!.Properties.Select(p => BindableType.Find(p.PropertyType));
        Assert.That(nested.OfType<BindableType>().Select(n => n.Properties.Any()), Is.All.True);
    }

    private static IConfiguration Section(params (string Key, string? Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Training:{s.Key}", s.Value)))
            .Build()
            .GetSection("Training");
}
