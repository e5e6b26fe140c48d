using System.Numerics;
using System.Text.Json.Nodes;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>Constraints from C# and from texts.</summary>
public sealed class ConstraintTests
{
    private static readonly TaskSet _tasks = new(
        new SegmentationTask("seg", 3, ["sky", "shirt", "bag"]),
        new TagsTask("tags", 2, ["bag", "top"]),
        new DepthTask("depth"),
        new NormalsTask("normals")
    );

    private static readonly TrainerOptions _options = new()
    {
        Tasks = _tasks,
        Method = "supervised",
        Width = 2,
    };

    [Test]
    public void Classes_are_named_and_reach_the_library_as_numbers()
    {
        TrainerOptions options = _options with
        {
            Constraints =
            [
                new ImplicationConstraint { If = "seg", Then = "tags" },
                new ImplicationConstraint
                {
                    If = "seg",
                    Then = "tags",
                    Classes = [new("shirt", "top"), new("2", "0")],
                    Weight = 0.5,
                },
                new ExclusionConstraint
                {
                    One = "seg",
                    Other = "tags",
                    Classes = [new("sky", "top")],
                },
                new BoundsConstraint
                {
                    Task = "depth",
                    Lowest = [50],
                    Where = "seg",
                    Classes = ["sky"],
                },
                new DepthNormalsConstraint
                {
                    Depth = "depth",
                    Normals = "normals",
                    FocalX = 0.8,
                    FocalY = 1.1,
                },
            ],
        };
        JsonNode native = JsonNode.Parse(OptionsWriter.Trainer(options))!["constraints"]!;
        Assert.Multiple(() =>
        {
            Assert.That(
                native[0]!.ToJsonString(),
                Is.EqualTo("""{"name":"implication","if":"seg","then":"tags","if_classes":[2],"then_classes":[0]}""")
            );
            Assert.That(
                native[1]!.ToJsonString(),
                Is.EqualTo("""{"name":"implication","if":"seg","then":"tags","if_classes":[1,2],"then_classes":[1,0],"weight":0.5}""")
            );
            Assert.That(
                native[2]!.ToJsonString(),
                Is.EqualTo("""{"name":"exclusion","one":"seg","other":"tags","one_classes":[0],"other_classes":[1]}""")
            );
            Assert.That(
                native[3]!.ToJsonString(),
                Is.EqualTo("""{"name":"bounds","task":"depth","lowest":[50],"where":"seg","classes":[0]}""")
            );
            Assert.That(
                native[4]!.ToJsonString(),
                Is.EqualTo("""{"name":"depth_normals","depth":"depth","normals":"normals","focal_x":0.8,"focal_y":1.1}""")
            );
        });
        TrainerOptions read = OptionsDocument.Read(OptionsDocument.Write(options), "a file");
        Assert.That(OptionsWriter.Trainer(read), Is.EqualTo(OptionsWriter.Trainer(options)), "checkpoints keep them");

        using Trainer trainer = new(options);
        Assert.That(
            trainer.TermNames.Skip(5),
            Is.EqualTo(
                new[]
                {
                    "implication.seg.tags",
                    "implication.seg.tags.violated",
                    "implication.seg.tags.2",
                    "implication.seg.tags.2.violated",
                    "exclusion.seg.tags",
                    "exclusion.seg.tags.violated",
                    "bounds.depth",
                    "bounds.depth.violated",
                    "depth_normals.depth.normals",
                    "depth_normals.depth.normals.violated",
                }
            )
        );
    }

    [TestCase("implication:if=seg,then=tags")]
    [TestCase("implication:if=seg,then=tags,classes=shirt>top;bag>bag,weight=0.5")]
    [TestCase("exclusion:one=seg,other=tags,classes=sky>top")]
    [TestCase("bounds:task=depth,lowest=0,highest=80.5,where=seg,classes=sky;bag")]
    [TestCase("depth_normals:depth=depth,normals=normals,focal_x=0.8,focal_y=1.1,axes=1;-1;1,angle=20")]
    public void A_text_says_the_same(string text)
    {
        ConstraintOptions constraint = ConstraintOptions.Parse(text);
        Assert.That(() => new Trainer(_options with { Constraints = [constraint] }).Dispose(), Throws.Nothing);
        Assert.That(constraint.Weight, Is.EqualTo(text.Contains("weight", StringComparison.Ordinal) ? 0.5 : null));
    }

    [TestCase("implies:if=seg,then=tags", "there is no constraint 'implies'")]
    [TestCase("implication:if=seg", "needs then=")]
    [TestCase("implication:if=seg,then", "'then' is not KEY=VALUE")]
    [TestCase("implication:if=seg,then=tags,class=a>b", "has no 'class'; it has if, then, classes, weight")]
    [TestCase("implication:if=seg,then=tags,classes=a", "'a' of classes is not CLASS>CLASS")]
    [TestCase("implication:if=seg,if=seg,then=tags", "'if' is there twice")]
    [TestCase("bounds:task=depth,lowest=low", "'low' of lowest is not a number")]
    public void A_wrong_text_is_told_what_is_wrong(string text, string expected) =>
        Assert.That(() => ConstraintOptions.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains(expected));

    [Test]
    public void Wrong_names_are_told()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                () => Make(new ImplicationConstraint { If = "seg", Then = "labels" }),
                Throws.ArgumentException.With.Message.Contains("Constraints[0]: there is no task 'labels'")
            );
            Assert.That(
                () => Make(new ImplicationConstraint { If = "seg", Then = "depth" }),
                Throws.ArgumentException.With.Message.Contains("neither classes nor tags")
            );
            Assert.That(
                () =>
                    Make(
                        new ImplicationConstraint
                        {
                            If = "seg",
                            Then = "tags",
                            Classes = [new("coat", "top")],
                        }
                    ),
                Throws.ArgumentException.With.Message.Contains("no class 'coat' (known: sky, shirt, bag)")
            );
            Assert.That(() => Make(new BoundsConstraint { Task = "depth" }), Throws.ArgumentException.With.Message.Contains("lowest"));
        });

        static void Make(ConstraintOptions constraint) => new Trainer(_options with { Constraints = [constraint] }).Dispose();
    }

    [Test]
    public async Task Normals_that_are_told_of_depth_agree_with_it_more()
    {
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 4,
                Height = 32,
                Width = 64,
            }
        );
        Assert.That(await Disagreement(weight: 3), Is.LessThan(await Disagreement(weight: 0)));

        async Task<double> Disagreement(double weight)
        {
            double side = Math.Sqrt(32.0 * 64);
            using Trainer trainer = new(
                new TrainerOptions
                {
                    Tasks = scenes.Tasks,
                    Method = "supervised",
                    Width = 4,
                    Optimizer = new AdamOptions { LearningRate = 3e-3 },
                    Constraints =
                    [
                        new DepthNormalsConstraint
                        {
                            Depth = scenes.Tasks.First(t => t is DepthTask).Name,
                            Normals = scenes.Tasks.First(t => t is NormalsTask).Name,
                            FocalX = 0.62 * side / 64,
                            FocalY = 0.62 * side / 32,
                            Weight = weight,
                        },
                    ],
                }
            );
            List<double> losses = [];
            await trainer.FitAsync(
                scenes,
                new FitOptions
                {
                    Steps = 40,
                    BatchSize = 4,
                    Workers = 1,
                },
                new Watch(p => losses.Add(p.Terms.Single(t => t.Name == "depth_normals.depth.normals").Value))
            );
            return losses.TakeLast(10).Average();
        }
    }

    [Test]
    public void The_scenes_have_the_axes_that_are_taken_for_granted()
    {
        const int Height = 96,
            Width = 128;
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 3,
                Height = Height,
                Width = Width,
            }
        );
        int depth = scenes.Tasks.ToList().FindIndex(t => t is DepthTask),
            normals = scenes.Tasks.ToList().FindIndex(t => t is NormalsTask);
        double focal = 0.62 * Math.Sqrt((double)Height * Width),
            sum = 0;
        int count = 0;
        for (int i = 0; i < scenes.Count; i++)
        {
            float[] image = new float[3 * Height * Width],
                labels = new float[scenes.Tasks.LabelValues(Height, Width)];
            SampleBuffer sample = new(scenes.Tasks, Height, Width, image, labels);
            scenes.Read(i, scenes.Tasks.All, sample);
            float[] d = sample.Label(depth).ToArray(),
                n = sample.Label(normals).ToArray();
            for (int y = 1; y < Height - 1; y++)
            {
                for (int x = 1; x < Width - 1; x++)
                {
                    float own = d[y * Width + x];
                    if (
                        own <= 0
                        || ((int, int)[])[(y, x - 1), (y, x + 1), (y - 1, x), (y + 1, x)] is var near
                            && near.Any(p => d[p.Item1 * Width + p.Item2] is var z && (z <= 0 || Math.Abs(z - own) > 0.05 * own))
                    )
                        continue;
                    Vector3 m = Vector3.Normalize(Vector3.Cross(Point(y + 1, x) - Point(y - 1, x), Point(y, x + 1) - Point(y, x - 1)));
                    int at = y * Width + x,
                        plane = Height * Width;
                    sum += Vector3.Dot(m, new Vector3(n[at], n[plane + at], n[2 * plane + at]));
                    count++;
                }
            }

            Vector3 Point(int y, int x)
            {
                float z = d[y * Width + x];
                return z * new Vector3((float)((x - (Width - 1) / 2.0) / focal), (float)((y - (Height - 1) / 2.0) / focal), 1);
            }
        }
        // Rounded things are not flat over three pixels.
        Assert.That(sum / count, Is.GreaterThan(0.97));
    }

    private sealed class Watch(Action<TrainingProgress> see) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => see(value);
    }
}
