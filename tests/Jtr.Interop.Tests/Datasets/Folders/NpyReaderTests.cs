using System.Text;
using Jtr.Interop.Npy;

namespace Jtr.Interop.Tests.Datasets.Folders;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NpyReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase("|b1", "00 01 01", new[] { 0.0, 1, 1 })]
    [TestCase("|u1", "00 7F FF", new[] { 0.0, 127, 255 })]
    [TestCase("|i1", "00 7F FF", new[] { 0.0, 127, -1 })]
    [TestCase("<u2", "01 00 00 01 FF FF", new[] { 1.0, 256, 65535 })]
    [TestCase(">u2", "00 01 01 00 FF FF", new[] { 1.0, 256, 65535 })]
    [TestCase("<i2", "01 00 00 80 FF FF", new[] { 1.0, -32768, -1 })]
    [TestCase("<u4", "01 00 00 00 00 00 01 00 FF FF FF FF", new[] { 1.0, 65536, 4294967295 })]
    [TestCase("<i4", "01 00 00 00 00 00 01 00 FE FF FF FF", new[] { 1.0, 65536, -2 })]
    [TestCase(">i4", "00 00 00 01 00 01 00 00 FF FF FF FE", new[] { 1.0, 65536, -2 })]
    [TestCase("<i8", "01 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 FD FF FF FF FF FF FF FF", new[] { 1.0, 4294967296, -3 })]
    [TestCase("<u8", "01 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 02 00 00 00 00 00 00 00", new[] { 1.0, 4294967296, 2 })]
    [TestCase("<f2", "00 3C 00 C0 00 7E", new[] { 1, -2, double.NaN })]
    [TestCase("<f4", "00 00 80 3F 00 00 00 C0 00 00 C0 7F", new[] { 1, -2, double.NaN })]
    [TestCase(">f4", "3F 80 00 00 C0 00 00 00 7F C0 00 00", new[] { 1, -2, double.NaN })]
    [TestCase("<f8", "00 00 00 00 00 00 F0 3F 00 00 00 00 00 00 00 C0 00 00 00 00 00 00 F8 7F", new[] { 1, -2, double.NaN })]
    [TestCase(">f8", "3F F0 00 00 00 00 00 00 C0 00 00 00 00 00 00 00 7F F8 00 00 00 00 00 00", new[] { 1, -2, double.NaN })]
    public void Elements_of_every_type_are_read(string descr, string bytes, double[] expected)
    {
        string path = _folder.Npy("a.npy", descr, "(3,)", Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));
        using NpyArray array = NpyReader.Read(path);
        double[] wide = new double[3];
        float[] narrow = new float[3];
        array.CopyTo(wide);
        array.CopyTo(narrow);

        Assert.That(array.Shape.ToArray(), Is.EqualTo(new[] { 3 }));
        Assert.That(wide, Is.EqualTo(expected));
        Assert.That(narrow, Is.EqualTo(expected.Select(v => (float)v)));
        Assert.That(array.IsInteger, Is.EqualTo(descr[1] != 'f'));
    }

    [TestCase("(2, 3)", new[] { 2, 3 })]
    [TestCase("(1, 2, 3)", new[] { 1, 2, 3 })]
    [TestCase("( 6 , )", new[] { 6 })]
    [TestCase("(2L, 3L)", new[] { 2, 3 })] // Python 2 on Windows
    public void Shapes_are_read(string shape, int[] expected) =>
        Assert.That(NpyReader.ReadShape(_folder.Npy("a.npy", "|u1", shape, new byte[6])), Is.EqualTo(expected));

    [TestCase("|u1", new byte[] { 0, 10, 1, 11, 2, 12 })]
    [TestCase(">u2", new byte[] { 0, 0, 0, 10, 0, 1, 0, 11, 0, 2, 0, 12 })]
    public void Column_major_arrays_are_read_in_row_major_order(string descr, byte[] elements)
    {
        // a[y, x] = 10 y + x for 2 rows and 3 columns, the row index running fastest.
        using NpyArray array = NpyReader.Read(_folder.Npy("a.npy", descr, "(2, 3)", elements, order: "True"));
        float[] values = new float[6];
        array.CopyTo(values);
        Assert.That(values, Is.EqualTo(new[] { 0f, 1, 2, 10, 11, 12 }));
    }

    [Test]
    public void Column_major_arrays_of_three_dimensions_keep_their_indices()
    {
        // a[i, j, k] = 100 i + 10 j + k, stored as its own transpose.
        byte[] elements =
        [
            .. from k in Enumerable.Range(0, 4)
            from j in Enumerable.Range(0, 3)
            from i in Enumerable.Range(0, 2)
            select (byte)(100 * i + 10 * j + k),
        ];
        float[] values = new float[24];
        NpyReader.Read(_folder.Npy("a.npy", "|u1", "(2, 3, 4)", elements, order: "True")).CopyTo(values);
        Assert.That(
            values,
            Is.EqualTo(
                from i in Enumerable.Range(0, 2)
                from j in Enumerable.Range(0, 3)
                from k in Enumerable.Range(0, 4)
                select (float)(100 * i + 10 * j + k)
            )
        );
    }

    [Test]
    public void Elements_can_be_taken_in_parts()
    {
        using NpyArray array = NpyReader.Read(_folder.Npy("a.npy", "<u2", "(2, 3)", [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]));
        float[] part = new float[2];
        array.CopyTo(part, start: 3);
        Assert.That(part, Is.EqualTo(new[] { 4f, 5f }));
        Assert.That(() => array.CopyTo(part, start: 5), Throws.ArgumentException.With.Message.Contains("6 elements"));
    }

    [Test]
    public void What_was_given_back_cannot_be_read()
    {
        NpyArray array = NpyReader.Read(_folder.Npy("a.npy", "|u1", "(2,)", [1, 2]));
        array.Dispose();
        array.Dispose();
        Assert.That(() => array.CopyTo(new float[2]), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void A_single_number_and_an_empty_array_are_arrays_too()
    {
        Assert.That(NpyReader.Read(_folder.Npy("a.npy", "|u1", "()", [7])).Count, Is.EqualTo(1));
        Assert.That(NpyReader.Read(_folder.Npy("b.npy", "<f4", "(0, 5)", [])).Count, Is.Zero);
    }

    [TestCase(2)]
    [TestCase(3)]
    public void Later_versions_have_a_longer_length(int version)
    {
        byte[] text = Encoding.ASCII.GetBytes("{'shape': (1,), 'fortran_order': False, 'descr': '|u1'}\n");
        string path = _folder.Write("a.npy", [0x93, .. "NUMPY"u8, (byte)version, 0, (byte)text.Length, 0, 0, 0, .. text, 9]);
        float[] value = new float[1];
        NpyReader.Read(path).CopyTo(value);
        Assert.That(value[0], Is.EqualTo(9f));
    }

    [TestCase("{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2)}", "elements of type '<c8' are not read")]
    [TestCase("{'descr': '|f4', 'fortran_order': False, 'shape': (2, 2)}", "elements of type '|f4' are not read")]
    [TestCase("{'descr': '|O', 'fortran_order': False, 'shape': (2, 2)}", "elements of type '|O' are not read")]
    [TestCase("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,)}", "no records")]
    [TestCase("{'descr': '<f4', 'fortran_order': False}", "descr, fortran_order or shape is missing")]
    [TestCase("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2)}", "neither True nor False")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2, -2)}", "is not a number")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 99999999999)}", "is not a number")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), 'x': 1}", "the key 'x' is unknown")]
    [TestCase("{'descr': '<f4', 'descr': '<f4', 'shape': (2, 2)}", "the key 'descr' is unknown, or there twice")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2 2)}", "a comma or ) is missing")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)} x", "something behind the header's }")]
    [TestCase("{'descr': '<f4", "a quote is missing")]
    [TestCase("['descr']", "{ is missing")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 2000000000, 2000000000)}", "too many")]
    public void A_header_that_numpy_would_not_write_is_a_fault_at_its_offset(string header, string fault)
    {
        string path = _folder.Write("a.npy", TemporaryFolder.NpyBytes(header, new byte[16]));
        Assert.That(
            () => NpyReader.Read(path),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(path)
                .And.Property("Offset")
                .InRange(10, 10 + header.Length)
                .And.Message.Contains(fault)
        );
    }

    [TestCase(15, "the file is truncated")]
    [TestCase(17, "there is something behind the array")]
    [TestCase(0, "the file is truncated")]
    public void The_file_is_as_long_as_the_header_says(int bytes, string fault)
    {
        string path = _folder.Npy("a.npy", "<f4", "(2, 2)", new byte[bytes]);
        Assert.That(
            () => NpyReader.Read(path),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Offset")
                .EqualTo(128)
                .And.Message.Contains($"claims 16 bytes of elements, there are {bytes}: {fault}")
        );
    }

    [Test]
    public void A_header_that_claims_a_gigabyte_is_refused_before_it_is_allocated()
    {
        string path = _folder.Npy("a.npy", "<f8", "(134217728,)", new byte[8]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => NpyReader.Read(path), Throws.TypeOf<JtrFormatException>().With.Message.Contains("truncated"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(16 << 20));
    }

    [TestCase("", 0)]
    [TestCase("PNG, really", 0)]
    public void Another_kind_of_file_is_told(string content, int offset) =>
        Assert.That(
            () => NpyReader.Read(_folder.Write("a.npy", content)),
            Throws.TypeOf<JtrFormatException>().With.Property("Offset").EqualTo(offset).And.Message.Contains("no .npy file")
        );

    [Test]
    public void Unknown_versions_and_overlong_headers_are_told()
    {
        Assert.That(
            () => NpyReader.Read(_folder.Write("a.npy", [0x93, .. "NUMPY"u8, 4, 0, 0, 0, 0, 0])),
            Throws.TypeOf<JtrFormatException>().With.Property("Offset").EqualTo(6).And.Message.Contains("version 4.0")
        );
        Assert.That(
            () => NpyReader.Read(_folder.Write("a.npy", [0x93, .. "NUMPY"u8, 1, 0, 200, 0, 32, 32])),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Offset")
                .EqualTo(8)
                .And.Message.Contains("claims 200 bytes; the file has 2 more")
        );
    }
}
