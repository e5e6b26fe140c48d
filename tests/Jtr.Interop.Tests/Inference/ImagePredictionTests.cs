using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Inference;

public sealed class ImagePredictionTests : IDisposable
{
    // The same arithmetic on batches of other sizes: libtorch may add in another order.
    private const float Tolerance = 1e-4f;

    private static readonly TaskSet _tasks = new(new SegmentationTask("seg", 4), new DepthTask(), new NormalsTask(), new MapTask("edge"));

    private readonly TemporaryFolder _folder = new();
    private readonly Trainer _trainer = SmallModel.Create(o => o with { Method = "supervised", Tasks = _tasks });
    private readonly Predictor _predictor;

    public ImagePredictionTests()
    {
        using (Batch batch = SmallModel.CreateBatch(tasks: _tasks, height: 32, width: 64, views: 1))
            _trainer.Step(batch);
        _predictor = new Predictor(_trainer);
    }

    public void Dispose()
    {
        _predictor.Dispose();
        _trainer.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void An_image_of_the_trained_size_has_the_values_of_the_network()
    {
        ImageSample image = Image(32, 64);
        float[] raw = Raw(image.Values.Span, 32, 64);
        using ImagePrediction prediction = _predictor.Predict(image);
        Assert.That((prediction.Height, prediction.Width), Is.EqualTo((32, 64)));
        Assert.That(_predictor.TrainingSize, Is.EqualTo((32, 64)), "what the last step had");
        Assert.That(prediction["depth"].Values.ToArray(), Is.EqualTo(Task(raw, 1, 2048)));
        int[] classes = new int[2048];
        new Prediction(_tasks, raw, 0, 32, 64).CopyClasses("seg", classes);
        Assert.That(prediction["seg"].Values.ToArray(), Is.EqualTo(classes.Select(c => (float)c)));
        Assert.That(prediction["seg"].Confidence.Length, Is.Zero);
        Assert.That(prediction["seg"].MeanConfidence, Is.Null);
    }

    [Test]
    public void A_checkpoint_knows_the_size_that_it_was_trained_at_and_a_photograph_is_sized_by_itself()
    {
        string checkpoint = _folder.File("network.safetensors"),
            file = _folder.File("photo.png");
        _trainer.Save(checkpoint);
        Assert.That(Jtr.Interop.Checkpoints.CheckpointInfo.Read(checkpoint).TrainingSize, Is.EqualTo((32, 64)));
        using (Trainer loaded = Trainer.Load(checkpoint))
            Assert.That(loaded.TrainingSize, Is.EqualTo((32, 64)));
        RgbImage picture = RgbImage.Create(70, 90);
        picture.Fill(10, 20, 50, 40, new Rgb(200, 120, 40));
        picture.SavePng(file);

        using Predictor predictor = Predictor.Load(checkpoint);
        float[] input = new float[3 * 2048];
        PhotographReader.Read(file, 32, 64, input);
        float[] depth = Task(Raw(input, 32, 64), 1, 2048),
            expected = new float[70 * 90];
        using (PlaneRows rows = new(1, 32, 64, 70, 90))
        {
            for (int y = 0; y < 70; y++)
                rows.Get(depth, y, expected.AsSpan(y * 90, 90));
        }
        using ImagePrediction fromFile = predictor.Predict(file);
        Assert.That((fromFile.Name, fromFile.Height, fromFile.Width), Is.EqualTo((file, 70, 90)));
        Assert.That(fromFile["depth"].Values.ToArray(), Is.EqualTo(expected).Within(Tolerance));
        using FileStream stream = File.OpenRead(file);
        using ImagePrediction fromStream = predictor.Predict(stream);
        foreach (VisionTask task in _tasks)
            Assert.That(fromStream[task.Name].Values.ToArray(), Is.EqualTo(fromFile[task.Name].Values.ToArray()), task.Name);
        using ImagePrediction small = predictor.Predict(file, new InferenceOptions { At = PredictionSize.Network });
        Assert.That((small.Height, small.Width), Is.EqualTo((32, 64)));
        Assert.That(small["depth"].Values.ToArray(), Is.EqualTo(depth).Within(Tolerance));
    }

    [Test]
    public void A_flip_takes_the_mean_of_the_image_and_the_mirrored_one()
    {
        ImageSample image = Image(32, 64);
        float[] raw = Raw(image.Values.Span, 32, 64),
            mirrored = Mirror(Raw(Mirror(image.Values.ToArray()), 32, 64));
        using ImagePrediction prediction = _predictor.Predict(image, new InferenceOptions { Flip = true, Confidence = true });

        float[] a = Task(raw, 1, 2048),
            b = Task(mirrored, 1, 2048);
        Assert.That(prediction["depth"].Values.ToArray(), Is.EqualTo(a.Zip(b, (x, y) => (x + y) / 2)).Within(Tolerance));
        Assert.That(
            prediction["depth"].Confidence.ToArray(),
            Is.EqualTo(a.Zip(b, (x, y) => Math.Abs(x - y) / 2)).Within(Tolerance),
            "of two values the standard deviation is half their distance"
        );
        Assert.That(prediction["depth"].Confidence.ToArray().Max(), Is.GreaterThan(10 * Tolerance), "the two differ");

        // Probabilities by hand, pixel by pixel.
        float[] p = Probabilities(Task(raw, 0, 2048)),
            q = Probabilities(Task(mirrored, 0, 2048));
        for (int i = 0; i < 2048; i++)
        {
            float[] mean = [.. Enumerable.Range(0, 4).Select(c => (p[c * 2048 + i] + q[c * 2048 + i]) / 2)];
            Assert.That(prediction["seg"].Confidence[i], Is.EqualTo(mean.Max()).Within(Tolerance));
            float[] sorted = [.. mean.Order()];
            if (sorted[3] - sorted[2] > Tolerance)
                Assert.That(prediction["seg"].Values[i], Is.EqualTo(Array.IndexOf(mean, mean.Max())));
        }

        // In the mirror x points the other way.
        float[] n = Task(raw, 2, 2048),
            m = Task(mirrored, 2, 2048);
        for (int i = 0; i < 2048; i++)
        {
            float x = n[i] - m[i],
                y = n[2048 + i] + m[2048 + i],
                z = n[4096 + i] + m[4096 + i],
                length = MathF.Sqrt(x * x + y * y + z * z);
            if (length < 0.1f)
                continue;
            Assert.That(prediction["normals"].Values[i], Is.EqualTo(x / length).Within(1e-3));
            Assert.That(prediction["normals"].Values[4096 + i], Is.EqualTo(z / length).Within(1e-3));
            Assert.That(
                prediction["normals"].Confidence[i],
                Is.EqualTo(Math.Acos(Math.Min(1, length / 2)) * 180 / Math.PI).Within(0.1),
                "half the angle between the two; acos loses digits near 0"
            );
        }
    }

    [Test]
    public void Confidence_alone_leaves_the_values_as_they_are()
    {
        ImageSample image = Image(32, 64);
        using ImagePrediction plain = _predictor.Predict(image),
            sure = _predictor.Predict(image, new InferenceOptions { Confidence = true });
        Assert.That(sure["depth"].Values.ToArray(), Is.EqualTo(plain["depth"].Values.ToArray()).Within(Tolerance));
        Assert.That(sure["edge"].Values.ToArray(), Is.EqualTo(plain["edge"].Values.ToArray()).Within(Tolerance));
        Assert.That(sure["seg"].MeanConfidence, Is.InRange(0.25, 1.0), "the largest of four probabilities");
        Assert.That(sure["depth"].MeanConfidence, Is.GreaterThan(0));
        Assert.That((sure["depth"].ConfidenceUnit, sure["normals"].ConfidenceUnit), Is.EqualTo(("m", "deg")));
    }

    [Test]
    public void Scales_take_the_mean_of_predictions_at_several_sizes()
    {
        ImageSample image = Image(64, 128);
        using SampleImage source = new(image);
        float[] once = Input(source, 32, 64),
            twice = Input(source, 64, 128);
        float[] a = Task(Raw(once, 32, 64), 1, 2048),
            large = Task(Raw(twice, 64, 128), 1, 8192);
        // 2 x 2 pixels lie round each one of half the size, all equally far from its centre.
        float[] expected = new float[2048];
        for (int i = 0; i < 2048; i++)
        {
            int at = 2 * (i / 64) * 128 + 2 * (i % 64);
            expected[i] = (a[i] + (large[at] + large[at + 1] + large[at + 128] + large[at + 129]) / 4) / 2;
        }
        InferenceOptions options = new()
        {
            Size = (32, 64),
            At = PredictionSize.Network,
            Scales = [1, 2],
        };
        using ImagePrediction prediction = _predictor.Predict(image, options);
        Assert.That(prediction["depth"].Values.ToArray(), Is.EqualTo(expected).Within(Tolerance));
    }

    [Test]
    public void An_image_that_fits_into_a_tile_is_predicted_as_untiled()
    {
        ImageSample image = Image(32, 64);
        InferenceOptions options = new() { Size = (64, 96), Tile = true };
        using ImagePrediction tiled = _predictor.Predict(image, options),
            whole = _predictor.Predict(image, new InferenceOptions { Size = (32, 64) });
        foreach (VisionTask task in _tasks)
            Assert.That(tiled[task.Name].Values.ToArray(), Is.EqualTo(whole[task.Name].Values.ToArray()), task.Name);
    }

    [Test]
    public void Tiles_count_alone_where_they_are_alone_and_are_blended_where_they_overlap()
    {
        ImageSample image = Image(32, 96);
        using SampleImage source = new(image);
        float[] left = Task(Raw(Input(source, new ImageRegion(0, 0, 32, 64)), 32, 64), 1, 2048),
            right = Task(Raw(Input(source, new ImageRegion(0, 32, 32, 64)), 32, 64), 1, 2048);
        InferenceOptions options = new()
        {
            Size = (32, 64),
            Tile = true,
            Overlap = 32,
        };
        using ImagePrediction tiled = _predictor.Predict(image, options);
        Assert.That((tiled.Height, tiled.Width), Is.EqualTo((32, 96)));
        for (int y = 0; y < 32; y++)
        {
            for (int x = 0; x < 96; x++)
            {
                // Of the 32 common columns the first and last 8 are one tile's, between them the weight goes from 1/17 to 16/17.
                float weight = Math.Clamp((x - 39) / 17f, 0, 1);
                float expected = (weight < 1 ? (1 - weight) * left[y * 64 + x] : 0) + (weight > 0 ? weight * right[y * 64 + x - 32] : 0);
                Assert.That(tiled["depth"].Values[y * 96 + x], Is.EqualTo(expected).Within(Tolerance), $"row {y}, column {x}");
            }
        }
    }

    [Test]
    public void Tiles_of_many_rows_cover_the_image_and_blend_the_spread_too()
    {
        // A constant image is the same in every tile, but for the edges that convolutions see.
        ImageSample image = new("grey", Enumerable.Repeat(0.5f, 3 * 150 * 170).ToArray(), 150, 170);
        InferenceOptions options = new()
        {
            Size = (64, 64),
            Tile = true,
            Confidence = true,
        };
        using ImagePrediction tiled = _predictor.Predict(image, options),
            tile = _predictor.Predict(
                new ImageSample("tile", image.Values[..(3 * 64 * 64)], 64, 64),
                new InferenceOptions { Size = (64, 64), Confidence = true }
            );
        Assert.That((tiled.Height, tiled.Width), Is.EqualTo((150, 170)));
        float[] all = tiled["depth"].Values.ToArray(),
            one = tile["depth"].Values.ToArray();
        // The next tiles begin at 32.
        for (int y = 0; y < 32; y++)
            Assert.That(all.AsSpan(y * 170, 32).ToArray(), Is.EqualTo(one.AsSpan(y * 64, 32).ToArray()).Within(Tolerance), $"row {y}");
        Assert.That(all, Has.All.InRange(one.Min() - 0.5f, one.Max() + 0.5f));
        Assert.That(tiled["depth"].Confidence.ToArray().Count(float.IsFinite), Is.EqualTo(150 * 170));
        Assert.That(tiled["seg"].Values.ToArray(), Has.All.InRange(0, 3));
    }

    [TestCase(64, 64, 16, "0+64")]
    [TestCase(40, 64, 16, "0+40")]
    [TestCase(96, 64, 32, "0+64 32+64")]
    [TestCase(100, 64, 16, "0+64 32+64 64+36")]
    [TestCase(230, 128, 32, "0+128 96+128 128+102")]
    [TestCase(12, 5, 2, "0+5 3+5 6+5 9+3")]
    public void Tiles_begin_at_multiples_of_32_and_end_with_the_image(int length, int tile, int overlap, string expected)
    {
        TileAxis axis = new(length, tile, overlap, grid: 32);
        Assert.That(
            string.Join(' ', Enumerable.Range(0, axis.Count).Select(i => $"{axis[i].Start}+{axis[i].Length}")),
            Is.EqualTo(expected)
        );
        float[] sums = new float[length];
        for (int i = 0; i < axis.Count; i++)
        {
            for (int x = 0; x < axis[i].Length; x++)
                sums[axis[i].Start + x] += axis.Weight(i, x);
        }
        Assert.That(sums, Has.All.GreaterThan(0));
        Assert.That((sums[0], sums[^1]), Is.EqualTo((1f, 1f)), "where a tile is alone it counts in full");
    }

    [Test]
    public void Rows_of_another_size_are_mixed_between_pixel_centres()
    {
        using PlaneRows rows = new(1, 2, 2, 4, 4);
        float[] planes = [0, 1, 4, 5],
            row = new float[4];
        float[][] expected =
        [
            [0, 0.25f, 0.75f, 1],
            [1, 1.25f, 1.75f, 2],
            [3, 3.25f, 3.75f, 4],
            [4, 4.25f, 4.75f, 5],
        ];
        foreach (int y in new[] { 0, 1, 2, 3, 1, 0, 3 })
        {
            rows.Get(planes, y, row);
            Assert.That(row, Is.EqualTo(expected[y]).Within(1e-6), $"row {y}");
        }
    }

    [Test]
    public void Means_of_probabilities_are_logits_again()
    {
        TaskOutput output = TaskKind.Segmentation.CreateOutput(new SegmentationTask("s", 2));
        // exp(0) : exp(ln 3) is 1 : 3.
        float[] logits = [0, MathF.Log(3)];
        output.ToMean(logits, 1);
        Assert.That(logits, Is.EqualTo(new[] { 0.25f, 0.75f }).Within(1e-6));
        output.FromMean(logits, 1);
        float[] id = new float[1],
            confidence = new float[1];
        output.ToValues(logits, 1, id, 1, confidence);
        Assert.That((id[0], confidence[0]), Is.EqualTo((1f, 0.75f)).Using<(float, float)>((a, b) => Math.Abs(a.Item2 - b.Item2) < 1e-6));
    }

    [Test]
    public void The_class_and_its_probability_are_right_for_rows_of_every_length([Values(1, 7, 16, 37)] int width)
    {
        const int Classes = 5;
        Random random = new(width);
        float[] row = [.. Enumerable.Range(0, Classes * width).Select(_ => 6 * random.NextSingle() - 3)],
            ids = new float[width],
            confidence = new float[width];
        float[] logits = [.. row];
        TaskKind.Segmentation.CreateOutput(new SegmentationTask("s", Classes)).ToValues(row, width, ids, width, confidence);
        for (int x = 0; x < width; x++)
        {
            double[] own = [.. Enumerable.Range(0, Classes).Select(c => (double)logits[c * width + x])];
            Assert.That(ids[x], Is.EqualTo(Array.IndexOf(own, own.Max())));
            Assert.That(confidence[x], Is.EqualTo(Math.Exp(own.Max()) / own.Sum(Math.Exp)).Within(1e-5));
        }
    }

    [Test]
    public void A_summary_has_shares_of_classes_and_ranges_of_values()
    {
        using ImagePrediction prediction = _predictor.Predict(Image(32, 64), new InferenceOptions { Confidence = true });
        TaskSummary seg = prediction["seg"].Summarize(),
            normals = prediction["normals"].Summarize();
        Assert.That(seg.Classes.Select(c => c.Name), Is.EqualTo(new[] { "class 0", "class 1", "class 2", "class 3" }));
        Assert.That(seg.Classes.Sum(c => c.Share), Is.EqualTo(1).Within(1e-12));
        float[] ids = prediction["seg"].Values.ToArray();
        Assert.That(seg.Classes[2].Share, Is.EqualTo(ids.Count(id => id == 2) / 2048.0));
        Assert.That(seg.MeanConfidence, Is.EqualTo(prediction["seg"].Confidence.ToArray().Average()).Within(1e-6));
        Assert.That(normals.Channels, Has.Count.EqualTo(3));
        Assert.That(normals.Channels[1].Minimum, Is.EqualTo(prediction["normals"].Values.Slice(2048, 2048).ToArray().Min()));
        Assert.That(normals.Channels[1].Mean, Is.EqualTo(prediction["normals"].Values.Slice(2048, 2048).ToArray().Average()).Within(1e-6));
    }

    [Test]
    public void Options_outside_their_range_are_named()
    {
        ImageSample image = Image(32, 32);
        Assert.That(
            () => _predictor.Predict(image, new InferenceOptions { Scales = [] }),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("Scales")
        );
        Assert.That(
            () => _predictor.Predict(image, new InferenceOptions { Scales = [double.NaN] }),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains("0.1 to 8")
        );
        Assert.That(
            () =>
                _predictor.Predict(
                    Image(32, 64),
                    new InferenceOptions
                    {
                        Tile = true,
                        Size = (32, 32),
                        Overlap = 32,
                    }
                ),
            Throws.ArgumentException.With.Message.Contains("an overlap of 32 pixels is not below the tile's 32")
        );
        Assert.That(
            () => _predictor.Predict(new ImageSample("short", new float[5], 32, 32)),
            Throws.ArgumentException.With.Message.Contains("short")
        );
    }

    private static ImageSample Image(int height, int width)
    {
        Random random = new(height + width);
        return new ImageSample("image", Enumerable.Range(0, 3 * height * width).Select(_ => random.NextSingle()).ToArray(), height, width);
    }

    private float[] Raw(ReadOnlySpan<float> image, int height, int width)
    {
        float[] predictions = new float[_tasks.TotalChannels * height * width];
        _predictor.Predict(image, 1, height, width, predictions);
        return predictions;
    }

    private static float[] Input(SourceImage source, int height, int width) => Input(source, source.Whole, height, width);

    private static float[] Input(SourceImage source, ImageRegion region) => Input(source, region, region.Height, region.Width);

    private static float[] Input(SourceImage source, ImageRegion region, int height, int width)
    {
        float[] values = new float[3 * height * width];
        source.Read(region, height, width, values);
        return values;
    }

    private static float[] Task(float[] raw, int task, int plane) =>
        raw.AsSpan(_tasks.ChannelOffset(task) * plane, _tasks[task].Channels * plane).ToArray();

    private static float[] Mirror(float[] planes)
    {
        float[] mirrored = [.. planes];
        for (int start = 0; start < mirrored.Length; start += 64)
            mirrored.AsSpan(start, 64).Reverse();
        return mirrored;
    }

    private static float[] Probabilities(float[] logits)
    {
        float[] result = new float[logits.Length];
        for (int i = 0; i < 2048; i++)
        {
            double sum = Enumerable.Range(0, 4).Sum(c => Math.Exp(logits[c * 2048 + i]));
            for (int c = 0; c < 4; c++)
                result[c * 2048 + i] = (float)(Math.Exp(logits[c * 2048 + i]) / sum);
        }
        return result;
    }
}
