using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Labels;

/// <summary>Constraints asked of labels, by hand; and against what the library says of the same values as predictions.</summary>
public sealed class LabelConstraintsTests
{
    private const int Height = 4,
        Width = 4,
        Plane = Height * Width;

    private static readonly TaskSet _tasks = new(
        new SegmentationTask("seg", 3, ["shirt", "bag", "shoe"]),
        new TagsTask("tags", 3, ["shirt", "bag", "shoe"]),
        new DepthTask(),
        new ClassificationTask("room", 2, ["office", "kitchen"])
    );

    private readonly float[] _image = new float[3 * Plane];
    private readonly float[] _labels = new float[_tasks.LabelValues(Height, Width)];

    [SetUp]
    public void Clear()
    {
        Sample.Label(0).Clear();
        // A shirt, no bag; nobody says whether there are shoes.
        ((ReadOnlySpan<float>)[1, 0, float.NaN]).CopyTo(Sample.Label(1));
        Sample.Label(2).Fill(2);
        Sample.Label(3).Clear();
    }

    private SampleBuffer Sample => new(_tasks, Height, Width, _image, _labels);

    private (long Violated, long Places) Apply(string constraint, params int[] dropped)
    {
        LabelConstraints constraints = new(_tasks, [ConstraintOptions.Parse(constraint)]);
        LabelViolations found = constraints.Apply(Sample, _tasks.All, dropped.Aggregate(TaskMask.None, (mask, t) => mask.With(t)))[0];
        return (found.Violated, found.Places);
    }

    [Test]
    public void A_class_without_its_tag_violates_an_implication()
    {
        const string Implication = "implication:if=seg,then=tags";
        Sample.Label(0)[5] = 1;
        Sample.Label(0)[6] = 2;
        Sample.Label(0)[7] = -1;
        Assert.That(new LabelConstraints(_tasks, [ConstraintOptions.Parse(Implication)]).Names, Is.EqualTo(["implication.seg.tags"]));
        // The bag is one; of the shoe nobody knows, and a pixel without label says nothing.
        Assert.That(Apply(Implication), Is.EqualTo((1, 15)));
        Assert.That(Sample.Label(0)[5], Is.EqualTo(1), "only counted");
        // Both are a network's: the pixel gives way.
        Assert.That(Apply(Implication, 0, 1), Is.EqualTo((1, 15)));
        Assert.That(Sample.Label(0).ToArray().Count(v => v == -1), Is.EqualTo(2));
        Assert.That(Sample.Label(1)[1], Is.Zero);
        // The pixel is people's: what is said of the photograph gives way, of this tag alone.
        Sample.Label(0)[5] = 1;
        Assert.That(Apply(Implication, 1).Violated, Is.EqualTo(1));
        Assert.That(Sample.Label(0)[5], Is.EqualTo(1));
        Assert.That(Sample.Label(1).ToArray(), Is.EqualTo([1, float.NaN, float.NaN]));
    }

    [Test]
    public void A_tag_without_a_pixel_violates_an_implication_where_all_pixels_tell()
    {
        const string Implication = "implication:if=tags,then=seg";
        Assert.That(Apply(Implication), Is.EqualTo((0, 1)));
        Sample.Label(0).Fill(1);
        Assert.That(Apply(Implication, 0), Is.EqualTo((1, 1)));
        Assert.That(Sample.Label(0).ToArray(), Is.All.EqualTo(1f), "no pixel says which is wrong");
        Sample.Label(0)[3] = -1;
        Assert.That(Apply(Implication), Is.EqualTo((0, 1)), "it may be there");
        Sample.Label(0)[3] = 1;
        Assert.That(Apply(Implication, 1), Is.EqualTo((1, 1)));
        Assert.That(Sample.Label(1).ToArray(), Is.EqualTo([float.NaN, 0, float.NaN]));
    }

    [Test]
    public void Classes_that_exclude_each_other_are_at_no_place()
    {
        const string Exclusion = "exclusion:one=room,other=seg,classes=office>bag";
        Sample.Label(0)[..3].Fill(1);
        Assert.That(Apply(Exclusion, 0), Is.EqualTo((3, 16)));
        Assert.That(Sample.Label(0)[..4].ToArray(), Is.EqualTo([-1, -1, -1, 0]));
        Sample.Label(0)[0] = 1;
        Assert.That(Apply(Exclusion, 3).Violated, Is.EqualTo(1));
        Assert.That(Sample.Label(3)[0], Is.EqualTo(-1f));
        Assert.That(Apply(Exclusion).Violated, Is.Zero);
    }

    [Test]
    public void Values_stay_within_bounds_everywhere_or_where_a_class_is()
    {
        Sample.Label(2)[0] = 90;
        Sample.Label(2)[1] = 0;
        Sample.Label(2)[2] = 85;
        Assert.That(Apply("bounds:task=depth,lowest=1,highest=80"), Is.EqualTo((2, 15)));
        Sample.Label(0)[2] = 1;
        const string OfBags = "bounds:task=depth,highest=80,where=seg,classes=bag";
        Assert.That(Apply(OfBags), Is.EqualTo((1, 1)));
        Assert.That(Apply(OfBags, 0), Is.EqualTo((1, 1)), "depth is people's: the class gives way");
        Assert.That((Sample.Label(0)[2], Sample.Label(2)[2]), Is.EqualTo((-1f, 85f)));
        Assert.That(Apply("bounds:task=depth,highest=80", 2).Violated, Is.EqualTo(2));
        Assert.That(Sample.Label(2)[..3].ToArray(), Is.All.Zero);
    }

    [Test]
    public void Names_count_on_and_what_is_not_there_is_told()
    {
        ConstraintOptions one = ConstraintOptions.Parse("bounds:task=depth,lowest=1"),
            other = ConstraintOptions.Parse("bounds:task=depth,highest=9");
        LabelConstraints both = new(_tasks, [one, other]);
        Assert.That(both.Names, Is.EqualTo(["bounds.depth", "bounds.depth.2"]));
        Assert.That(both.Apply(Sample, TaskMask.None.With(0)).Select(v => v.Places), Is.All.Zero, "no label of the task");
        Assert.That(
            () => new LabelConstraints(_tasks, [ConstraintOptions.Parse("bounds:task=dept,lowest=1")]),
            Throws.ArgumentException.With.Message.Contains("dept")
        );
    }

    // A plane that is turned about the vertical axis: depth d of column x, seen by a camera, and its normal.
    [TestCase(0, 0)]
    [TestCase(25, 0)]
    [TestCase(40, 4)]
    public void Normals_of_a_plane_agree_with_its_depth(double turned, int violated)
    {
        TaskSet tasks = new(new DepthTask(), new NormalsTask());
        float[] image = new float[3 * Plane],
            labels = new float[tasks.LabelValues(Height, Width)];
        SampleBuffer sample = new(tasks, Height, Width, image, labels);
        // The plane z = 4 + 0.3 x: its normal towards the camera is (0.3, 0, -1) / |.|.
        const double Slope = 0.3,
            Focal = 2;
        double angle = Math.Atan2(Slope, 1) + turned * Math.PI / 180;
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                double ray = (x - (0.5 * Width - 0.5)) / (Focal * Width);
                sample.Label(0)[y * Width + x] = (float)(4 / (1 - Slope * ray));
                sample.Label(1)[y * Width + x] = (float)Math.Sin(angle);
                sample.Label(1)[2 * Plane + y * Width + x] = (float)-Math.Cos(angle);
            }
        }
        ConstraintOptions constraint = ConstraintOptions.Parse("depth_normals:depth=depth,normals=normals,focal_x=2,focal_y=2");
        LabelConstraints constraints = new(tasks, [constraint]);
        LabelViolations found = constraints.Apply(sample, tasks.All, TaskMask.None.With(1))[0];
        Assert.That((found.Violated, found.Places), Is.EqualTo((violated, 4)), "pixels that are not at the border");
        Assert.That(sample.Label(0).ToArray(), Is.All.GreaterThan(3f), "depth is people's");
        Assert.That(sample.Label(1)[2 * Plane + Width + 1], violated > 0 ? Is.Zero : Is.Not.Zero);
    }

    [Test]
    public void What_the_library_has_for_defaults_labels_have_too()
    {
        OptionDefaults constraint = new("depth_normals");
        Assert.Multiple(() =>
        {
            Assert.That(constraint["center_x"], Is.EqualTo(DepthNormalsConstraint.DefaultCenter));
            Assert.That(constraint["center_y"], Is.EqualTo(DepthNormalsConstraint.DefaultCenter));
            Assert.That(constraint["largest_step"], Is.EqualTo(DepthNormalsConstraint.DefaultLargestStep));
            Assert.That(constraint["angle"], Is.EqualTo(DepthNormalsConstraint.DefaultAngle));
        });
    }

    private sealed class OptionDefaults(string kind)
    {
        public double this[string option]
        {
            get
            {
                using System.Text.Json.JsonDocument schema = System.Text.Json.JsonDocument.Parse(JtrRuntime.OptionsSchema);
                return schema
                    .RootElement.GetProperty("properties")
                    .GetProperty("constraints")
                    .GetProperty("items")
                    .GetProperty("oneOf")
                    .EnumerateArray()
                    .Single(k => k.GetProperty("title").GetString() == kind)
                    .GetProperty("properties")
                    .GetProperty(option)
                    .GetProperty("default")
                    .GetDouble();
            }
        }
    }
}
