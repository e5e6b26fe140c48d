using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Views;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Views;

[TestFixture]
public sealed class ViewPipelineTests
{
    private static readonly TaskSet Tasks = new(new DepthTask(), new MapTask("map"));

    [TestCase(0, 5f)]
    [TestCase(1, 5f * 2 + 1)]
    [TestCase(2, (5f * 2 + 1) * 2 + 2)]
    [TestCase(3, ((5f * 2 + 1) * 2 + 2) * 2 + 3)]
    [TestCase(4, (((5f * 2 + 1) * 2 + 2) * 2 + 3) * 2 + 4)]
    public void Steps_follow_each_other_and_leave_the_source_and_missing_labels_alone(int steps, float expected)
    {
        float[] image = [.. Enumerable.Repeat(5f, 12)];
        float[] labels = [.. Enumerable.Repeat(5f, 8)];
        float[] toImage = new float[12];
        float[] toLabels = new float[8];
        SampleBuffer destination = new(Tasks, 2, 2, toImage, toLabels);

        ViewPipeline pipeline = new(Tasks, 2, 2, [.. Enumerable.Range(1, steps).Select(i => new DoubleAndAdd(i))]);
        pipeline.Apply(new SampleBuffer(Tasks, 2, 2, image, labels), destination, new TaskMask(0b10), new ViewKey(1, 2, 3, 4));

        Assert.That(toImage, Is.All.EqualTo(expected));
        Assert.That(destination.Label(1).ToArray(), Is.All.EqualTo(expected));
        Assert.That(destination.Label(0).ToArray(), Is.All.Zero);
        Assert.That(image, Is.All.EqualTo(5f));
        Assert.That(labels, Is.All.EqualTo(5f));
    }

    private sealed class DoubleAndAdd(int number) : IViewStep
    {
        public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labeled, ViewKey key)
        {
            Assert.That(key, Is.EqualTo(new ViewKey(1, 2, 3, 4) { Step = number - 1 }));
            for (int i = 0; i < source.Image.Length; i++)
                destination.Image[i] = source.Image[i] * 2 + number;
            for (int i = 0; i < 4; i++)
                destination.Label(1)[i] = source.Label(1)[i] * 2 + number;
        }
    }
}
