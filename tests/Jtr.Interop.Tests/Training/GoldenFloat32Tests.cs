using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>
/// The same in 32 bits, with the bounds that are honest: rounding is amplified by these untrained networks.
/// </summary>
[TestFixtureSource(typeof(GoldenFile), nameof(GoldenFile.Paths))]
public sealed class GoldenFloat32Tests(string path) : IDisposable
{
    private GoldenFile _file = null!;
    private GoldenRun _run = null!;

    [OneTimeSetUp]
    public void Run()
    {
        _file = new GoldenFile(path);
        _run = GoldenRun.Of(_file, Precision.Float32);
    }

    public void Dispose() => _file?.Dispose();

    [Test]
    public void The_losses_are_within_rounding_of_the_published_ones()
    {
        GoldenRun.StepTerms terms = _run.Steps[0];
        Assert.Multiple(() =>
        {
            Closeness.Each([terms.Result.Loss], [_file.Data.Values("step0/loss").Average()], 1e-5, "loss");
            Closeness.Each(terms.Supervised, _file.Data.Values("step0/supervised"), 1e-5, "supervised");
            Closeness.Each(terms.Recon, _file.Data.Values("step0/recon"), 1e-5, "recon");
            Closeness.Each(terms.Dist, _file.Data.Values("step0/dist"), 1e-3, "dist");
        });
    }

    [Test]
    public void The_predictions_and_their_gradients_are_within_rounding_of_the_published_ones() =>
        Assert.Multiple(() =>
        {
            Assert.That(Closeness.RelativeL2(_run.Prediction, _file.Data.Values("step0/prediction")), Is.LessThan(1e-4));
            Assert.That(Closeness.RelativeL2(_run.PredictionGradient, _file.Data.Values("step0/prediction_grad")), Is.LessThan(2e-2));
        });

    [TestCase("model/", 2e-2)]
    [TestCase("jtr/", 0.3)]
    public void The_gradients_of_the_weights_are_within_rounding_of_the_published_ones(string network, double tolerance)
    {
        List<double> actual = [],
            expected = [];
        foreach (
            string name in _run.Gradients.Keys.Where(n =>
                n.StartsWith(network, StringComparison.Ordinal) && !GoldenFile.IsBiasBeforeNorm(n)
            )
        )
        {
            actual.AddRange(_run.Gradients[name]);
            expected.AddRange(_file.Data.Values($"step0/grad/{name}"));
        }
        Assert.That(Closeness.RelativeL2(actual.ToArray(), expected.ToArray()), Is.LessThan(tolerance));
    }
}
