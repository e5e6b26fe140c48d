using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Evaluation;

/// <summary>Scores of tags beyond what stands by itself: memory is bounded, sums do not depend on the order, the error is small.</summary>
public sealed class ScoreCountsTests
{
    private const int Many = 3 * ScoreCounts.MostExact;

    [Test]
    public void Many_scores_are_counted_in_steps_and_hardly_change_the_average_precision()
    {
        (float Score, bool Has)[] pairs = Pairs(Many, seed: 1);
        TagMetrics metrics = new(new TagsTask("tags", 1));
        ScoreCounts counts = new();
        foreach ((float score, bool has) in pairs)
        {
            metrics.Update([score], [has ? 1 : 0]);
            counts.Add(score, has);
        }
        Assert.That(counts.IsExact, Is.False);
        Assert.That(counts.Ranked().Count(), Is.LessThan(2 * ScoreCounts.Farthest * ScoreCounts.StepsOfOne + 2));
        Assert.That(counts.With + counts.Without, Is.EqualTo(Many));
        double right = 0,
            sum = 0;
        int all = 0;
        foreach ((_, bool has) in pairs.OrderByDescending(p => p.Score))
        {
            all++;
            if (has)
                sum += ++right / all;
        }
        Assert.That(metrics.AveragePrecision(0), Is.EqualTo(100 * sum / right).Within(0.05));
    }

    [Test]
    public void Sums_do_not_depend_on_the_order_or_on_the_parts()
    {
        (float Score, bool Has)[] pairs = Pairs(Many, seed: 2);
        ScoreCounts whole = new(),
            backwards = new(),
            few = new(),
            most = new();
        foreach ((float score, bool has) in pairs)
            whole.Add(score, has);
        foreach ((float score, bool has) in pairs.Reverse())
            backwards.Add(score, has);
        foreach ((float score, bool has) in pairs.Take(100))
            few.Add(score, has);
        foreach ((float score, bool has) in pairs.Skip(100))
            most.Add(score, has);
        few.AddState([.. most.State()]);
        Assert.That(backwards.Ranked(), Is.EqualTo(whole.Ranked()));
        Assert.That(few.Ranked(), Is.EqualTo(whole.Ranked()));
        Assert.That((few.With, few.Without), Is.EqualTo((whole.With, whole.Without)));
    }

    [Test]
    public void As_many_as_stand_by_themselves_are_exact()
    {
        ScoreCounts counts = new();
        for (int i = 0; i < ScoreCounts.MostExact; i++)
            counts.Add(i / 1e5f, i % 3 == 0);
        Assert.That(counts.IsExact);
        Assert.That(counts.Ranked().Count(), Is.EqualTo(ScoreCounts.MostExact));
        counts.Add(-1, hasTag: false);
        Assert.That(counts.IsExact, Is.False);
    }

    private static (float Score, bool Has)[] Pairs(int count, int seed)
    {
        Random random = new(seed);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ =>
                {
                    bool has = random.NextDouble() < 0.1;
                    double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                    return ((float)(2 * normal + (has ? 1 : -1)), has);
                }),
        ];
    }
}
