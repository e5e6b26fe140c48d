using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Datasets;

public sealed class PhotographReaderTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("jtr-test").FullName;
        RgbImage picture = RgbImage.Create(40, 50);
        for (int y = 0; y < 40; y++)
        {
            for (int x = 0; x < 50; x++)
                picture[y, x] = new Rgb((byte)(5 * x), (byte)(6 * y), (byte)(x * y % 256));
        }
        picture.SavePng(Path.Combine(_folder, "image", "a.png"));
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_photograph_is_read_as_in_a_folder_data_set()
    {
        TaskSet tasks = new(new MapTask("edge"));
        FolderDataset data = new(
            _folder,
            new FolderOptions
            {
                Height = 32,
                Width = 64,
                Tasks = [.. tasks],
            }
        );
        float[] expected = new float[3 * 32 * 64],
            actual = new float[3 * 32 * 64];
        data.Read(0, TaskMask.None, new SampleBuffer(tasks, 32, 64, expected, new float[32 * 64]));
        PhotographReader.Read(Path.Combine(_folder, "image", "a.png"), 32, 64, actual);

        Assert.That(actual, Is.EqualTo(expected));
        Assert.That(actual.Max(), Is.GreaterThan(0.5f).And.LessThanOrEqualTo(1f));
    }

    [Test]
    public async Task A_photograph_in_memory_or_a_stream_is_read_as_a_file_is()
    {
        string file = Path.Combine(_folder, "image", "a.png");
        float[] expected = new float[3 * 32 * 64],
            fromMemory = new float[3 * 32 * 64],
            fromStream = new float[3 * 32 * 64];
        PhotographReader.Read(file, 32, 64, expected);
        PhotographReader.Read(File.ReadAllBytes(file), 32, 64, fromMemory);
        await using (FileStream stream = File.OpenRead(file))
            await PhotographReader.ReadAsync(stream, 32, 64, fromStream);
        Assert.That(fromMemory, Is.EqualTo(expected));
        Assert.That(fromStream, Is.EqualTo(expected));
    }

    [TestCase(0, "upload 7 (byte 0): neither a JPEG nor a PNG file")]
    [TestCase(4, "upload 7 (byte 0): neither a JPEG nor a PNG file")]
    [TestCase(20, "upload 7: damaged")]
    [TestCase(300, "upload 7: damaged")]
    public void One_that_is_cut_short_is_named(int length, string words)
    {
        byte[] content = File.ReadAllBytes(Path.Combine(_folder, "image", "a.png"))[..length];
        Assert.That(
            () => PhotographReader.Read(content, 32, 64, new float[3 * 32 * 64], "upload 7"),
            Throws.InstanceOf<JtrFormatException>().With.Message.StartsWith(words)
        );
        Assert.That(
            () => PhotographReader.Read(content, 32, 64, new float[5]),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("image")
        );
    }

    [Test]
    public void The_size_of_a_file_is_told_by_its_header()
    {
        RgbImage picture = RgbImage.Create(40, 50);
        picture.SavePng(Path.Combine(_folder, "b.png"));
        Assert.That(PhotographReader.ReadSize(Path.Combine(_folder, "b.png")), Is.EqualTo((40, 50)));
        string array = Path.Combine(_folder, "b.npy");
        File.WriteAllBytes(
            array,
            Folders.TemporaryFolder.NpyBytes("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 5, 3), }", new byte[60])
        );
        Assert.That(PhotographReader.ReadSize(array), Is.EqualTo((4, 5)));
        File.WriteAllBytes(
            array,
            Folders.TemporaryFolder.NpyBytes("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", new byte[4])
        );
        Assert.That(() => PhotographReader.ReadSize(array), Throws.InstanceOf<JtrFormatException>().With.Message.Contains(array));
    }

    [Test]
    public void Wrong_sizes_and_files_are_refused()
    {
        string file = Path.Combine(_folder, "notes.jpg");
        File.WriteAllText(file, "no photograph");
        Assert.That(
            () => PhotographReader.Read(file, 32, 32, new float[3 * 32 * 32]),
            Throws.InstanceOf<JtrFormatException>().With.Message.Contains(file)
        );
        Assert.That(
            () => PhotographReader.Read(file, 32, 32, new float[5]),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("image")
        );
        Assert.That(() => PhotographReader.Read(file, 0, 32, []), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => PhotographReader.Read(Path.Combine(_folder, "none.jpg"), 32, 32, new float[3 * 32 * 32]),
            Throws.InstanceOf<IOException>()
        );
    }
}
