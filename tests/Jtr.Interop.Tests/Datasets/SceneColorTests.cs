using System.Numerics;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Scenes;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>Colour must not tell the class: classifiers that see one pixel's colour learn nothing that holds in other rooms.</summary>
public class SceneColorTests
{
    private const int Classes = 13,
        Train = 100,
        Test = 100,
        Bins = 6;

    private static readonly SceneDataset Scenes = new(
        new SceneOptions
        {
            Count = Train + Test,
            Height = 24,
            Width = 36,
            Seed = 21,
            Tasks = ["segmentation"],
        }
    );

    [Test]
    public void The_nearest_mean_colour_does_not_tell_the_class()
    {
        (double accuracy, double recall, double majority) = NearestMean(tinted: false);
        Assert.That(accuracy, Is.LessThan(majority + 0.03));
        // By chance 1/13 = 7.7 %; light falls from above, so a dark colour hints at a ceiling and a bright one at a floor.
        Assert.That(recall, Is.LessThan(0.2));
    }

    [Test]
    public void The_most_frequent_class_of_a_colour_does_not_tell_the_class()
    {
        (double accuracy, double recall, double majority) = MostFrequent(tinted: false);
        Assert.That(accuracy, Is.LessThan(majority + 0.05));
        Assert.That(recall, Is.LessThan(0.2));
    }

    [Test]
    public void Both_would_notice_classes_with_colours_of_their_own()
    {
        (double mean, double meanRecall, double majority) = NearestMean(tinted: true);
        (double frequent, double frequentRecall, _) = MostFrequent(tinted: true);
        Assert.That(mean, Is.GreaterThan(majority + 0.05));
        Assert.That(frequent, Is.GreaterThan(majority + 0.1));
        Assert.That(meanRecall, Is.GreaterThan(0.4));
        Assert.That(frequentRecall, Is.GreaterThan(0.4));
    }

    [TestCase(1.0, 0.6)]
    [TestCase(0.0, 0.9)]
    public void All_classes_draw_hues_and_textures_from_one_distribution(double variety, double plain)
    {
        const int Kinds = 6;
        SceneModel model = new();
        SceneLayout layout = new(model, new SceneVariety(variety));
        Vector2[] hues = new Vector2[Classes];
        int[,] kinds = new int[Classes, Kinds];
        int[] counts = new int[Classes];
        HashSet<int> seen = [];
        for (ulong scene = 0; scene < 1600; scene++)
        {
            layout.Draw(9, scene);
            seen.Clear();
            Count(SceneClass.Wall, model.RoomMaterials[0]);
            Count(SceneClass.Floor, model.RoomMaterials[2]);
            Count(SceneClass.Ceiling, model.RoomMaterials[3]);
            foreach (ref readonly Primitive p in model.Primitives)
                Count(p.Class, p.Material);
        }
        for (int c = 0; c < Classes; c++)
        {
            string name = SceneDataset.ClassNames[c];
            Assert.That(counts[c], Is.GreaterThan(300), name);
            // Four and a half standard deviations of a mean of unit vectors, and of a share.
            Assert.That(hues[c].Length() / counts[c], Is.LessThan(4.5 / Math.Sqrt(counts[c])), name);
            for (int k = 0; k < Kinds; k++)
            {
                double share = k == 0 ? plain : (1 - plain) / (Kinds - 1);
                Assert.That(
                    kinds[c, k] / (double)counts[c],
                    Is.EqualTo(share).Within(4.5 * Math.Sqrt(share * (1 - share) / counts[c])),
                    $"{name}, texture {k}"
                );
            }
        }

        void Count(SceneClass kind, int material)
        {
            if (!seen.Add(material))
                return;
            SceneMaterial m = model.Materials[material];
            counts[(int)kind]++;
            hues[(int)kind] += new Vector2(MathF.Cos(2 * MathF.PI * m.Hue), MathF.Sin(2 * MathF.PI * m.Hue));
            kinds[(int)kind, (int)m.Kind]++;
        }
    }

    private static (double Accuracy, double Recall, double Majority) NearestMean(bool tinted)
    {
        double[,] sums = new double[Classes, 3];
        double[] counts = new double[Classes];
        Visit(
            0,
            Train,
            tinted,
            (kind, r, g, b) =>
            {
                counts[kind]++;
                sums[kind, 0] += r;
                sums[kind, 1] += g;
                sums[kind, 2] += b;
            }
        );
        return Score(
            tinted,
            (r, g, b) =>
            {
                int best = 0;
                double least = double.MaxValue;
                for (int c = 0; c < Classes; c++)
                {
                    double dr = r - sums[c, 0] / counts[c],
                        dg = g - sums[c, 1] / counts[c],
                        db = b - sums[c, 2] / counts[c];
                    double distance = dr * dr + dg * dg + db * db;
                    if (distance < least)
                        (least, best) = (distance, c);
                }
                return best;
            }
        );
    }

    private static (double Accuracy, double Recall, double Majority) MostFrequent(bool tinted)
    {
        int[,] counts = new int[Bins * Bins * Bins, Classes];
        Visit(0, Train, tinted, (kind, r, g, b) => counts[Bin(r, g, b), kind]++);
        return Score(
            tinted,
            (r, g, b) =>
            {
                int best = 0,
                    bin = Bin(r, g, b);
                for (int c = 1; c < Classes; c++)
                    if (counts[bin, c] > counts[bin, best])
                        best = c;
                return best;
            }
        );
    }

    private static int Bin(float r, float g, float b) => (Part(r) * Bins + Part(g)) * Bins + Part(b);

    private static int Part(float v) => Math.Clamp((int)(v * Bins), 0, Bins - 1);

    private static (double Accuracy, double Recall, double Majority) Score(bool tinted, Func<float, float, float, int> classify)
    {
        double[] right = new double[Classes],
            all = new double[Classes];
        Visit(
            Train,
            Train + Test,
            tinted,
            (kind, r, g, b) =>
            {
                all[kind]++;
                if (classify(r, g, b) == kind)
                    right[kind]++;
            }
        );
        TestContext.Out.WriteLine(
            $"tinted {tinted}: accuracy {right.Sum() / all.Sum():F3}, mean recall "
                + $"{right.Zip(all, (a, b) => a / b).Average():F3}, majority {all.Max() / all.Sum():F3}"
        );
        return (right.Sum() / all.Sum(), right.Zip(all, (a, b) => a / b).Average(), all.Max() / all.Sum());
    }

    private static void Visit(int from, int to, bool tinted, Action<int, float, float, float> visit)
    {
        SceneSample s = new(Scenes);
        for (int index = from; index < to; index++)
        {
            s.Read(index, Scenes.Tasks.All);
            ReadOnlySpan<float> classes = s.Label("segmentation");
            for (int i = 0; i < s.Plane; i++)
            {
                int kind = (int)classes[i];
                // A tint whose hue goes with the class.
                float tint = tinted ? 0.3f : 0;
                (float sin, float cos) = MathF.SinCos(2 * MathF.PI * kind / Classes);
                visit(kind, s.Image[i] + tint * cos, s.Image[s.Plane + i] + tint * sin, s.Image[2 * s.Plane + i] - tint * cos);
            }
        }
    }
}
