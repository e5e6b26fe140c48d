using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Taskonomy;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets.Taskonomy;

/// <summary>Taskonomy's files, read back value for value.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TaskonomyDatasetTests : IDisposable
{
    private const int Pixels = TaskonomyFolder.Pixels;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private TaskonomyDataset Open(TaskonomyOptions? options = null) => new(_folder.Root, options ?? TaskonomyFolder.Options);

    [Test]
    public void Samples_come_by_building_point_and_view_with_seven_labels()
    {
        _folder.Sample("hanson", 10, 0);
        _folder.Sample("hanson", 2, 1);
        _folder.Sample("allensville", 3, 4);
        TaskonomyDataset data = Open();
        Assert.That(
            Enumerable.Range(0, data.Count).Select(data.GetName),
            Is.EqualTo(["allensville/point_3_view_4", "hanson/point_2_view_1", "hanson/point_10_view_0"])
        );
        Assert.That(data.Tasks.Select(t => t.Name), Is.EqualTo(TaskonomyDomains.All));
        Assert.That(
            data.Tasks.Select(t => (t.Kind, t.Channels)),
            Is.EqualTo([
                (TaskKind.Segmentation, 17),
                (TaskKind.Depth, 1),
                (TaskKind.Normals, 3),
                .. Enumerable.Repeat((TaskKind.Map, 1), 4),
            ])
        );
        Assert.That(data.Problems, Is.Empty);
        Assert.That(data.GetLabelPath(0, 0), Is.EqualTo(_folder["segment_semantic/allensville/point_3_view_4_domain_segmentsemantic.png"]));
        int[] seeds = [7, 3, 10];
        for (int s = 0; s < 3; s++)
        {
            (float[] image, float[][] labels, TaskMask written) = SampleArrays.Read(data, s);
            Assert.That(written, Is.EqualTo(data.Tasks.All));
            Assert.That(image, Is.EqualTo(LayoutReader.Planar(Pixels, 3, i => TaskonomyFolder.Value("rgb", seeds[s], i) / 255f)));
            Check(labels, seeds[s]);
        }
    }

    [Test]
    public void Strengths_are_stretched_by_a_range_and_cut_off()
    {
        _folder.Put("rgb", "hanson", 0, 0);
        _folder.Put("edge_texture", "hanson", 0, 0, i => i * 64);
        TaskonomyDataset data = Open(
            TaskonomyFolder.Options with
            {
                MapRange = new Dictionary<string, double> { ["edge_texture"] = 0.25 },
            }
        );
        Assert.That(
            SampleArrays.Read(data, 0).Labels[0],
            Is.EqualTo(Enumerable.Range(0, Pixels).Select(i => (float)Math.Min(i * 64 / (65535 * 0.25), 1)))
        );
    }

    [Test]
    public void Holes_of_the_geometry_are_holes_of_its_edges_only_where_depth_is_there_and_wanted_so()
    {
        _folder.Sample("hanson", 0, 0);
        float[] With(TaskonomyOptions options) => SampleArrays.Read(Open(options), 0).Labels[^1];
        TaskonomyOptions all = TaskonomyFolder.Options;
        Assert.That(With(all).Count(float.IsNaN), Is.EqualTo((Pixels + 6) / 7), "every seventh depth is a hole");
        Assert.That(With(all with { MaskHoles = false }).Any(float.IsNaN), Is.False);
        Assert.That(With(all with { Domains = ["keypoints3d"] }).Any(float.IsNaN), Is.False, "depth was not asked for");
        Assert.That(
            With(all with { Domains = ["depth_zbuffer", "keypoints2d"] }).Any(float.IsNaN),
            Is.False,
            "keypoints of the photograph"
        );
    }

    [Test]
    public void A_missing_file_is_a_missing_label()
    {
        _folder.Sample("hanson", 0, 0);
        _folder.Put("rgb", "hanson", 0, 1);
        _folder.Put("normal", "hanson", 0, 1);
        TaskonomyDataset data = Open();
        Assert.That((data.GetLabeled(0), data.GetLabeled(1)), Is.EqualTo((data.Tasks.All, TaskMask.None.With(2))));
        Assert.That(data.GetLabelPath(1, 0), Is.Null);
        Assert.That(SampleArrays.Read(data, 1).Written, Is.EqualTo(TaskMask.None.With(2)));
    }

    [Test]
    public void Domains_are_those_that_are_there_or_those_that_are_asked_for_in_their_order()
    {
        _folder.Put("rgb", "hanson", 0, 0);
        _folder.Put("normal", "hanson", 0, 0);
        _folder.Put("depth_zbuffer", "hanson", 0, 0);
        Assert.That(Open().Tasks.Select(t => t.Name), Is.EqualTo(["depth_zbuffer", "normal"]));
        TaskonomyDataset data = Open(TaskonomyFolder.Options with { Domains = ["normal", "keypoints2d"] });
        Assert.That(data.Tasks.Select(t => t.Name), Is.EqualTo(["normal", "keypoints2d"]));
        Assert.That(data.Problems.Select(p => p.Message), Is.EqualTo(["no sample has a label for 'keypoints2d'"]));
    }

    [TestCase("{0}/hanson/{1}", "hanson/point_5_view_6")]
    [TestCase("{0}/taskonomy/hanson/{1}", "hanson/point_5_view_6")]
    [TestCase("hanson/{0}/{1}", "hanson/point_5_view_6")]
    [TestCase("{0}/{1}", "point_5_view_6")]
    public void The_building_may_be_elsewhere_or_nowhere(string layout, string name)
    {
        foreach (string domain in TaskonomyDomains.All.Append("rgb"))
        {
            string file = Path.GetFileName(TaskonomyFolder.File(domain, "hanson", 5, 6));
            _folder.Put(
                string.Format(null, layout, domain, file),
                TaskonomyFolder.Bits(domain),
                domain is "rgb" or "normal" ? 3 : 1,
                i => TaskonomyFolder.Value(domain, 11, i)
            );
        }
        TaskonomyDataset data = Open();
        Assert.That((data.Count, data.GetName(0)), Is.EqualTo((1, name)));
        Assert.That(data.Problems, Is.Empty);
        Check(SampleArrays.Read(data, 0).Labels, 11);
    }

    [TestCase("segmentsemantic", "segmentsemantic")]
    [TestCase("segment_semantic", "segment_semantic")]
    public void Segmentation_is_found_under_either_name(string folder, string file)
    {
        _folder.Put("rgb", "hanson", 0, 0);
        _folder.Put($"{folder}/hanson/point_0_view_0_domain_{file}.png", 8, 1, i => i % 18);
        TaskonomyDataset data = Open();
        Assert.That(data.Tasks.Select(t => t.Name), Is.EqualTo(["segment_semantic"]));
        Assert.That(SampleArrays.Read(data, 0).Labels[0][..18], Is.EqualTo(Enumerable.Range(-1, 18).Select(i => (float)i)));
    }

    [Test]
    public void Buildings_may_be_chosen_in_any_case()
    {
        _folder.Sample("Hanson", 0, 0);
        _folder.Sample("merom", 0, 0);
        TaskonomyDataset data = Open(TaskonomyFolder.Options with { Buildings = ["hanson", "onaga"] });
        Assert.That((data.Count, data.GetBuilding(0)), Is.EqualTo((1, "Hanson")));
        Assert.That(data.Problems.Select(p => p.Message), Is.EqualTo(["the building 'onaga' is not there"]));
    }

    private static void Check(float[][] labels, int seed)
    {
        Assert.That(labels[0], Is.EqualTo(Values(i => Stored(0, i) - 1f)));
        Assert.That(labels[1], Is.EqualTo(Values(i => Stored(1, i) == 65535 ? 0f : Stored(1, i) / 512f)));
        for (int p = 0; p < Pixels; p++)
        {
            double[] v = [.. Enumerable.Range(0, 3).Select(c => 2.0 * Stored(2, 3 * p + c) / 255 - 1)];
            double length = p % 5 == 0 ? double.PositiveInfinity : Math.Sqrt(v.Sum(x => x * x));
            for (int c = 0; c < 3; c++)
                Assert.That(labels[2][c * Pixels + p], Is.EqualTo(v[c] / length).Within(1e-6), "a few roundings to float32");
        }
        for (int t = 3; t < 7; t++)
        {
            bool geometry = t is 4 or 6;
            Assert.That(labels[t], Is.EqualTo(Values(i => geometry && Stored(1, i) == 65535 ? float.NaN : Stored(t, i) / 65535f)));
        }

        int Stored(int task, int i) => TaskonomyFolder.Value(TaskonomyDomains.All[task], seed, i);
    }

    private static IEnumerable<float> Values(Func<int, float> value) => Enumerable.Range(0, Pixels).Select(value);
}
