using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Datasets.Folders;

public sealed class PseudoLabelDatasetTests : IDisposable
{
    private const int Height = 32,
        Width = 64,
        Plane = Height * Width;

    private static readonly TaskSet _tasks = new(new SegmentationTask("seg", 3), new DepthTask());
    private readonly TemporaryFolder _people = new(),
        _network = new();

    /// <summary>Photographs a, b and c. People labelled a for both tasks and b for depth; the network everything, by its own
    /// values.</summary>
    public PseudoLabelDatasetTests()
    {
        foreach (string name in (string[])["a", "b", "c"])
            RgbImage.Create(Height, Width).SavePng(Path.Combine(_people.Root, "image", name + ".png"));
        LabelFolder people = LabelFolder.Open(_people.Root, _tasks),
            network = LabelFolder.Open(_network.Root, _tasks);
        Save(people, 0, "a", 1, null);
        Save(people, 1, "a", 4, null);
        Save(people, 1, "b", 5, null);
        foreach (string name in (string[])["a", "b", "c"])
        {
            Save(network, 0, name, 2, _network.Root);
            Save(network, 1, name, 9, _network.Root);
        }
    }

    public void Dispose()
    {
        _people.Dispose();
        _network.Dispose();
    }

    private FolderDataset Data =>
        new(
            _people.Root,
            new FolderOptions
            {
                Height = Height,
                Width = Width,
                Tasks = [.. _tasks],
            }
        );

    [Test]
    public void Labels_of_people_stay_and_missing_ones_are_filled_in_with_their_weight()
    {
        FolderDataset people = Data;
        PseudoLabelDataset data = new(people, _network.Root, options: new PseudoLabelOptions { Weight = 0.25 });
        Assert.Multiple(() =>
        {
            Assert.That(Enumerable.Range(0, 3).Select(data.GetLabeled), Is.All.EqualTo(_tasks.All));
            Assert.That((data.MadeCount(0), data.MadeCount(1)), Is.EqualTo((2, 1)));
            Assert.That(Values(data), Is.EqualTo(new float[][] { [1, 4], [2, 5], [2, 9] }));
            Assert.That(
                Enumerable.Range(0, 3).Select(i => (data.GetLabelWeight(i, 0), data.GetLabelWeight(i, 1))),
                Is.EqualTo(new[] { (1.0, 1.0), (0.25, 1.0), (0.25, 0.25) })
            );
            Assert.That(Enumerable.Range(0, 3).Select(i => people.GetLabeled(i).Count), Is.EqualTo(new[] { 2, 1, 0 }), "to score on");
        });
    }

    [Test]
    public void A_label_that_training_may_not_see_is_filled_in_too()
    {
        LabelAssignment visible = new(_tasks, TaskMask.None.With(1), TaskMask.None, TaskMask.None);
        PseudoLabelDataset data = new(Data, _network.Root, visible);
        Assert.That(Values(data), Is.EqualTo(new float[][] { [2, 4], [2, 9], [2, 9] }));
        Assert.That(Enumerable.Range(0, 3).Select(i => data.Labels[i]), Is.All.EqualTo(_tasks.All));
    }

    [Test]
    public void Pixels_whose_class_is_doubtful_have_no_label()
    {
        PseudoLabelDataset data = new(Data, _network.Root, options: new PseudoLabelOptions { Threshold = 0.75 });
        (_, float[][] labels, TaskMask written) = SampleArrays.Read(data, 2);
        Assert.That(written, Is.EqualTo(_tasks.All));
        // The confidence rises from 0 to 1 from left to right; a sixteen-bit step is 1/65535.
        float[] row = labels[0][..Width];
        Assert.That(row[..^(Width / 4)], Is.All.EqualTo(-1f));
        Assert.That(row[^(Width / 4)..], Is.All.EqualTo(2f));
        Assert.That(labels[1], Is.All.EqualTo(9f).Within(1e-6f), "what has no classes has no probabilities");
        (_, labels, _) = SampleArrays.Read(data, 0);
        Assert.That(labels[0], Is.All.EqualTo(1f), "people are sure");
    }

    [Test]
    public async Task A_trainer_counts_them_less()
    {
        FolderDataset people = Data;
        TrainerOptions options = new()
        {
            Tasks = _tasks,
            Method = "supervised",
            Width = 2,
            Precision = Precision.Float64,
            Device = DeviceKind.Cpu,
        };
        List<double> losses = [];
        foreach (double weight in (double[])[1, 0.5])
        {
            PseudoLabelDataset data = new(
                people,
                _network.Root,
                new LabelAssignment(_tasks, TaskMask.None, TaskMask.None, TaskMask.None),
                new PseudoLabelOptions { Weight = weight }
            );
            using Trainer trainer = new(options);
            FitResult result = await trainer.FitAsync(
                data,
                new FitOptions
                {
                    Steps = 1,
                    BatchSize = 3,
                    Augment = false,
                    Labels = data.Labels,
                }
            );
            losses.Add(result.Last!.Value.Loss);
        }
        Assert.That(losses[1], Is.EqualTo(losses[0] / 2).Within(1e-9).Percent);
    }

    [Test]
    public void What_violates_a_constraint_is_counted_and_left_out()
    {
        // The network says 9 m and class 2 everywhere; people say 5 m of b, where class 2 is then too near.
        ConstraintOptions[] constraints =
        [
            ConstraintOptions.Parse("bounds:task=depth,highest=8"),
            ConstraintOptions.Parse("bounds:task=depth,lowest=6,where=seg,classes=2"),
        ];
        PseudoLabelDataset plain = new(Data, _network.Root);
        Assert.That(
            plain.Check(constraints).Select(v => (v.Name, v.Violated, v.Places)),
            // a has no label of the network.
            Is.EqualTo(new[] { ("bounds.depth", (long)Plane, 2L * Plane), ("bounds.depth.2", (long)Plane, 2L * Plane) })
        );
        Assert.That(Values(plain), Is.EqualTo(new float[][] { [1, 4], [2, 5], [2, 9] }));
        PseudoLabelDataset dropped = new(Data, _network.Root, options: new PseudoLabelOptions { Constraints = constraints });
        Assert.That(Values(dropped), Is.EqualTo(new float[][] { [1, 4], [-1, 5], [2, 0] }), "labels of people stay");
        Assert.That(
            () =>
                new PseudoLabelDataset(
                    Data,
                    _network.Root,
                    options: new PseudoLabelOptions { Constraints = [constraints[0], new BoundsConstraint { Task = "x" }] }
                ),
            Throws.ArgumentException.With.Message.Contains("'x'")
        );
    }

    [Test]
    public void What_does_not_fit_is_told()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                () => new PseudoLabelDataset(Data, Path.Combine(_network.Root, "none")),
                Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains("none")
            );
            Assert.That(
                () => new PseudoLabelDataset(Data, _network.Root, options: new PseudoLabelOptions { Weight = 0 }),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("Weight")
            );
            Assert.That(
                () => new PseudoLabelDataset(Data, _network.Root, options: new PseudoLabelOptions { Threshold = 1.5 }),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("Threshold")
            );
        });
        Directory.Delete(Path.Combine(_network.Root, PseudoLabelDataset.ConfidenceFolder), recursive: true);
        Assert.That(() => new PseudoLabelDataset(Data, _network.Root), Throws.Nothing);
        Assert.That(
            () => new PseudoLabelDataset(Data, _network.Root, options: new PseudoLabelOptions { Threshold = 0.5 }),
            Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains("seg")
        );
    }

    /// <summary>The first value of each label.</summary>
    private static float[][] Values(PseudoLabelDataset data) =>
        [.. Enumerable.Range(0, data.Count).Select(i => SampleArrays.Read(data, i).Item2.Select(l => MathF.Round(l[0], 3)).ToArray())];

    private static void Save(LabelFolder folder, int task, string name, float value, string? confidences)
    {
        using TaskPrediction prediction = new(_tasks[task], Height, Width, withConfidence: true);
        prediction.WritableValues.Fill(value);
        for (int i = 0; i < Plane; i++)
            prediction.WritableConfidence[i] = (float)(i % Width) / (Width - 1);
        folder.SavePng(prediction, name);
        if (confidences is not null)
            prediction.SaveConfidencePng(Path.Combine(confidences, PseudoLabelDataset.ConfidenceFolder, _tasks[task].Name, name + ".png"));
    }
}
