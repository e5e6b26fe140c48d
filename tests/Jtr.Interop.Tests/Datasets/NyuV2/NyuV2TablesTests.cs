using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.NyuV2;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Datasets.NyuV2;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NyuV2TablesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase(false)]
    [TestCase(true)]
    public void MAT_files_hold_numbers_text_cells_and_structs(bool compressed)
    {
        byte[] file = MatV5Writer.File(
            compressed,
            MatV5Writer.Numbers("small", 1, 3, 9, 2, 1, 2, 255),
            MatV5Writer.Numbers("column", 3, 1, 11, 4, 3, 400, 65535),
            MatV5Writer.Numbers("wide", 1, 5, 6, 9, 0.5, -2, 1e300, 0, 7),
            MatV5Writer.Cells("names", MatV5Writer.Text("", "wall"), MatV5Writer.Text("", "floor mat")),
            MatV5Writer.Struct("s", ("a", MatV5Writer.Numbers("", 1, 2, 6, 2, 4, 5)), ("b", MatV5Writer.Text("", "x")))
        );
        Dictionary<string, MatValue> read = MatV5Reader.Parse("a.mat", file);

        Assert.That(read["small"].Numbers, Is.EqualTo(new[] { 1.0, 2, 255 }));
        Assert.That(read["column"].Numbers, Is.EqualTo(new[] { 3.0, 400, 65535 }));
        Assert.That(read["column"].Shape, Is.EqualTo(new[] { 3, 1 }));
        Assert.That(read["wide"].Numbers, Is.EqualTo(new[] { 0.5, -2, 1e300, 0, 7 }));
        Assert.That(read["names"].Cells.Select(c => c.Text), Is.EqualTo(new[] { "wall", "floor mat" }));
        Assert.That(read["s"].Fields["a"].Numbers, Is.EqualTo(new[] { 4.0, 5 }));
        Assert.That(read["s"].Fields["b"].Text, Is.EqualTo("x"));
    }

    [Test]
    public void Damaged_MAT_files_end_in_a_format_exception()
    {
        byte[][] wholes =
        [
            .. new[] { false, true }.Select(compressed =>
                MatV5Writer.File(
                    compressed,
                    MatV5Writer.Numbers("a", 1, 3, 9, 2, 1, 2, 255),
                    MatV5Writer.Struct("s", ("a", MatV5Writer.Cells("", MatV5Writer.Text("", "wall"))))
                )
            ),
        ];
        foreach (byte[] whole in wholes)
        {
            for (int length = 0; length < whole.Length; length += 3)
                ParseDamaged(whole[..length]);
        }
        const int seed = 1;
        Random random = new(seed);
        for (int i = 0; i < 1000; i++)
        {
            byte[] changed = [.. wholes[i % 2]];
            for (int k = random.Next(1, 4); k > 0; k--)
                changed[128 + random.Next(changed.Length - 128)] = (byte)random.Next(256);
            ParseDamaged(changed);
        }
        Assert.That(() => MatV5Reader.Parse("a.mat", wholes[0][..^9]), Fault("truncated"));
    }

    [Test]
    public void Other_files_and_bombs_are_told()
    {
        Assert.That(() => MatV5Reader.Parse("a.mat", "no"u8.ToArray()), Fault("no MAT-file"));
        Assert.That(() => MatV5Reader.Parse("a.mat", new byte[] { 0x89, (byte)'H', (byte)'D', (byte)'F' }), Fault("version 7.3"));
        byte[] bomb = MatV5Writer.File(true, MatV5Writer.Numbers("a", 1, 9 << 20, 9, 2, new double[9 << 20]));
        Assert.That(bomb, Has.Length.LessThan(100_000));
        Assert.That(() => MatV5Reader.Parse("a.mat", bomb), Fault("when inflated"));
    }

    [Test]
    public void Class_tables_of_every_form_say_the_same()
    {
        string[] paths =
        [
            _folder.Write("a.mat", MatV5Writer.File(true, MatV5Writer.Numbers("mapClass", 1, 4, 9, 2, 40, 3, 0, 1))),
            _folder.Write("b.txt", "40\n3\n0\n1\n"),
            _folder.Write("c.csv", "book, 40\r\nbottle, 3\r\nfloor mat, 0\r\n\r\nwall;1\r\n"),
            _folder.Write("d.json", "[40, 3, 0, 1]"),
        ];
        foreach (string path in paths)
            Assert.That(NyuV2Tables.ReadClassMapping([path], 40), Is.EqualTo(new[] { 40, 3, 0, 1 }), path);
    }

    [Test]
    public void A_second_table_is_applied_to_the_classes_of_the_first()
    {
        string first = _folder.Write("classMapping40.mat", MatV5Writer.File(true, MatV5Writer.Numbers("mapClass", 1, 4, 9, 2, 2, 3, 0, 1)));
        string second = _folder.Write(
            "class13Mapping.mat",
            MatV5Writer.File(true, MatV5Writer.Struct("classMapping13", ("labels13", MatV5Writer.Numbers("", 1, 3, 9, 2, 12, 5, 6))))
        );
        Assert.That(NyuV2Tables.ReadClassMapping([first, second], 13), Is.EqualTo(new[] { 5, 6, 0, 12 }));
        Assert.That(NyuV2Tables.FindClassMapping(_folder["x.mat"], 13), Is.EqualTo(new[] { first, second }));
        Assert.That(NyuV2Tables.FindClassMapping(_folder["x.mat"], 40), Is.EqualTo(new[] { first }));
        string shorter = _folder.Write("short.txt", "1\n2\n");
        Assert.That(() => NyuV2Tables.ReadClassMapping([first, shorter], 13), Fault("the one before it has class 3"));
        Assert.That(() => NyuV2Tables.ReadClassMapping([second], 4), Fault("label 1 is class 12, where there are 4 classes"));
    }

    [TestCase("a.txt", "1\nx\n", "'x' in line 2")]
    [TestCase("a.txt", "1\n1.5\n", "'1.5' in line 2")]
    [TestCase("a.txt", "-1\n", "label 1 is class -1")]
    [TestCase("a.txt", "41\n", "label 1 is class 41")]
    [TestCase("a.txt", "\n", "is empty")]
    [TestCase("a.json", "{}", "no array")]
    [TestCase("a.json", "[1, \"a\"]", "is no number")]
    [TestCase("a.json", "[1, 0.5]", "no whole number")]
    [TestCase("a.json", "[1", "no JSON")]
    public void A_damaged_class_table_is_told(string name, string content, string fault)
    {
        string path = _folder.Write(name, content);
        Assert.That(
            () => NyuV2Tables.ReadClassMapping([path], 40),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains(fault)
        );
    }

    [Test]
    public void Splits_are_read_from_MAT_files_and_from_text()
    {
        string mat = _folder.Write(
            "splits.mat",
            MatV5Writer.File(
                true,
                MatV5Writer.Numbers("trainNdxs", 3, 1, 11, 4, 3, 4, 1000),
                MatV5Writer.Numbers("testNdxs", 2, 1, 11, 2, 1, 2)
            )
        );
        string text = _folder.Write("split.txt", "3 4\n1000\n");
        Assert.That(NyuV2Tables.ReadSplit(mat, NyuV2Split.Train, 1449), Is.EqualTo(new[] { 2, 3, 999 }));
        Assert.That(NyuV2Tables.ReadSplit(mat, NyuV2Split.Test, 1449), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(NyuV2Tables.ReadSplit(text, NyuV2Split.Train, 1449), Is.EqualTo(new[] { 2, 3, 999 }));
        Assert.That(() => NyuV2Tables.ReadSplit(text, NyuV2Split.Train, 999), Fault("sample 1000, where there are samples 1 to 999"));
        Assert.That(() => NyuV2Tables.ReadSplit(_folder.Write("b.txt", "3,3"), NyuV2Split.Train, 9), Fault("sample 3 is there twice"));
        Assert.That(() => NyuV2Tables.ReadSplit(_folder.Write("c.txt", "0"), NyuV2Split.Train, 9), Fault("sample 0"));
        Assert.That(() => NyuV2Tables.ReadSplit(_folder.Write("d.txt", " "), NyuV2Split.Train, 9), Fault("no sample"));
        Assert.That(
            () => NyuV2Tables.ReadSplit(_folder.Write("e.mat", MatV5Writer.File(false)), NyuV2Split.Train, 9),
            Fault("'trainNdxs' is missing")
        );
    }

    private static void ParseDamaged(byte[] file)
    {
        try
        {
            MatV5Reader.Parse("a.mat", file);
        }
        catch (JtrFormatException) { }
    }

    private static NUnit.Framework.Constraints.ContainsConstraint Fault(string message) =>
        Throws.TypeOf<JtrFormatException>().With.Message.Contains(message);
}
