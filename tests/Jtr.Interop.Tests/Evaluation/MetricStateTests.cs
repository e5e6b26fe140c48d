using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Raw = Jtr.Bindings;

namespace Jtr.Interop.Tests.Evaluation;

/// <summary>What metrics have gathered, taken to another process as numbers.</summary>
public sealed class MetricStateTests
{
    private static readonly VisionTask[] _tasks =
    [
        new SegmentationTask("segmentation", 7),
        new DepthTask(),
        new NormalsTask(),
        new MapTask("flow", 2),
        new ClassificationTask("room", 9),
        new TagsTask("tags", 3),
        new RegressionTask("pose", 2) { Means = [2, 12], Deviations = [1.5, 2] },
    ];

    private static TaskMetrics Feed(VisionTask task, int first, int count)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        int places = task.Kind.Extent == TaskExtent.Image ? 1 : 35;
        for (int sample = first; sample < first + count; sample++)
        {
            Random random = new(sample);
            float[] prediction = [.. Enumerable.Range(0, task.Channels * places).Select(_ => (float)(4 * random.NextDouble() - 2))],
                label = [.. Enumerable.Range(0, task.LabelChannels * places).Select(_ => Label(task, random))];
            metrics.Update(prediction, label);
        }
        return metrics;
    }

    private static float Label(VisionTask task, Random random) =>
        random.NextDouble() < 0.2
            ? task.InvalidLabel
            : task switch
            {
                SegmentationTask segmentation => random.Next(segmentation.ClassCount),
                ClassificationTask classification => random.Next(classification.ClassCount),
                TagsTask => random.Next(2),
                DepthTask => (float)(0.5 + random.NextDouble()),
                _ => (float)(2 * random.NextDouble() - 1),
            };

    [TestCaseSource(nameof(_tasks))]
    public void A_state_adds_to_the_bit_what_the_metric_itself_would(VisionTask task)
    {
        TaskMetrics merged = Feed(task, 0, 3),
            added = Feed(task, 0, 3),
            other = Feed(task, 3, 4);
        merged.Merge(other);
        added.AddState(other.GetState());
        Assert.That((added.Samples, added.ValidCount), Is.EqualTo((7L, merged.ValidCount)));
        Assert.That(added.Compute(), Is.EqualTo(merged.Compute()));
        Assert.That(added.ComputeClassScores(), Is.EqualTo(merged.ComputeClassScores()));
        Assert.That(added.CopyConfusion(), Is.EqualTo(merged.CopyConfusion()));
        Assert.That(added.GetState(), Is.EqualTo(merged.GetState()));
        Assert.Throws<ArgumentException>(() => added.AddState(other.GetState().AsSpan()[..^1]));
        Assert.Throws<ArgumentException>(() => added.AddState([]));
    }

    [Test]
    public void Scores_beyond_the_exact_ones_add_in_their_steps()
    {
        ScoreCounts many = new(),
            few = new(),
            all = new();
        for (int i = 0; i < ScoreCounts.MostExact + 10; i++)
        {
            many.Add(i / 1000f, i % 3 == 0);
            all.Add(i / 1000f, i % 3 == 0);
        }
        few.Add(0.1234f, true);
        all.Add(0.1234f, true);
        Assert.That((many.IsExact, few.IsExact), Is.EqualTo((false, true)));
        few.AddState([.. many.State()]);
        Assert.That(few.IsExact, Is.False);
        Assert.That(few.Ranked(), Is.EqualTo(all.Ranked()));
    }

    [TestCase(8, 20_000)]
    [TestCase(1024, 20_000)]
    [TestCase(64, 3_000_000)]
    public void States_are_handed_around_in_bounded_memory(int ranks, int numbers)
    {
        // As one rank sees it: the others' sums are done by this function.
        long largest = 0,
            calls = 0;
        Peers peers = new(5, ranks, Reduce);
        double[] own = new double[numbers];
        own[^1] = 7;
        List<int> told = [];
        peers.HandAround(
            own,
            (rank, state) =>
            {
                told.Add(rank);
                Assert.That(state.Length, Is.EqualTo(numbers));
                Assert.That(state[^1], Is.EqualTo(rank == 5 ? 7 : 0));
            }
        );
        Assert.That(told, Is.EqualTo(Enumerable.Range(0, ranks)));
        Assert.That(largest, Is.LessThanOrEqualTo(Math.Max(1 << 20, numbers)));
        Assert.That(calls, Is.LessThanOrEqualTo(2 + (long)ranks * Math.Max(numbers, 1) / (1 << 20) * 2));

        void Reduce(double[] values, Raw.Reduction how)
        {
            Assert.That(how, Is.EqualTo(Raw.Reduction.Sum));
            largest = Math.Max(largest, values.Length);
            if (calls++ == 0)
                Array.Fill(values, numbers);
        }
    }
}
