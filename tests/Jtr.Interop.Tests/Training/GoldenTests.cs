using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>
/// The managed API down to the native step, in double, against the numbers of the published code. An independent
/// implementation agrees to 1e-11; 1e-8 leaves room for another order of summation. Predictions are stored in 32 bits.
/// </summary>
[TestFixtureSource(typeof(GoldenFile), nameof(GoldenFile.Paths))]
public sealed class GoldenTests(string path) : IDisposable
{
    private const double Tolerance = 1e-8;

    private GoldenFile _file = null!;
    private GoldenRun _run = null!;

    [OneTimeSetUp]
    public void Run()
    {
        _file = new GoldenFile(path);
        _run = GoldenRun.Of(_file, Precision.Float64);
    }

    public void Dispose() => _file?.Dispose();

    [TestCase(Recomputation.Stages)]
    [TestCase(Recomputation.None)]
    public void What_the_backward_pass_computes_again_changes_no_number(Recomputation recomputation)
    {
        GoldenRun run = GoldenRun.Of(_file, Precision.Float64, recomputation);
        for (int step = 0; step < 2; step++)
            Assert.That(run.Steps[step].Result, Is.EqualTo(_run.Steps[step].Result));
        Assert.That(run.PredictionGradient, Is.EqualTo(_run.PredictionGradient));
        SmallModel.AssertSame(run.Gradients, _run.Gradients);
        SmallModel.AssertSame(run.Final, _run.Final);
    }

    [TestCase(0)]
    [TestCase(1)]
    public void The_losses_of_every_sample_are_the_published_ones(int step)
    {
        GoldenRun.StepTerms terms = _run.Steps[step];
        Assert.Multiple(() =>
        {
            Closeness.Each(terms.Supervised, _file.Data.Values($"step{step}/supervised"), Tolerance, "supervised");
            Closeness.Each(terms.Dist, _file.Data.Values($"step{step}/dist"), Tolerance, "dist");
            Closeness.Each(terms.Recon, _file.Data.Values($"step{step}/recon"), Tolerance, "recon");
        });
    }

    [TestCase(0)]
    [TestCase(1)]
    public void The_loss_of_the_step_is_the_published_one(int step)
    {
        double[] expected = _file.Data.Values($"step{step}/loss");
        GoldenRun.StepTerms terms = _run.Steps[step];
        // The file holds the mean over samples, or each sample's.
        double[] actual = expected.Length == 1 ? [terms.Loss.Average()] : terms.Loss;
        Closeness.Each(actual, expected, Tolerance, "loss");
        Closeness.Each([terms.Result.Loss], [expected.Average()], Tolerance, "mean loss");
    }

    [TestCase(0)]
    [TestCase(1)]
    public void The_result_of_the_step_is_the_mean_over_its_samples(int step)
    {
        GoldenRun.StepTerms terms = _run.Steps[step];
        // The same numbers, added up twice.
        const double rounding = 1e-14;
        Assert.Multiple(() =>
        {
            Assert.That(terms.Result.Step, Is.EqualTo(step + 1));
            Assert.That(terms.Result.LearningRate, Is.EqualTo(1e-4));
            Closeness.Each(
                [terms.Result.Loss, terms.Result.Supervised],
                [terms.Loss.Average(), terms.Supervised.Average()],
                rounding,
                "loss, supervised"
            );
            Closeness.Each([terms.Result.Dist, terms.Result.Recon], [terms.Dist.Average(), terms.Recon.Average()], rounding, "dist, recon");
        });
    }

    [Test]
    public void The_predictions_are_the_published_ones() =>
        Assert.That(Closeness.RelativeL2(_run.Prediction, _file.Data.Values("step0/prediction")), Is.LessThan(1e-6));

    [Test]
    public void The_gradients_of_the_predictions_are_the_published_ones() =>
        Assert.That(Closeness.RelativeL2(_run.PredictionGradient, _file.Data.Values("step0/prediction_grad")), Is.LessThan(Tolerance));

    [Test]
    public void The_gradients_of_all_weights_are_the_published_ones()
    {
        const string prefix = "step0/grad/";
        string[] names = [.. _file.Data.Keys.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Select(n => n[prefix.Length..])];
        Assert.That(_run.Gradients.Keys, Is.EquivalentTo(names));
        AssertClose(names.Where(n => !GoldenFile.IsBiasBeforeNorm(n)), _run.Gradients, prefix);
    }

    [Test]
    public void The_weights_after_two_steps_are_the_published_ones()
    {
        const string prefix = "final/";
        HashSet<string> unused = [.. _file.UnusedWeights()];
        string[] names = [.. _file.Data.Keys.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Select(n => n[prefix.Length..])];
        Assert.That(names.Where(n => !unused.Contains(n)), Is.SubsetOf(_run.Final.Keys));
        AssertClose(names.Where(n => !unused.Contains(n) && !GoldenFile.IsBiasBeforeNorm(n)), _run.Final, prefix);
    }

    [Test]
    public void The_weights_of_the_file_that_the_trainer_lacks_are_used_by_nothing()
    {
        Assert.Multiple(() =>
        {
            foreach (string name in _file.UnusedWeights())
                Assert.That(Closeness.RelativeL2(_file.Data.Values($"final/{name}"), _file.Data.Values(name)), Is.Zero, name);
        });
    }

    /// <summary>Asserts the relative distance of every tensor, and prints the largest.</summary>
    private void AssertClose(IEnumerable<string> names, Dictionary<string, double[]> actual, string prefix)
    {
        double largest = 0;
        Assert.Multiple(() =>
        {
            foreach (string name in names)
            {
                double distance = Closeness.RelativeL2(actual[name], _file.Data.Values(prefix + name));
                largest = Math.Max(largest, distance);
                Assert.That(distance, Is.LessThan(Tolerance), name);
            }
        });
        TestContext.Out.WriteLine($"{Path.GetFileName(path)} {prefix}*: largest relative distance {largest:E1}");
    }
}
