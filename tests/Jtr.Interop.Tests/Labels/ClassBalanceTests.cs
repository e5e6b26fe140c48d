using System.Text.Json.Nodes;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Labels;

/// <summary>Weights of rare classes.</summary>
public class ClassBalanceTests
{
    private const double Rounding = 1e-12;

    [Test]
    public void At_one_half_a_class_counts_by_the_root_of_its_share()
    {
        // Shares of 0.8 and 0.2; 0.8 / sqrt(0.8) + 0.2 / sqrt(0.2) = sqrt(1.8) is what all is divided by.
        IReadOnlyList<double> weights = ClassBalance.Weights([80, 20, 0], 0.5);
        double mean = Math.Sqrt(0.8) + Math.Sqrt(0.2);
        Assert.That(weights[0], Is.EqualTo(1 / Math.Sqrt(0.8) / mean).Within(Rounding));
        Assert.That(weights[1], Is.EqualTo(1 / Math.Sqrt(0.2) / mean).Within(Rounding));
        Assert.That(weights[2], Is.EqualTo(weights[1]), "as the rarest that occurs");
    }

    [TestCase(0.0)]
    [TestCase(0.3)]
    [TestCase(1.0)]
    public void A_label_counts_1_in_the_mean(double power)
    {
        long[] counts = [1000, 5, 0, 123, 77];
        IReadOnlyList<double> weights = ClassBalance.Weights(counts, power);
        Assert.That(weights.Zip(counts, (w, c) => w * c).Sum() / counts.Sum(), Is.EqualTo(1).Within(Rounding));
    }

    [Test]
    public void At_one_all_classes_count_alike_and_at_zero_all_labels()
    {
        IReadOnlyList<double> weights = ClassBalance.Weights([60, 30, 10], 1);
        Assert.That(new[] { 60 * weights[0], 30 * weights[1], 10 * weights[2] }, Is.All.EqualTo(100 / 3.0).Within(1e-9));
        Assert.That(ClassBalance.Weights([60, 30, 10], 0), Is.All.EqualTo(1).Within(Rounding));
        Assert.That(ClassBalance.Weights([0, 0], 0.5), Is.EqualTo(new[] { 1.0, 1.0 }), "no label at all");
    }

    [TestCase(-0.1)]
    [TestCase(1.1)]
    [TestCase(double.NaN)]
    public void Another_power_is_refused(double power) =>
        Assert.That(() => ClassBalance.Weights([1, 2], power), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Tasks_of_classes_get_weights_of_the_labels_that_training_sees()
    {
        // Sample 0 is all of class 0, sample 1 has a quarter of class 1; the labels of sample 2, all of class 2, are hidden.
        Patches data = new(new TaskSet(new SegmentationTask("seg", 3), new DepthTask(), new ClassificationTask("room", 2)));
        LabelAssignment seen = new(data.Tasks, data.Tasks.All, data.Tasks.All, TaskMask.None);
        TaskSet weighed = ClassBalance.Weigh(data, seen, power: 1);
        Assert.That(((SegmentationTask)weighed[0]).ClassWeights, Is.EqualTo(ClassBalance.Weights([28, 4, 0], 1)));
        Assert.That(weighed[1], Is.EqualTo(data.Tasks[1]));
        Assert.That(((ClassificationTask)weighed[2]).ClassWeights, Is.EqualTo(ClassBalance.Weights([1, 1], 1)));
    }

    [Test]
    public void Weights_that_a_task_has_stay()
    {
        SegmentationTask own = new("seg", 3) { ClassWeights = [1, 2, 3] };
        Assert.That(ClassBalance.Weigh(new Patches(new TaskSet(own)))[0], Is.EqualTo(own));
    }

    [Test]
    public void Weights_are_written_for_libjtr_and_checkpoints_and_checked()
    {
        SegmentationTask task = new("seg", 2) { ClassWeights = [0.5, 2] };
        JsonObject options = [];
        task.Kind.WriteNativeOptions(task, options);
        Assert.That(options.ToJsonString(), Is.EqualTo("""{"classes":2,"class_weights":[0.5,2]}"""));
        Assert.That(
            () => task.Kind.Validate(new SegmentationTask("seg", 2) { ClassWeights = [1] }, "Tasks[seg]"),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("Tasks[seg].ClassWeights")
        );
        Assert.That(
            () => task.Kind.Validate(new SegmentationTask("seg", 2) { ClassWeights = [1, -1] }, "Tasks[seg]"),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("Tasks[seg].ClassWeights[1]")
        );
        Assert.That(task, Is.Not.EqualTo(new SegmentationTask("seg", 2)));
    }

    /// <summary>Three samples of 4 x 4 pixels.</summary>
    private sealed class Patches(TaskSet tasks) : IMultiTaskDataset
    {
        public TaskSet Tasks => tasks;
        public int Count => 3;
        public int Height => 4;
        public int Width => 4;

        public SampleInfo GetSampleInfo(int index) => new($"{index}", tasks.All);

        public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
        {
            destination.Image.Clear();
            for (int t = 0; t < tasks.Count; t++)
            {
                Span<float> label = destination.Label(t);
                if (label.Length == 1)
                    label[0] = index % 2;
                else
                    label.Fill(index == 2 ? 2 : 0);
                if (index == 1 && label.Length > 1)
                    label[..4].Fill(1);
            }
            return wanted;
        }
    }
}
