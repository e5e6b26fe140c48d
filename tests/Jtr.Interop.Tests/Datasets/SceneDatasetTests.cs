using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

public class SceneDatasetTests
{
    private static readonly string[] AllTasks = [.. SceneDataset.TaskNames];

    private static SceneDataset Scenes(
        int height = 24,
        int width = 40,
        int count = 12,
        ulong seed = 3,
        int first = 0,
        string[]? tasks = null
    ) =>
        new(
            new SceneOptions
            {
                Count = count,
                Height = height,
                Width = width,
                Seed = seed,
                FirstIndex = first,
                Tasks = tasks ?? AllTasks,
            }
        );

    [Test]
    public void Two_instances_give_the_same_scenes_in_any_order()
    {
        SceneDataset one = Scenes(),
            other = Scenes();
        SceneSample[] forward = [.. Enumerable.Range(0, 12).Select(i => SceneSample.Read(one, i))];
        for (int i = 11; i >= 0; i--)
        {
            SceneSample again = SceneSample.Read(other, i);
            Assert.That(again.Image, Is.EqualTo(forward[i].Image));
            Assert.That(again.Labels, Is.EqualTo(forward[i].Labels));
        }
    }

    [Test]
    public void Threads_that_share_an_instance_read_the_same_scenes()
    {
        SceneDataset scenes = Scenes();
        SceneSample[] expected = [.. Enumerable.Range(0, 12).Select(i => SceneSample.Read(scenes, i))];
        SceneSample[][] read = new SceneSample[4][];
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(t => new Thread(() =>
                    read[t] = [.. Enumerable.Range(0, 12).Select(i => SceneSample.Read(scenes, (i * 5 + t * 3) % 12))]
                )),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        for (int t = 0; t < 4; t++)
        {
            for (int i = 0; i < 12; i++)
            {
                SceneSample own = expected[(i * 5 + t * 3) % 12];
                Assert.That(read[t][i].Image, Is.EqualTo(own.Image));
                Assert.That(read[t][i].Labels, Is.EqualTo(own.Labels));
            }
        }
    }

    [Test]
    public void Another_seed_and_another_number_give_another_scene()
    {
        SceneSample sample = SceneSample.Read(Scenes(), 0);
        Assert.That(SceneSample.Read(Scenes(), 1).Labels, Is.Not.EqualTo(sample.Labels));
        Assert.That(SceneSample.Read(Scenes(seed: 4), 0).Labels, Is.Not.EqualTo(sample.Labels));
        Assert.That(SceneSample.Read(Scenes(seed: 4), 0).Image, Is.Not.EqualTo(sample.Image));
    }

    [Test]
    public void Less_variety_gives_paler_rooms_seen_from_places_that_differ_less()
    {
        (double saturation, double pitch) full = Spread(1),
            half = Spread(0.5),
            none = Spread(0);
        Assert.That(half.saturation, Is.LessThan(0.85 * full.saturation));
        Assert.That(none.saturation, Is.LessThan(0.75 * half.saturation));
        Assert.That(half.pitch, Is.LessThan(0.9 * full.pitch));
        Assert.That(none.pitch, Is.LessThan(0.9 * half.pitch));

        static (double Saturation, double Pitch) Spread(double variety)
        {
            SceneDataset scenes = new(
                new SceneOptions
                {
                    Count = 60,
                    Height = 24,
                    Width = 40,
                    Seed = 3,
                    Variety = variety,
                }
            );
            double saturation = 0;
            for (int i = 0; i < scenes.Count; i++)
            {
                SceneSample s = SceneSample.Read(scenes, i);
                for (int p = 0; p < s.Plane; p++)
                {
                    float r = s.Image[p],
                        g = s.Image[s.Plane + p],
                        b = s.Image[2 * s.Plane + p];
                    saturation += Math.Max(r, Math.Max(g, b)) - Math.Min(r, Math.Min(g, b));
                }
            }
            float[] pitches = [.. Enumerable.Range(0, scenes.Count).Select(i => scenes.GetInfo(i).CameraPitch)];
            return (saturation, pitches.Max() - pitches.Min());
        }
    }

    [TestCase(0.5)]
    [TestCase(1)]
    public void Another_camera_changes_the_photograph_and_no_label(double shift)
    {
        SceneOptions options = new()
        {
            Count = 3,
            Height = 40,
            Width = 60,
            Seed = 3,
        };
        SceneDataset usual = new(options),
            shifted = new(options with { Shift = shift });
        for (int i = 0; i < 3; i++)
        {
            SceneSample a = SceneSample.Read(usual, i),
                b = SceneSample.Read(shifted, i);
            Assert.That(b.Labels, Is.EqualTo(a.Labels));
            // As it is said of the whole shift: filters, then x^1.5, then 12 % haze, then a Gaussian of 0.015 sqrt(H W) pixels.
            double deviation = shift * 0.015 * Math.Sqrt(40 * 60);
            int reach = (int)Math.Ceiling(3 * deviation);
            double[][] filters =
            [
                [0.9, 0.35, 0.05],
                [0.2, 0.5, 0.15],
                [0.15, 0.15, 0.25],
            ];
            foreach ((int y, int x) in new[] { (20, 30), (7, 51), (33, 9) })
            {
                for (int c = 0; c < 3; c++)
                {
                    double sum = 0,
                        whole = 0;
                    for (int dy = -reach; dy <= reach; dy++)
                    for (int dx = -reach; dx <= reach; dx++)
                    {
                        int at = Math.Clamp(y + dy, 0, 39) * 60 + Math.Clamp(x + dx, 0, 59);
                        double weight = Math.Exp(-(dx * dx + dy * dy) / (2 * deviation * deviation));
                        double seen = Enumerable.Range(0, 3).Sum(o => filters[c][o] * a.Image[o * 2400 + at]);
                        double mixed = (1 - shift) * a.Image[c * 2400 + at] + shift * seen;
                        sum += weight * Math.Min(1, 0.12 * shift + (1 - 0.12 * shift) * Math.Pow(mixed, 1 + 0.5 * shift));
                        whole += weight;
                    }
                    Assert.That(b.Image[c * 2400 + y * 60 + x], Is.EqualTo(sum / whole).Within(1e-5), $"{y}, {x}, {c}");
                }
            }
        }
    }

    [Test]
    public void The_first_index_shifts_the_scenes()
    {
        SceneDataset all = Scenes(),
            rest = Scenes(count: 5, first: 7);
        Assert.That(rest.GetName(2), Is.EqualTo(all.GetName(9)).And.EqualTo("scene-000009"));
        Assert.That(rest.GetInfo(2), Is.EqualTo(all.GetInfo(9)));
        Assert.That(SceneSample.Read(rest, 2).Image, Is.EqualTo(SceneSample.Read(all, 9).Image));
    }

    [Test]
    public void Labels_are_the_same_whichever_others_there_are()
    {
        SceneDataset all = Scenes(),
            two = Scenes(tasks: ["keypoints2d", "depth"]);
        SceneSample full = SceneSample.Read(all, 4),
            part = SceneSample.Read(two, 4);
        Assert.That(part.Image, Is.EqualTo(full.Image));
        foreach (string task in new[] { "keypoints2d", "depth" })
            Assert.That(part.Label(task).ToArray(), Is.EqualTo(full.Label(task).ToArray()));
    }

    [Test]
    public void Only_wanted_labels_are_written()
    {
        SceneDataset scenes = Scenes();
        SceneSample sample = new(scenes),
            full = SceneSample.Read(scenes, 2);
        Array.Fill(sample.Labels, -7);
        int depth = scenes.Tasks.IndexOf("depth");
        TaskMask wanted = TaskMask.None.With(depth);
        Assert.That(scenes.GetLabeled(2), Is.EqualTo(scenes.Tasks.All));
        Assert.That(sample.Read(2, wanted), Is.EqualTo(wanted));
        Assert.That(sample.Label("depth").ToArray(), Is.EqualTo(full.Label("depth").ToArray()));
        Assert.That(sample.Image, Is.EqualTo(full.Image));
        for (int t = 0; t < scenes.Tasks.Count; t++)
            if (t != depth)
                Assert.That(sample.Label(scenes.Tasks[t].Name).ToArray(), Is.All.EqualTo(-7f));
    }

    [Test]
    public void The_layout_does_not_depend_on_the_size()
    {
        SceneDataset small = Scenes(24, 40),
            large = Scenes(72, 120);
        int off = 0,
            pixels = 0;
        for (int index = 0; index < 12; index++)
        {
            Assert.That(large.GetInfo(index), Is.EqualTo(small.GetInfo(index)));
            SceneSample a = SceneSample.Read(small, index),
                b = SceneSample.Read(large, index);
            for (int i = 0; i < a.Plane; i++, pixels++)
            {
                // The middle of three pixels has the centre of the pixel three times its size.
                int j = (i / 40 * 3 + 1) * 120 + i % 40 * 3 + 1;
                bool same = a.Label("segmentation")[i] == b.Label("segmentation")[j];
                for (int c = 0; c < 3; c++)
                    same &= MathF.Abs(a.Label("normals")[c * a.Plane + i] - b.Label("normals")[c * b.Plane + j]) < 1e-3f;
                (float za, float zb) = (a.Label("depth")[i], b.Label("depth")[j]);
                if (za > 0 && zb > 0)
                    same &= MathF.Abs(za - zb) < 1e-4f * za;
                if (!same)
                    off++;
            }
        }
        // Rays that pass within rounding of an edge may fall on either side of it.
        Assert.That(off, Is.LessThan(0.002 * pixels));
    }

    [TestCase(8, 8)]
    [TestCase(9, 67)]
    [TestCase(61, 10)]
    [TestCase(96, 128)]
    public void Scenes_can_be_read_at_any_size(int height, int width)
    {
        SceneDataset scenes = Scenes(height, width, 4);
        for (int i = 0; i < 4; i++)
        {
            SceneSample sample = SceneSample.Read(scenes, i);
            Assert.That(sample.Image, Is.All.InRange(0f, 1f));
            Assert.That(sample.Labels.All(float.IsFinite));
            Assert.That(sample.Image.Distinct().Count(), Is.GreaterThan(50));
        }
    }

    [Test]
    public void Reading_allocates_nothing_after_the_first_scenes()
    {
        SceneDataset scenes = Scenes();
        SceneSample sample = new(scenes);
        for (int i = 0; i < scenes.Count; i++)
            sample.Read(i, scenes.Tasks.All);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < scenes.Count; i++)
            sample.Read(i, scenes.Tasks.All);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_sample_that_is_not_there_is_refused()
    {
        SceneDataset scenes = Scenes();
        SceneSample sample = new(scenes);
        Assert.That(
            () => sample.Read(12, scenes.Tasks.All),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("index")
        );
        Assert.That(() => sample.Read(-1, scenes.Tasks.All), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => scenes.GetName(12), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => scenes.GetLabeled(12), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => scenes.GetInfo(12), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_buffer_of_another_size_or_for_other_tasks_is_refused()
    {
        SceneDataset scenes = Scenes(24, 40),
            turned = Scenes(40, 24),
            fewer = Scenes(24, 40, tasks: ["depth"]);
        Assert.That(
            () => ReadInto(turned),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("destination").And.Message.Contains("24 x 40")
        );
        Assert.That(() => ReadInto(fewer), Throws.ArgumentException.With.Property("ParamName").EqualTo("destination"));

        void ReadInto(SceneDataset shape)
        {
            SceneSample sample = new(shape);
            scenes.Read(0, scenes.Tasks.All, new SampleBuffer(shape.Tasks, shape.Height, shape.Width, sample.Image, sample.Labels));
        }
    }

    [Test]
    public void Every_kind_of_room_occurs_and_the_camera_looks_up_and_down()
    {
        SceneDataset scenes = Scenes(count: 200);
        SceneInfo[] infos = [.. Enumerable.Range(0, 200).Select(scenes.GetInfo)];
        foreach (RoomKind kind in Enum.GetValues<RoomKind>())
            Assert.That(infos.Count(i => i.Room == kind), Is.InRange(25, 75), kind.ToString());
        Assert.That(infos.Select(i => i.CameraPitch), Is.All.InRange(-30f, 15f));
        Assert.That(infos.Max(i => i.CameraPitch) - infos.Min(i => i.CameraPitch), Is.GreaterThan(15f));
    }
}
