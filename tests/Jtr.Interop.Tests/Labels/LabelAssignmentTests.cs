using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;

namespace Jtr.Interop.Tests.Labels;

[TestFixture]
public sealed class LabelAssignmentTests
{
    // Frequencies of 40,000 draws: four standard deviations of a proportion of 1/2 are 0.01.
    private const int Many = 40000;
    private const double Tolerance = 0.01;

    private static readonly TaskSet Three = new(new SegmentationTask("seg", 4), new DepthTask(), new NormalsTask());

    private static MemoryDataset Data(int count, TaskSet? tasks = null, Func<int, TaskMask>? labeled = null) =>
        new(count, 1, 1, tasks ?? Three, labeled);

    private static TaskMask[] Draw(LabelScenario scenario, MemoryDataset data, ulong seed = 1)
    {
        LabelAssignment drawn = LabelAssignment.Draw(scenario, data, seed);
        Assert.That(drawn.Count, Is.EqualTo(data.Count));
        return [.. Enumerable.Range(0, drawn.Count).Select(i => drawn[i])];
    }

    private static double Share(TaskMask[] samples, Func<TaskMask, bool> what) => samples.Count(what) / (double)samples.Length;

    [Test]
    public void OneLabel_gives_one_task_uniformly()
    {
        TaskMask[] samples = Draw(LabelScenario.OneLabel, Data(Many));
        Assert.That(samples.Select(s => s.Count), Is.All.EqualTo(1));
        for (int t = 0; t < 3; t++)
            Assert.That(Share(samples, s => s[t]), Is.EqualTo(1 / 3.0).Within(Tolerance));
    }

    [Test]
    public void OneLabel_chooses_among_the_labels_that_exist()
    {
        TaskMask[] samples = Draw(LabelScenario.OneLabel, Data(Many, labeled: i => new TaskMask(i % 2 == 0 ? 0b101UL : 0UL)));
        Assert.That(samples.Where((_, i) => i % 2 == 1), Is.All.EqualTo(TaskMask.None));
        TaskMask[] labeled = [.. samples.Where((_, i) => i % 2 == 0)];
        Assert.That(labeled.Select(s => s.Count), Is.All.EqualTo(1));
        Assert.That(Share(labeled, s => s[0]), Is.EqualTo(0.5).Within(1.5 * Tolerance), "half as many draws");
        Assert.That(labeled.Count(s => s[1]), Is.Zero);
    }

    [Test]
    public void RandomLabels_gives_1_to_K_less_1_tasks_each_number_and_each_subset_alike()
    {
        TaskSet four = MemoryDataset.AllKinds;
        TaskMask[] samples = Draw(LabelScenario.RandomLabels, Data(Many, four));
        for (int n = 1; n <= 3; n++)
            Assert.That(Share(samples, s => s.Count == n), Is.EqualTo(1 / 3.0).Within(Tolerance), $"{n} labels");
        foreach (IGrouping<int, TaskMask> size in samples.GroupBy(s => s.Count))
        {
            int subsets = size.Key == 2 ? 6 : 4;
            Assert.That(size.Distinct().Count(), Is.EqualTo(subsets));
            foreach (IGrouping<TaskMask, TaskMask> subset in size.GroupBy(s => s))
                Assert.That(subset.Count() / (double)size.Count(), Is.EqualTo(1.0 / subsets).Within(2 * Tolerance), $"{subset.Key}");
        }
    }

    [Test]
    public void RandomLabels_counts_the_labels_that_exist_as_K()
    {
        TaskMask[] samples = Draw(LabelScenario.RandomLabels, Data(300, labeled: i => TaskMask.FirstN(i % 3)));
        Assert.That(samples.Where((_, i) => i % 3 == 0).Select(s => s.Count), Is.All.EqualTo(0));
        Assert.That(samples.Where((_, i) => i % 3 == 1), Is.All.EqualTo(TaskMask.FirstN(1)), "the only label is kept");
        TaskMask[] two = [.. samples.Where((_, i) => i % 3 == 2)];
        Assert.That(two.Select(s => s.Count), Is.All.EqualTo(1), "of two, one");
        Assert.That(two.Distinct().Count(), Is.EqualTo(2));
    }

    [Test]
    public void HalfLabels_gives_every_task_with_probability_one_half_independently()
    {
        TaskMask[] samples = Draw(LabelScenario.HalfLabels, Data(Many));
        foreach (IGrouping<TaskMask, TaskMask> subset in samples.GroupBy(s => s))
            Assert.That(subset.Count() / (double)Many, Is.EqualTo(1 / 8.0).Within(Tolerance), $"{subset.Key}");
        Assert.That(samples.Distinct().Count(), Is.EqualTo(8), "none and all are among them");
        TaskMask[] some = Draw(LabelScenario.HalfLabels, Data(100, labeled: _ => new TaskMask(0b10)));
        Assert.That(some.Distinct(), Is.EquivalentTo(new[] { TaskMask.None, new TaskMask(0b10) }));
    }

    [TestCase(LabelScenario.AsFound, true)]
    [TestCase(LabelScenario.Full, true)]
    [TestCase(LabelScenario.OneLabel, true)]
    [TestCase(LabelScenario.RandomLabels, true)]
    [TestCase(LabelScenario.HalfLabels, false)]
    public void With_a_single_task_only_HalfLabels_hides_it(LabelScenario scenario, bool always)
    {
        TaskMask[] samples = Draw(scenario, Data(200, new TaskSet(new DepthTask())));
        int labeled = samples.Count(s => s[0]);
        if (always)
            Assert.That(labeled, Is.EqualTo(200));
        else
            Assert.That(labeled, Is.InRange(60, 140));
    }

    [Test]
    public void AsFound_takes_what_exists()
    {
        TaskMask[] samples = Draw(LabelScenario.AsFound, Data(8, labeled: i => new TaskMask((ulong)i)));
        Assert.That(samples, Is.EqualTo(Enumerable.Range(0, 8).Select(i => new TaskMask((ulong)i))));
    }

    [Test]
    public void Full_names_the_first_sample_that_lacks_a_label_and_the_tasks()
    {
        Assert.That(Draw(LabelScenario.Full, Data(5)), Is.All.EqualTo(Three.All));
        Assert.That(
            () => LabelAssignment.Draw(LabelScenario.Full, Data(5, labeled: i => i == 3 ? new TaskMask(0b010) : Three.All), 1),
            Throws.ArgumentException.With.Message.Contains("sample 3 ('sample-3') has no label for 'seg', 'normals'")
        );
    }

    [Test]
    public void An_unknown_scenario_is_refused() =>
        Assert.That(
            () => LabelAssignment.Draw((LabelScenario)99, Data(1), 1),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("scenario")
        );

    [Test]
    public void A_draw_depends_on_the_seed_and_the_sample_only()
    {
        TaskMask[] first = Draw(LabelScenario.RandomLabels, Data(500), seed: 7);
        Assert.That(Draw(LabelScenario.RandomLabels, Data(500), seed: 7), Is.EqualTo(first));
        Assert.That(Draw(LabelScenario.RandomLabels, Data(800), seed: 7)[..500], Is.EqualTo(first), "samples added behind change nothing");
        Assert.That(Draw(LabelScenario.RandomLabels, Data(500), seed: 8), Is.Not.EqualTo(first));
    }

    [Test]
    public void LabelledCount_counts_samples_of_a_task()
    {
        LabelAssignment assignment = new(Three, new TaskMask(0b001), new TaskMask(0b011), new TaskMask(0b001));
        Assert.That(Enumerable.Range(0, 3).Select(assignment.LabeledCount), Is.EqualTo(new[] { 3, 1, 0 }));
        Assert.That(() => assignment.LabeledCount(3), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_mask_beyond_the_tasks_is_refused() =>
        Assert.That(
            () => new LabelAssignment(Three, new TaskMask(1), new TaskMask(0b1001)),
            Throws.ArgumentException.With.Message.Contains("sample 1 is labelled for task 3, but there are only 3 tasks")
        );
}
