using System.Numerics;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Scenes;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

public class SceneLabelTests
{
    private const int Height = 48,
        Width = 72,
        Count = 24;

    // 200 scenes of the size of the demonstration, the one with the widest view; and as many that differ little, as there.
    private static readonly SceneSample[] Many = ReadMany(1),
        Alike = ReadMany(0);

    private static readonly SceneDataset Scenes = new(
        new SceneOptions
        {
            Count = Count,
            Height = Height,
            Width = Width,
            Seed = 11,
            Tasks = SceneDataset.TaskNames,
        }
    );

    private static SceneSample[] ReadMany(double variety)
    {
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 200,
                Height = 32,
                Width = 64,
                Seed = 12,
                Variety = variety,
                Tasks = ["segmentation", "depth"],
            }
        );
        return [.. Enumerable.Range(0, scenes.Count).Select(i => SceneSample.Read(scenes, i))];
    }

    /// <summary>The ray through a pixel's centre, 1 long along the camera's axis, as the documentation of the data set says.</summary>
    private static Vector3 Ray(int i)
    {
        float focal = 0.62f * MathF.Sqrt(Height * Width);
        return new((i % Width + 0.5f - Width / 2f) / focal, (i / Width + 0.5f - Height / 2f) / focal, 1);
    }

    private static Vector3 Normal(SceneSample s, int i)
    {
        ReadOnlySpan<float> n = s.Label("normals");
        return new(n[i], n[s.Plane + i], n[2 * s.Plane + i]);
    }

    [Test]
    public void Room_and_pitch_are_those_of_the_scene()
    {
        for (int index = 0; index < Count; index++)
        {
            SceneSample sample = SceneSample.Read(Scenes, index);
            SceneInfo info = Scenes.GetInfo(index);
            Assert.That(sample.Label("room").ToArray(), Is.EqualTo(new[] { (float)info.Room }));
            Assert.That(sample.Label("pitch").ToArray(), Is.EqualTo(new[] { info.CameraPitch }));
        }
        Assert.That(SceneDataset.RoomNames, Has.Count.EqualTo(Enum.GetValues<RoomKind>().Length).And.Unique);
        Assert.That(((ClassificationTask)Scenes.Tasks[Scenes.Tasks.IndexOf("room")]).ClassNames, Is.EqualTo(SceneDataset.RoomNames));
    }

    [Test]
    public void The_pitch_has_the_mean_and_deviation_that_its_task_says()
    {
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 2000,
                Height = 8,
                Width = 8,
                Tasks = ["pitch"],
            }
        );
        double[] pitches = [.. Enumerable.Range(0, scenes.Count).Select(i => (double)scenes.GetInfo(i).CameraPitch)];
        double mean = pitches.Average(),
            deviation = Math.Sqrt(pitches.Average(p => (p - mean) * (p - mean)));
        RegressionTask task = (RegressionTask)scenes.Tasks[0];
        Assert.That(task.Means[0], Is.EqualTo(mean).Within(0.5));
        Assert.That(task.Deviations[0], Is.EqualTo(deviation).Within(0.5));
    }

    [Test]
    public void Normals_are_unit_vectors_towards_the_camera()
    {
        for (int index = 0; index < Count; index++)
        {
            SceneSample s = SceneSample.Read(Scenes, index);
            float longest = 0,
                shortest = 2,
                away = -1;
            for (int i = 0; i < s.Plane; i++)
            {
                longest = MathF.Max(longest, Normal(s, i).Length());
                shortest = MathF.Min(shortest, Normal(s, i).Length());
                away = MathF.Max(away, Vector3.Dot(Normal(s, i), Vector3.Normalize(Ray(i))));
            }
            // A few roundings of float32.
            Assert.That(longest, Is.EqualTo(1).Within(1e-5), $"scene {index}");
            Assert.That(shortest, Is.EqualTo(1).Within(1e-5), $"scene {index}");
            Assert.That(away, Is.LessThanOrEqualTo(1e-5), $"scene {index}");
        }
    }

    [Test]
    public void Floors_and_ceilings_have_the_normals_that_the_camera_pitch_gives_them()
    {
        int found = 0;
        for (int index = 0; index < Count; index++)
        {
            SceneSample s = SceneSample.Read(Scenes, index);
            float pitch = Scenes.GetInfo(index).CameraPitch * MathF.PI / 180;
            // Up, for a camera whose y axis points down and that looks above the horizon by the pitch.
            Vector3 up = new(0, -MathF.Cos(pitch), MathF.Sin(pitch));
            for (int i = 0; i < s.Plane; i++)
            {
                float side = SceneDataset.ClassNames[(int)s.Label("segmentation")[i]] switch
                {
                    "floor" => 1,
                    "ceiling" => -1,
                    _ => 0,
                };
                if (side == 0 || s.Label("occlusion_edges")[i] > 0)
                    continue;
                Assert.That(Vector3.Distance(Normal(s, i), side * up), Is.LessThan(1e-4));
                found++;
            }
        }
        Assert.That(found, Is.GreaterThan(Count * Height * Width / 20));
    }

    [Test]
    public void Depth_and_normals_of_flat_surfaces_agree()
    {
        SceneWorkspace work = new(new SceneOptions { Height = Height, Width = Width });
        float[] image = new float[3 * Height * Width];
        int compared = 0;
        for (int index = 0; index < Count; index++)
        {
            work.Layout.Draw(11, (ulong)index);
            work.Frame.Render(new(11, RandomUse.Scene, (ulong)index, 2), image);
            SceneSample s = SceneSample.Read(Scenes, index);
            ReadOnlySpan<float> depth = s.Label("depth");
            int[] face = work.Frame.Face;
            for (int y = 0; y + 1 < Height; y++)
            {
                for (int x = 0; x + 1 < Width; x++)
                {
                    int i = y * Width + x,
                        right = i + 1,
                        down = i + Width;
                    bool flat = (face[i] & 7) < 6;
                    if (!flat || face[right] != face[i] || face[down] != face[i] || depth[i] * depth[right] * depth[down] == 0)
                        continue;
                    Vector3 p = depth[i] * Ray(i);
                    Vector3 across = Vector3.Cross(depth[down] * Ray(down) - p, depth[right] * Ray(right) - p);
                    Assert.That(Normal(s, right), Is.EqualTo(Normal(s, i)));
                    // Depth of some metres in float32 over steps of centimetres: directions good to some 1e-5.
                    Assert.That(Vector3.Distance(Vector3.Normalize(across), Normal(s, i)), Is.LessThan(1e-3));
                    compared++;
                }
            }
        }
        Assert.That(compared, Is.GreaterThan(Count * Height * Width / 2));
    }

    [Test]
    public void Depth_is_metres_within_the_room_and_a_few_percent_of_it_are_missing()
    {
        for (int index = 0; index < Many.Length; index++)
        {
            float[] depth = Many[index].Label("depth").ToArray();
            Assert.That(depth.Where(z => z != 0).Min(), Is.GreaterThan(0.1f), $"scene {index}");
            Assert.That(depth.Max(), Is.LessThan(7f), $"scene {index}");
            Assert.That(depth.Count(z => z == 0), Is.LessThan(0.4 * depth.Length), $"scene {index}");
        }
        Assert.That(Many.Average(s => s.Label("depth").ToArray().Average(z => z == 0 ? 1.0 : 0)), Is.InRange(0.01, 0.08));
    }

    [Test]
    public void Missing_depth_gathers_at_depth_edges()
    {
        double atEdges = 0,
            edges = 0,
            elsewhere = 0,
            others = 0;
        for (int index = 0; index < Count; index++)
        {
            SceneSample s = SceneSample.Read(Scenes, index);
            for (int i = 0; i < s.Plane; i++)
            {
                bool edge = s.Label("occlusion_edges")[i] > 0.5f,
                    lost = s.Label("depth")[i] == 0;
                if (edge)
                    (edges, atEdges) = (edges + 1, atEdges + (lost ? 1 : 0));
                else
                    (others, elsewhere) = (others + 1, elsewhere + (lost ? 1 : 0));
            }
        }
        Assert.That(atEdges / edges, Is.GreaterThan(2 * elsewhere / others));
    }

    [TestCase(1, 0.015)]
    [TestCase(0, 0.008)]
    public void Every_class_occurs_and_none_covers_more_than_two_fifths(int variety, double least)
    {
        double[] share = new double[13];
        SceneSample[] samples = variety == 1 ? Many : Alike;
        foreach (SceneSample s in samples)
        {
            foreach (float id in s.Label("segmentation"))
            {
                if (id is not (>= 0 and <= 12) || id != MathF.Round(id))
                    Assert.Fail($"{id} is no class");
                share[(int)id] += 1.0 / (samples.Length * s.Plane);
            }
        }
        for (int c = 0; c < 13; c++)
            Assert.That(share[c], Is.InRange(least, 0.405), SceneDataset.ClassNames[c]);
    }

    [TestCase("texture_edges")]
    [TestCase("occlusion_edges")]
    [TestCase("keypoints2d")]
    [TestCase("keypoints3d")]
    public void Maps_stay_within_0_and_1_and_vary(string task)
    {
        double sum = 0,
            square = 0;
        for (int index = 0; index < Count; index++)
        {
            float[] map = SceneSample.Read(Scenes, index).Label(task).ToArray();
            Assert.That(map, Is.All.InRange(0f, 1f));
            Assert.That(map.Max() - map.Min(), Is.GreaterThan(0.3f), $"scene {index}");
            sum += map.Average(v => (double)v) / Count;
            square += map.Average(v => (double)v * v) / Count;
        }
        Assert.That(sum, Is.InRange(0.05, 0.4));
        Assert.That(Math.Sqrt(square - sum * sum), Is.GreaterThan(0.1));
    }

    [Test]
    public void Occlusion_edges_lie_where_neighbours_are_far_apart_and_nowhere_on_one_plane()
    {
        for (int index = 0; index < Count; index++)
        {
            SceneSample s = SceneSample.Read(Scenes, index);
            ReadOnlySpan<float> edges = s.Label("occlusion_edges"),
                depth = s.Label("depth");
            for (int y = 1; y + 2 < Height; y++)
            {
                for (int x = 1; x + 2 < Width; x++)
                {
                    int i = y * Width + x;
                    // A step of a metre between pixels that a slanted plane cannot explain: both normals look at the camera.
                    bool frontal = Normal(s, i).Z < -0.7f && Normal(s, i + 1).Z < -0.7f;
                    if (frontal && depth[i] * depth[i + 1] > 0 && MathF.Abs(depth[i] - depth[i + 1]) > 1)
                        Assert.That(edges[i], Is.GreaterThan(0.3f), $"scene {index}, pixel {i}");
                    if (IsOnePlane(s, i))
                        Assert.That(edges[i], Is.Zero, $"scene {index}, pixel {i}");
                }
            }
        }
    }

    /// <summary>Whether the 5 x 5 pixels around one have one normal and lie on one plane.</summary>
    private static bool IsOnePlane(SceneSample s, int center)
    {
        (int cy, int cx) = (center / Width, center % Width);
        ReadOnlySpan<float> depth = s.Label("depth");
        Vector3 normal = Normal(s, center),
            p = depth[center] * Ray(center);
        if (depth[center] == 0 || cy < 2 || cx < 2 || cy + 2 >= Height || cx + 2 >= Width)
            return false;
        for (int y = cy - 2; y <= cy + 2; y++)
        {
            for (int x = cx - 2; x <= cx + 2; x++)
            {
                int i = y * Width + x;
                if (depth[i] == 0 || Normal(s, i) != normal || MathF.Abs(Vector3.Dot(depth[i] * Ray(i) - p, normal)) > 1e-4f)
                    return false;
            }
        }
        return true;
    }

    [Test]
    public void Image_maps_follow_the_image_and_geometry_maps_do_not()
    {
        // The correlation with the image's own gradient tells the two kinds apart.
        double texture = 0,
            occlusion = 0;
        for (int index = 0; index < Count; index++)
        {
            SceneSample s = SceneSample.Read(Scenes, index);
            float[] gradient = new float[s.Plane];
            for (int i = Width + 1; i < s.Plane - Width - 1; i++)
            {
                float gx = 0,
                    gy = 0;
                for (int c = 0; c < 3; c++)
                {
                    gx += s.Image[c * s.Plane + i + 1] - s.Image[c * s.Plane + i - 1];
                    gy += s.Image[c * s.Plane + i + Width] - s.Image[c * s.Plane + i - Width];
                }
                gradient[i] = MathF.Sqrt(gx * gx + gy * gy);
            }
            texture += Correlation(gradient, s.Label("texture_edges").ToArray()) / Count;
            occlusion += Correlation(gradient, s.Label("occlusion_edges").ToArray()) / Count;
        }
        Assert.That(texture, Is.GreaterThan(0.6));
        Assert.That(occlusion, Is.LessThan(texture - 0.15));
    }

    private static double Correlation(float[] a, float[] b)
    {
        double ma = a.Average(),
            mb = b.Average(),
            ab = 0,
            aa = 0,
            bb = 0;
        for (int i = 0; i < a.Length; i++)
        {
            ab += (a[i] - ma) * (b[i] - mb);
            aa += (a[i] - ma) * (a[i] - ma);
            bb += (b[i] - mb) * (b[i] - mb);
        }
        return ab / Math.Sqrt(aa * bb);
    }
}
