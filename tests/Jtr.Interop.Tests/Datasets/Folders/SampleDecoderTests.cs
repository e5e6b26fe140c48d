using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Datasets.Folders;

public sealed class SampleDecoderTests : IDisposable
{
    private const int Height = 32,
        Width = 64;

    private static readonly TaskSet _tasks = new(
        new SegmentationTask("seg", 4),
        new DepthTask(),
        new NormalsTask(),
        new MapTask("edge"),
        new TagsTask("tags", 2, ["a", "b"])
    );

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task What_a_folder_holds_is_read_from_memory_as_from_files([Values(".png", ".npy")] string extension)
    {
        // Not of the training size, so that everything is resized.
        const int height = 40,
            width = 50;
        string root = Path.Combine(_folder.Root, extension[1..]);
        RgbImage photograph = RgbImage.Create(height, width);
        photograph.Fill(4, 3, 10, 20, new Rgb(200, 100, 50));
        photograph.SavePng(Path.Combine(root, "image", "a.png"));
        LabelFolder labels = LabelFolder.Open(root, _tasks);
        VisionTask[] byPixel = [.. _tasks.Where(t => t.Kind.Extent == TaskExtent.Pixel)];
        foreach (VisionTask task in byPixel)
        {
            using TaskPrediction prediction = new(task, height, width, withConfidence: false);
            Span<float> values = prediction.WritableValues;
            for (int i = 0; i < values.Length; i++)
                values[i] =
                    task is SegmentationTask ? i % 4
                    : task is NormalsTask
                        ? (
                            i < height * width ? 0.6f
                            : i < 2 * height * width ? 0.8f
                            : 0
                        )
                    : i % 7 / 7f + 0.1f;
            if (extension == ".png")
                labels.SavePng(prediction, "a");
            else
                labels.SaveNpy(prediction, "a");
        }
        FolderOptions options = new()
        {
            Height = Height,
            Width = Width,
            Tasks = [.. _tasks],
        };
        (float[] image, float[][] expected, TaskMask read) = SampleArrays.Read(new FolderDataset(root, options), 0);
        Assert.That(read.Count, Is.EqualTo(byPixel.Length));

        SampleDecoder decoder = new(_tasks, options);
        byte[] content;
        await using (FileStream stream = File.OpenRead(Path.Combine(root, "image", "a.png")))
            content = await SampleDecoder.ReadAllAsync(stream);
        float[] decodedImage = new float[image.Length],
            memory = new float[_tasks.LabelValues(Height, Width)];
        Decode();

        void Decode()
        {
            SampleBuffer sample = new(_tasks, Height, Width, decodedImage, memory);
            (int, int) size = decoder.ReadPhotograph(content, sample);
            Assert.That(size, Is.EqualTo((height, width)));
            Assert.That(decodedImage, Is.EqualTo(image));
            for (int t = 0; t < byPixel.Length; t++)
            {
                decoder.ReadLabel(t, File.ReadAllBytes(labels.PathOf(_tasks[t], "a", extension)), size, sample);
                Assert.That(sample.Label(t).ToArray(), Is.EqualTo(expected[t]), _tasks[t].Name);
            }
        }
    }

    [Test]
    public void What_does_not_fit_is_told_by_its_name()
    {
        SampleDecoder decoder = new(_tasks, new FolderOptions { Height = Height, Width = Width });
        float[] image = new float[3 * Height * Width],
            labels = new float[_tasks.LabelValues(Height, Width)];
        Assert.Multiple(() =>
        {
            Assert.That(
                () => decoder.ReadPhotograph([1, 2, 3], Sample(), "row 7"),
                Throws.TypeOf<JtrFormatException>().With.Message.Contains("row 7")
            );
            Assert.That(
                () => decoder.ReadLabel(0, [1, 2, 3], (Height, Width), Sample(), "mask of row 7"),
                Throws.TypeOf<JtrFormatException>().With.Message.Contains("mask of row 7")
            );
            // Cut off behind the signature.
            Assert.That(
                () => decoder.ReadLabel(0, [0x93, .. "NUMPY"u8, 1, 0], (Height, Width), Sample(), "array"),
                Throws.TypeOf<JtrFormatException>().With.Message.Contains("array")
            );
            Assert.That(
                () => decoder.ReadLabel(4, [], (Height, Width), Sample()),
                Throws.ArgumentException.With.Message.Contains("'tags'").And.Message.Contains("whole photographs")
            );
            Assert.That(
                () =>
                    decoder.ReadPhotograph(
                        [],
                        new SampleBuffer(
                            _tasks,
                            Height,
                            Height,
                            new float[3 * Height * Height],
                            new float[_tasks.LabelValues(Height, Height)]
                        )
                    ),
                Throws.ArgumentException.With.Message.Contains("32 x 32")
            );
        });

        SampleBuffer Sample() => new(_tasks, Height, Width, image, labels);
    }
}
