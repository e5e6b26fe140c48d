using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets.Joined;

/// <summary>Several data sets as one.</summary>
[TestFixture]
public sealed class JoinedDatasetTests
{
    private static readonly TaskSet DepthAndSaliency = new(new DepthTask(), new MapTask("saliency"));
    private static readonly TaskSet SegAndDepth = new(new SegmentationTask("seg", 5), new NormalsTask(), new DepthTask());

    private static JoinedSource Source(string name, int count, TaskSet? tasks = null, double weight = 1, int height = 32, int width = 64) =>
        new(name, new MemoryDataset(count, height, width, tasks ?? DepthAndSaliency)) { Weight = weight };

    [Test]
    public void A_source_is_a_domain_and_one_of_several_domains_keeps_them()
    {
        JoinedDataset street = new(Source("day", 2), Source("night", 1));
        JoinedDataset all = new(new JoinedSource("street", street), Source("indoor", 2, SegAndDepth));
        Assert.That(street.Domains, Is.EqualTo(new[] { "day", "night" }));
        Assert.That(all.Domains, Is.EqualTo(new[] { "street/day", "street/night", "indoor" }));
        Assert.That(
            Enumerable.Range(0, all.Count).Select(i => all.Domains[all.GetSampleInfo(i).Domain]),
            Is.EqualTo(new[] { "street/day", "street/day", "street/night", "indoor", "indoor" })
        );
        Assert.That(all.GetName(2), Is.EqualTo("street/night/sample-0"));
        Assert.That(new SkipBadDataset(all).GetSampleInfo(4).Domain, Is.EqualTo(2));
        Assert.That(Source("alone", 1).Data.Domains, Is.EqualTo(new[] { SampleInfo.OneDomain }));
    }

    [Test]
    public void Tasks_of_the_same_name_are_one_and_every_sample_keeps_its_own_labels()
    {
        JoinedSource first = Source("rgbd", 3);
        JoinedSource second = Source("street", 2, SegAndDepth);
        JoinedDataset data = new(first, second);
        Assert.That(data.Tasks.Select(t => t.Name), Is.EqualTo(["depth", "saliency", "seg", "normals"]));
        Assert.That((data.Count, data.Height, data.Width), Is.EqualTo((5, 32, 64)));
        Assert.That(
            Enumerable.Range(0, 5).Select(data.GetName),
            Is.EqualTo(["rgbd/sample-0", "rgbd/sample-1", "rgbd/sample-2", "street/sample-0", "street/sample-1"])
        );
        Assert.That(
            Enumerable.Range(0, 5).Select(data.GetSource),
            Is.EqualTo([
                new SampleOrigin(0, 0),
                new SampleOrigin(0, 1),
                new SampleOrigin(0, 2),
                new SampleOrigin(1, 0),
                new SampleOrigin(1, 1),
            ])
        );
        for (int i = 0; i < 5; i++)
        {
            SampleOrigin origin = data.GetSource(i);
            IMultiTaskDataset own = data.Sources[origin.Source].Data;
            (float[] image, float[][] labels, TaskMask written) = SampleArrays.Read(data, i);
            (float[] expectedImage, float[][] expected, _) = SampleArrays.Read(own, origin.Index);
            Assert.That(image, Is.EqualTo(expectedImage));
            Assert.That(written, Is.EqualTo(data.GetLabeled(i)));
            Assert.That(written, Is.EqualTo(i < 3 ? new TaskMask(0b0011) : new TaskMask(0b1101)));
            for (int t = 0; t < 4; t++)
            {
                int theirs = own.Tasks.IndexOf(data.Tasks[t].Name);
                Assert.That(
                    labels[t],
                    theirs < 0 ? Is.All.EqualTo(-77f) : Is.EqualTo(expected[Math.Max(theirs, 0)]),
                    $"sample {i}, task {t}"
                );
            }
        }
    }

    [Test]
    public void Only_wanted_labels_are_written()
    {
        JoinedDataset data = new(Source("rgbd", 1), Source("street", 1, SegAndDepth));
        (_, float[][] labels, TaskMask written) = SampleArrays.Read(data, 1, TaskMask.None.With(1).With(2));
        Assert.That(written, Is.EqualTo(TaskMask.None.With(2)), "it has no saliency");
        Assert.That(labels[0], Is.All.EqualTo(-77f));
        Assert.That(labels[2], Has.None.EqualTo(-77f));
    }

    [Test]
    public void Weights_repeat_and_thin_out_evenly()
    {
        JoinedDataset data = new(Source("a", 4, weight: 2.5), Source("b", 6, weight: 0.5), Source("c", 2), Source("d", 3, weight: 0.01));
        int[][] expected =
        [
            [0, 1, 2, 3, 0, 1, 2, 3, 1, 3],
            [1, 3, 5],
            [0, 1],
            [1],
        ];
        for (int s = 0; s < 4; s++)
            Assert.That(
                Enumerable.Range(0, data.Count).Select(data.GetSource).Where(o => o.Source == s).Select(o => o.Index),
                Is.EqualTo(expected[s]),
                $"source {s}"
            );
        Assert.That(data.Count, Is.EqualTo(16));
    }

    [Test]
    public void Repetitions_have_the_labels_of_the_sources_assignments()
    {
        JoinedSource first = Source("rgbd", 3, weight: 2);
        JoinedSource second = Source("street", 2, SegAndDepth);
        JoinedDataset data = new(first, second);
        LabelAssignment drawn = LabelAssignment.Draw(LabelScenario.OneLabel, first.Data, 5);
        LabelAssignment joined = data.JoinLabels(drawn, null);
        Assert.That(joined.Count, Is.EqualTo(8));
        for (int i = 0; i < 3; i++)
        {
            Assert.That(joined[i], Is.EqualTo(drawn[i]), "the first source's tasks are the first two here, too");
            Assert.That(joined[i + 3], Is.EqualTo(joined[i]));
        }
        Assert.That(joined[6], Is.EqualTo(new TaskMask(0b1101)));
        Assert.That(() => data.JoinLabels(drawn), Throws.ArgumentException.With.Message.Contains("1 assignments for 2 sources"));
        Assert.That(
            () => data.JoinLabels(null, drawn),
            Throws.ArgumentException.With.Message.Contains("the assignment for 'street' is for 3 samples, the source has 2")
        );
        LabelAssignment others = new(DepthAndSaliency, default, default);
        Assert.That(
            () => data.JoinLabels(null, others),
            Throws.ArgumentException.With.Message.Contains("for the tasks depth, saliency, the source has seg, normals, depth")
        );
    }

    [Test]
    public void A_loader_mixes_the_sources_in_one_batch()
    {
        JoinedDataset data = new(Source("rgbd", 3), Source("street", 3, SegAndDepth));
        using DataLoader loader = new(data, options: new DataLoaderOptions { BatchSize = 6, Workers = 2 });
        Batch batch = loader.Next();
        for (int b = 0; b < 6; b++)
            Assert.That(batch.GetLabeled(b), Is.EqualTo(data.GetLabeled(batch.Indices[b])));
        Assert.That(batch.Indices.ToArray(), Is.Not.Ordered, "shuffled");
    }

    [Test]
    public void Class_names_are_taken_from_the_source_that_has_them()
    {
        SegmentationTask named = new("seg", 2, ["no", "yes"]);
        JoinedDataset data = new(Source("a", 1, new TaskSet(new SegmentationTask("seg", 2))), Source("b", 1, new TaskSet(named)));
        Assert.That(data.Tasks[0], Is.EqualTo(named));
    }

    [Test]
    public void Renamed_tasks_match_those_of_other_sources()
    {
        JoinedSource first = Source(
            "a",
            1,
            new TaskSet(new SegmentationTask("seg", 2, ["no", "yes"]), new DepthTask("z") { Mean = 3, Unit = "" }, new MapTask("edge", 2))
        );
        JoinedSource second = Source("b", 1, new TaskSet(new NormalsTask("n"), new SegmentationTask("labels", 2)));
        JoinedDataset data = new(
            first with
            {
                Rename = new Dictionary<string, string> { ["seg"] = "segmentation", ["z"] = "depth" },
            },
            second with
            {
                Rename = new Dictionary<string, string> { ["labels"] = "segmentation", ["n"] = "normals" },
            }
        );
        Assert.That(
            data.Tasks,
            Is.EqualTo(
                new TaskSet(
                    new SegmentationTask("segmentation", 2, ["no", "yes"]),
                    new DepthTask { Mean = 3, Unit = "" },
                    new MapTask("edge", 2),
                    new NormalsTask()
                )
            )
        );
        Assert.That((data.GetLabeled(0).Bits, data.GetLabeled(1).Bits), Is.EqualTo((0b0111UL, 0b1001UL)));
        Assert.That(SampleArrays.Read(data, 1).Labels[0], Is.EqualTo(SampleArrays.Read(second.Data, 0).Labels[1]));

        Assert.That(
            () => new JoinedDataset(first with { Rename = new Dictionary<string, string> { ["taste"] = "seg" } }),
            Throws.ArgumentException.With.Message.Contains("no task 'taste' to rename")
        );
        Assert.That(
            () => new JoinedDataset(first with { Rename = new Dictionary<string, string> { ["seg"] = "z" } }),
            Throws.ArgumentException.With.Message.Contains("two tasks named 'z'")
        );
    }

    [Test]
    public void Sources_are_joined_for_the_tasks_of_a_network()
    {
        TaskSet wanted = new(new NormalsTask(), new MapTask("edge"), new DepthTask());
        JoinedDataset data = new(wanted, [Source("rgbd", 1), Source("street", 1, SegAndDepth)]);
        Assert.That(data.Tasks, Is.EqualTo(wanted));
        Assert.That(
            (data.GetLabeled(0).Bits, data.GetLabeled(1).Bits),
            Is.EqualTo((0b100UL, 0b101UL)),
            "saliency and seg are not asked for, edge is nowhere"
        );
        (_, float[][] labels, TaskMask written) = SampleArrays.Read(data, 1);
        Assert.That(written.Bits, Is.EqualTo(0b101));
        Assert.That(labels[0], Is.EqualTo(SampleArrays.Read(data.Sources[1].Data, 0).Labels[1]));
        Assert.That(labels[1], Is.All.EqualTo(-77f));
        Assert.That(
            () => new JoinedDataset(new TaskSet(new MapTask("depth")), [Source("a", 1)]),
            Throws.ArgumentException.With.Message.Contains("the task 'depth' of 'a' is not the one that is asked for: Depth and Map")
        );
    }

    [Test]
    public void Tasks_that_only_share_a_name_are_refused()
    {
        Check(new DepthTask("x"), new MapTask("x"), "the task 'x' of 'b' is not that of 'a': Map and Depth");
        Check(new MapTask("x"), new MapTask("x", 2), "2 and 1 channels");
        Check(new SegmentationTask("x", 7), new SegmentationTask("x", 19), "19 and 7 classes");
        Check(new SegmentationTask("x", 2, ["a", "b"]), new SegmentationTask("x", 2, ["a", "c"]), "class 1 is 'c' and 'b'");
        Check(new DepthTask("x"), new DepthTask("x") { Mean = 1 }, "mean, deviation and unit (1, 1.5876, 'm') and (2.3618, 1.5876, 'm')");

        void Check(VisionTask first, VisionTask second, string fault) =>
            Assert.That(
                () => new JoinedDataset(Source("a", 1, new TaskSet(first)), Source("b", 1, new TaskSet(second))),
                Throws.ArgumentException.With.Message.Contains(fault)
            );
    }

    [Test]
    public void Sources_that_cannot_be_joined_are_named()
    {
        Check("there are no data sets");
        Check(
            "the samples of 'b' are 64 x 64, those of 'a' 32 x 64; open both with the same Height and Width",
            Source("a", 1),
            Source("b", 1, height: 64)
        );
        Check("two sources are named 'a'", Source("a", 1), Source("a", 1));
        Check("the source 'b' has no samples", Source("a", 1), Source("b", 0));
        Check("the weight of 'b' is 0; it has to be a finite number above 0", Source("a", 1), Source("b", 1, weight: 0));
        Check("the weight of 'b' is NaN", Source("a", 1), Source("b", 1, weight: double.NaN));
        Check("more than", Source("a", 1), Source("b", 1, weight: 1e12));

        void Check(string fault, params JoinedSource[] sources) =>
            Assert.That(() => new JoinedDataset(sources), Throws.ArgumentException.With.Message.Contains(fault));
    }

    [Test]
    public void A_buffer_of_another_size_or_an_index_out_of_range_is_refused()
    {
        JoinedDataset data = new(Source("a", 1));
        Assert.That(() => SampleArrays.Read(data, 1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => data.Read(0, default, new SampleBuffer(data.Tasks, 32, 32, new float[3 * 1024], new float[2 * 1024])),
            Throws.ArgumentException.With.Message.Contains("the buffer is for 32 x 32, the samples are 32 x 64")
        );
    }
}
