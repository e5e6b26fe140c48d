using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Suggestions;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>Which photographs to label next.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LabelSuggestionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A photograph of one color, with a little of another number, so that no two are the same.</summary>
    private void Photo(string name, int red, int green, int blue) =>
        _folder.Image(
            $"image/{name}.png",
            40,
            50,
            3,
            i =>
                (i % 3) switch
                {
                    0 => red,
                    1 => green,
                    _ => blue,
                }
        );

    private FolderDataset Open() =>
        new(
            _folder.Root,
            new FolderOptions
            {
                Height = 32,
                Width = 32,
                Tasks = [new DepthTask(), new MapTask("edge")],
            }
        );

    private void ThreeColors()
    {
        for (int i = 0; i < 4; i++)
            Photo($"red{i}", 250 - i, 0, 0);
        for (int i = 0; i < 3; i++)
            Photo($"green{i}", 0, 250 - i, 0);
        for (int i = 0; i < 2; i++)
            Photo($"blue{i}", 0, 0, 250 - i);
    }

    [Test]
    public void Each_kind_of_photograph_is_chosen_before_any_twice_the_commonest_first()
    {
        ThreeColors();
        LabelSuggestions suggested = LabelSuggestions.Choose(Open(), 4);
        string[] kinds = [.. suggested.Photographs.Select(p => p.Name[..^1])];
        Assert.That(kinds[..3], Is.EquivalentTo(["red", "green", "blue"]));
        Assert.That(kinds[0], Is.EqualTo("red"));
        Assert.That((suggested.Labeled, suggested.MeanDistanceNow), Is.EqualTo((0, (double?)null)));
        // Two colors differ by 250 in two of three channels; photographs of one by almost nothing.
        Assert.That(suggested.Photographs[0].MeanDistance, Is.EqualTo(5 / 9.0 * 250 / 255 * Math.Sqrt(2 / 3.0)).Within(5e-3));
        Assert.That(suggested.Photographs[2].MeanDistance, Is.LessThan(5e-3));
        Assert.That(suggested.MeanDistanceAtRandom, Is.GreaterThan(suggested.Photographs[3].MeanDistance));
    }

    [Test]
    public void What_has_the_tasks_label_counts_as_chosen()
    {
        ThreeColors();
        _folder.Image16("depth/red2.png", 40, 50, 1, _ => 1000);
        _folder.Image("edge/green0.png", 40, 50, 1, _ => 9);
        FolderDataset data = Open();
        LabelSuggestions suggested = LabelSuggestions.Choose(data, 2, task: 0);
        Assert.That(suggested.Photographs.Select(p => p.Name[..^1]), Is.EqualTo((string[])["green", "blue"]));
        Assert.That((suggested.Labeled, suggested.MeanDistanceNow), Is.Not.EqualTo((1, (double?)null)));
        Assert.That(suggested.MeanDistanceNow, Is.EqualTo(5 / 9.0 * 250 / 255 * Math.Sqrt(2 / 3.0)).Within(5e-3));
        Assert.That(LabelSuggestions.Choose(data, 100, task: 0).Photographs, Has.Count.EqualTo(8), "all but the labelled one");
    }

    [Test]
    public void Damaged_photographs_are_left_out_and_named()
    {
        ThreeColors();
        string broken = _folder.Write("image/broken.png", "no picture");
        LabelSuggestions suggested = LabelSuggestions.Choose(Open(), 100);
        Assert.That(suggested.Photographs, Has.Count.EqualTo(9));
        Assert.That(suggested.Problems.Single().Path, Is.EqualTo(broken));
        Assert.That(() => LabelSuggestions.Choose(Open(), 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => LabelSuggestions.Choose(Open(), 1, task: 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        foreach (string file in Directory.GetFiles(_folder["image"]))
            File.WriteAllText(file, "no picture");
        Assert.That(() => LabelSuggestions.Choose(Open(), 1), Throws.TypeOf<JtrFormatException>());
    }

    [Test]
    public void Photographs_of_other_channels_are_compared_too()
    {
        for (int i = 0; i < 4; i++)
        {
            float[] values = new float[2 * 32 * 32];
            Array.Fill(values, i < 3 ? 0.1f + 0.001f * i : 0.9f);
            _folder.Npy($"image/{i}.npy", "(2, 32, 32)", values);
        }
        FolderDataset data = new(
            _folder.Root,
            new FolderOptions
            {
                Height = 32,
                Width = 32,
                Tasks = [new DepthTask()],
                Image = new FolderImage { Channels = 2 },
            }
        );
        LabelSuggestions suggested = LabelSuggestions.Choose(data, 2);
        Assert.That(suggested.Photographs.Select(p => p.Name), Is.EqualTo((string[])["1", "3"]));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void The_lazy_choice_is_the_plain_greedy_one(int seed)
    {
        Random random = new(seed);
        float[][] points = [.. Enumerable.Range(0, 60).Select(_ => (float[])[.. Enumerable.Range(0, 37).Select(_ => random.NextSingle())])];
        int[] labeled = [3, 44];
        FacilityLocation location = new(points);
        foreach (int point in labeled)
            location.Add(point);
        List<(int Point, double Mean)> chosen = location.Choose([.. Enumerable.Range(0, 60).Except(labeled)], 9, CancellationToken.None);

        List<int> all = [.. labeled];
        foreach ((int point, double mean) in chosen)
        {
            int best = Enumerable.Range(0, 60).Except(all).MinBy(c => MeanWith([.. all, c]));
            Assert.That(point, Is.EqualTo(best));
            all.Add(point);
            Assert.That(mean, Is.EqualTo(MeanWith(all)).Within(1e-6));
        }

        double MeanWith(List<int> places) =>
            points.Average(p => places.Min(q => Math.Sqrt(p.Zip(points[q], (a, b) => (double)(a - b) * (a - b)).Average())));
    }
}
