using System.Text;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Packed;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Datasets.Packed;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PackedErrorTests : IDisposable
{
    private static readonly TaskSet Tasks = new(new SegmentationTask("seg", 3), new DepthTask());

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _file;

    public PackedErrorTests()
    {
        PackedDataset.Write(Source(), _folder["a"]);
        _file = File.ReadAllBytes(_folder["a"]);
    }

    public void Dispose() => _folder.Dispose();

    // Depth takes a table of three entries.
    private static ArrayDataset Source(int damaged = -1) =>
        new(
            Tasks,
            3,
            8,
            8,
            (s, t, i) =>
                t == 0 ? i % 3
                : t == 1 ? i % 3 * 0.3f
                : (i + s) % 256 / 255f
        )
        {
            Damaged = damaged,
        };

    private JtrFormatException OpenFault(byte[] file)
    {
        _folder.Write("b", file);
        JtrFormatException fault = Assert.Throws<JtrFormatException>(() => new PackedDataset(_folder["b"]).Dispose())!;
        Assert.That(fault.Path, Is.EqualTo(_folder["b"]));
        Assert.That(fault.Offset, Is.Not.Negative);
        return fault;
    }

    private byte[] With(int at, Func<byte, int> change)
    {
        byte[] file = [.. _file];
        file[at] = (byte)change(file[at]);
        return file;
    }

    [Test]
    public void A_file_of_another_kind_or_version_says_so()
    {
        Assert.That(OpenFault("{}"u8.ToArray()).Message, Does.Contain("no packed data set"));
        Assert.That(OpenFault([]).Message, Does.Contain("no packed data set"));
        Assert.That(OpenFault(With(8, _ => 3)).Message, Does.Contain("version 3").And.Contain("pack it again"));
        Assert.That(PackedDataset.IsPacked(_folder["a"]), Is.True);
        Assert.That(PackedDataset.IsPacked(_folder.Write("c", "text")), Is.False);
        Assert.That(() => new PackedDataset(_folder["none"]), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void A_file_that_is_cut_anywhere_or_lengthened_does_not_open()
    {
        for (int length = 0; length < _file.Length; length += 7)
            OpenFault(_file[..length]);
        OpenFault(_file[..^1]);
        Assert.That(OpenFault([.. _file, 0]).Message, Does.Contain("truncated or lengthened"));
    }

    [Test]
    public void Damage_outside_the_samples_is_found_when_opening_and_inside_when_reading()
    {
        using PackedDataset whole = new(_folder["a"]);
        HashSet<string> openFaults = [];
        int readFaults = 0;
        for (int at = 0; at < _file.Length; at += 3)
        {
            _folder.Write("b", With(at, b => b ^ 0x10));
            PackedDataset packed;
            try
            {
                packed = new PackedDataset(_folder["b"]);
            }
            catch (JtrFormatException fault)
            {
                openFaults.Add(fault.Message[(fault.Message.IndexOf("): ", StringComparison.Ordinal) + 3)..]);
                continue;
            }
            using (packed)
            {
                for (int i = 0; i < packed.Count; i++)
                {
                    try
                    {
                        Assert.That(ArrayDataset.Bits(packed, i), Is.EqualTo(ArrayDataset.Bits(whole, i)).UsingPropertiesComparer());
                    }
                    catch (JtrFormatException fault)
                    {
                        readFaults++;
                        Assert.That(fault.Message, Does.Contain($"sample {i} ('straße-{i}') is damaged: its checksum does not match"));
                        Assert.That(fault.Offset, Is.LessThanOrEqualTo(at));
                        // Damage does not heal when read again.
                        Assert.That(() => ArrayDataset.Bits(packed, i), Throws.TypeOf<JtrFormatException>());
                    }
                }
            }
        }
        Assert.That(
            openFaults,
            Has.Some.Contains("the header is damaged")
                .And.Some.Contains("the index is damaged")
                .And.Some.Contains("the beginning is damaged")
        );
        Assert.That(readFaults, Is.GreaterThan(50));
    }

    [Test]
    public void A_place_outside_its_table_is_an_error_even_where_checksums_match()
    {
        PackedEntry entry = PackedRepair.Entries(_file)[1];
        // Directory, image (192 bytes) and class ids (64) come before depth's table (64 with padding) and places.
        int places = (int)entry.At + 64 + 192 + 64 + 64;
        byte[] file = PackedRepair.Repair(With(places + 5, _ => 3));
        using PackedDataset packed = new(_folder.Write("b", file));
        Assert.That(() => ArrayDataset.Bits(packed, 1), Throws.TypeOf<JtrFormatException>().With.Message.Contains("not in its table"));
        Assert.That(() => ArrayDataset.Bits(packed, 2), Throws.Nothing);
    }

    [Test]
    public void An_encoding_of_tomorrow_and_an_unknown_kind_of_task_are_errors_even_where_checksums_match()
    {
        PackedEntry entry = PackedRepair.Entries(_file)[0];
        using (PackedDataset packed = new(_folder.Write("b", PackedRepair.Repair(With((int)entry.At, _ => 99)))))
            Assert.That(() => ArrayDataset.Bits(packed, 0), Throws.TypeOf<JtrFormatException>().With.Message.Contains("encoding 99"));

        string text = Encoding
            .Latin1.GetString(_file)
            .Replace("\"depth\",\"kind\":\"Depth\"", "\"depth\",\"kind\":\"Dread\"", StringComparison.Ordinal);
        Assert.That(OpenFault(PackedRepair.Repair(Encoding.Latin1.GetBytes(text))).Message, Does.Contain("the header is damaged"));
    }

    [Test]
    public void A_source_that_fails_leaves_the_old_file_and_nothing_else()
    {
        Assert.That(
            () => PackedDataset.Write(Source(damaged: 1), _folder["a"], new PackOptions { Workers = 2 }),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo("1.npy")
        );
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.That(
            () => PackedDataset.Write(Source(), _folder["a"], cancellationToken: cancelled.Token),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(File.ReadAllBytes(_folder["a"]), Is.EqualTo(_file));
        Assert.That(Directory.GetFiles(_folder.Root), Has.Length.EqualTo(1));
    }

    [Test]
    public void Bad_arguments_are_refused_by_name()
    {
        Assert.That(
            () => PackedDataset.Write(new MemoryDataset(0), _folder["b"]),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("source")
        );
        Assert.That(
            () => PackedDataset.Write(Source(), _folder["b"], new PackOptions { Workers = 0 }),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("Workers")
        );
        Assert.That(
            () => PackedDataset.Write(Source(), _folder["b"], new PackOptions { Precision = (PackPrecision)9 }),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("Precision")
        );
        Assert.That(() => PackedDataset.Write(Source(), _folder["a/b"]), Throws.InstanceOf<IOException>(), "the folder is a file");

        using PackedDataset packed = new(_folder["a"]);
        Assert.That(() => packed.GetName(3), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => packed.GetLabeled(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => packed.Read(0, Tasks.All, new SampleBuffer(Tasks, 4, 16, new float[192], new float[128])),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("destination")
        );
    }

    [Test]
    public void Nothing_is_read_after_dispose()
    {
        PackedDataset packed = new(_folder["a"]);
        packed.Dispose();
        packed.Dispose();
        Assert.That(() => ArrayDataset.Bits(packed, 0), Throws.TypeOf<ObjectDisposedException>());
    }
}
