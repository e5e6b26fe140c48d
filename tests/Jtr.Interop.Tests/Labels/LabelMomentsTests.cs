using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Labels;

/// <summary>Means and deviations of labels, with which fresh heads begin.</summary>
public sealed class LabelMomentsTests
{
    [Test]
    public void They_are_those_of_the_values_that_there_are()
    {
        MemoryDataset data = new(3, height: 4, width: 6);
        (IReadOnlyList<double> means, IReadOnlyList<double> deviations) = LabelMoments.Of(data);
        int depth = data.Tasks.IndexOf("depth"),
            map = data.Tasks.IndexOf("map");
        double[] depths = [.. Values(depth, 0, 24).Where(v => v != 0).Select(v => (double)v)];
        double[] expected =
        [
            .. Enumerable.Repeat(0.0, 5),
            depths.Average(),
            .. Enumerable.Repeat(0.0, 3),
            Values(map, 0, 24).Average(v => (double)v),
            Values(map, 24, 24).Average(v => (double)v),
        ];
        Assert.That(means, Is.EqualTo(expected).Within(1e-12));
        double spread = Math.Sqrt(depths.Average(d => Math.Pow(d - depths.Average(), 2)));
        Assert.That(deviations[5], Is.EqualTo(spread).Within(1e-9));
        Assert.That(deviations.Where((_, c) => c is < 5 or 6 or 7 or 8), Is.All.EqualTo(1));

        IEnumerable<float> Values(int task, int first, int count) =>
            Enumerable.Range(0, 3).SelectMany(sample => Enumerable.Range(first, count).Select(i => data.LabelValue(sample, task, i)));
    }

    [Test]
    public void Hidden_labels_count_nothing_and_no_label_is_0()
    {
        TaskSet tasks = new(new DepthTask(), new MapTask("map"));
        MemoryDataset data = new(4, tasks: tasks);
        LabelAssignment labels = new(tasks, TaskMask.None, TaskMask.None.With(0), TaskMask.None, TaskMask.None);
        double alone = Enumerable.Range(0, 32 * 64).Select(i => data.LabelValue(1, 0, i)).Where(v => v != 0).Average(v => (double)v);
        Assert.That(LabelMoments.Of(data, labels).Means, Is.EqualTo(new[] { alone, 0 }).Within(1e-12));
        Assert.That(() => LabelMoments.Of(data, new LabelAssignment(tasks, TaskMask.None)), Throws.ArgumentException);
    }

    [Test]
    public void Few_samples_are_read_and_those_that_cannot_be_are_passed_over()
    {
        List<int> read = [];
        MemoryDataset data = new(100, tasks: new TaskSet(new SegmentationTask("seg", 3), new DepthTask()))
        {
            OnRead = i =>
            {
                read.Add(i);
                if (i == 37)
                    throw new JtrFormatException("x.png", "is damaged");
            },
        };
        double mean = LabelMoments.Of(data, mostLabels: 4).Means[^1];
        Assert.That(read, Is.EqualTo(new[] { 12, 37, 62, 87 }));
        Assert.That(
            mean,
            Is.EqualTo(
                    new[] { 12, 62, 87 }
                        .SelectMany(s => Enumerable.Range(0, 32 * 64).Select(i => data.LabelValue(s, 1, i)))
                        .Where(v => v != 0)
                        .Average(v => (double)v)
                )
                .Within(1e-12)
        );
    }

    /// <summary>Weights of the head around 0 give predictions around its bias.</summary>
    [Test]
    public void A_fresh_network_predicts_around_them()
    {
        TaskSet tasks = new(new DepthTask(), new MapTask("map"));
        TrainerOptions options = new()
        {
            Tasks = tasks,
            Method = "supervised",
            Network = new NetworkOptions { DecoderChannels = 8, HeadBias = [30, -20] },
        };
        using Trainer trainer = new(options);
        using Trainer plain = new(options with { Network = options.Network with { HeadBias = [] } });
        float[] image = [.. Enumerable.Range(0, 3 * 64 * 64).Select(i => i % 97 / 97f)];
        float[] told = Predict(trainer),
            fresh = Predict(plain);
        Assert.That(told.Zip(fresh, (a, b) => a - b).Take(64 * 64), Is.All.EqualTo(30).Within(1e-3));
        Assert.That(told.Zip(fresh, (a, b) => a - b).Skip(64 * 64), Is.All.EqualTo(-20).Within(1e-3));
        using Trainer scaled = new(options with { Network = options.Network with { HeadBias = [], HeadScale = [0.5, 4] } });
        float[] small = Predict(scaled);
        Assert.That(small.Zip(fresh, (a, b) => a - 0.5f * b).Take(64 * 64), Is.All.EqualTo(0).Within(1e-4));
        Assert.That(small.Zip(fresh, (a, b) => a - 4 * b).Skip(64 * 64), Is.All.EqualTo(0).Within(1e-3));
        Assert.That(
            () => new Trainer(options with { Network = options.Network with { HeadBias = [1] } }),
            Throws.Exception.With.Message.Contain("network.head_bias").And.Message.Contain("2 channels of the pixel tasks")
        );

        float[] Predict(Trainer from)
        {
            float[] values = new float[2 * 64 * 64];
            from.Predict(image, 1, 64, 64, values);
            return values;
        }
    }

    [Test]
    public void Options_of_networks_are_equal_by_their_numbers()
    {
        NetworkOptions one = new() { HeadBias = [1, 2] },
            other = new() { HeadBias = [1, 2] };
        Assert.That(one, Is.EqualTo(other));
        Assert.That(one.GetHashCode(), Is.EqualTo(other.GetHashCode()));
        Assert.That(one, Is.Not.EqualTo(other with { HeadBias = [1, 3] }));
        Assert.That(one, Is.Not.EqualTo(other with { HeadScale = [1, 2] }));
        Assert.That(one, Is.Not.EqualTo(other with { Freeze = BackboneStage.Stem }));
    }
}
