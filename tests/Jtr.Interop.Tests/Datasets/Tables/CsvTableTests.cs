using System.Text;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Datasets.Tables;

/// <summary>Comma-separated values as people and spreadsheets write them.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CsvTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase("name,tags\na,x\nb,y\n")]
    [TestCase("name,tags\r\na,x\r\nb,y")]
    [TestCase("name,tags\ra,x\rb,y\r")]
    [TestCase("\n\nname , tags\n\n  a ,\tx  \n \nb,y\n\n")]
    [TestCase("\"name\",\"tags\"\n\"a\" , \"x\"\n\"b\",\" y \"\n")]
    [TestCase("name;tags\na;x\nb;y\n")]
    [TestCase("name\ttags\na\tx\nb\ty\n")]
    [TestCase("name,tags,,\na,x,,\nb,y\n")]
    public void The_same_table_in_many_hands(string text)
    {
        CsvTable table = Read(text);
        Assert.That(table.Columns, Is.EqualTo(new[] { "name", "tags" }));
        Assert.That(table.Rows.Select(r => string.Join('|', r.Cells)), Is.EqualTo(new[] { "a|x", "b|y" }));
    }

    [Test]
    public void Quotes_hold_separators_quotes_and_line_ends_and_lines_are_counted_through_them()
    {
        CsvTable table = Read("name,text\r\na,\"x, \"\"y\"\"\r\nz;\"\r\n\"b,c\",5\" wide\r\n\r\nd,\"\"\r\n");
        Assert.That(
            table.Rows.Select(r => (r.Line, r.Cells[0], r.Cells[1])),
            Is.EqualTo(new[] { (2, "a", "x, \"y\"\nz;"), (4, "b,c", "5\" wide"), (6, "d", "") })
        );
    }

    [Test]
    public void A_semicolon_separates_only_where_the_heading_has_no_comma()
    {
        Assert.That(Read("name,tags\na,x;y\n").Rows[0].Cells, Is.EqualTo(new[] { "a", "x;y" }));
        CsvTable european = Read("name;tags\na;\"x;y\"\n");
        Assert.That((european.Separator, european.Rows[0].Cells[1]), Is.EqualTo((';', "x;y")));
        Assert.That(Read("\"a,b\";c\n1;2\n").Columns, Is.EqualTo(new[] { "a,b", "c" }));
    }

    [Test]
    public void Byte_order_marks_are_understood()
    {
        const string text = "name,tags\nä,ü\n";
        foreach (Encoding encoding in new Encoding[] { new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            _folder.Write("t.csv", [.. encoding.GetPreamble(), .. encoding.GetBytes(text)]);
            CsvTable table = CsvTable.Read(_folder["t.csv"]);
            Assert.That((table.Columns[0], table.Rows[0].Cells[0], table.Rows[0].Cells[1]), Is.EqualTo(("name", "ä", "ü")));
        }
    }

    [Test]
    public void Latin_letters_without_utf8_are_an_error_that_says_so()
    {
        _folder.Write("t.csv", [.. "name,tags\na,"u8, 0xFC, (byte)'\n']);
        Assert.That(
            () => CsvTable.Read(_folder["t.csv"]),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("not in UTF-8").And.Property("Path").EqualTo(_folder["t.csv"])
        );
    }

    [TestCase("", "the table is empty")]
    [TestCase("\n \r\n", "the table is empty")]
    [TestCase("name,tags\na,x\nb\n", "line 3: 1 cell, where the heading has 2")]
    [TestCase("name,tags\n\n\na,x,y\n", "line 4: 3 cells, where the heading has 2; a cell with ',' in it has to stand in quotes")]
    [TestCase("name;tags\na;x;y\n", "a cell with ';' in it has to stand in quotes")]
    [TestCase("name,tags\na,\"x\nb,y\n", "line 2: a quote is opened and not closed")]
    [TestCase("name,tags\na,\"x\"y\n", "line 2: 'y' behind a closing quote")]
    [TestCase("name,tags,name\n", "line 1: two columns are named 'name'")]
    [TestCase("name,,tags\n", "line 1: column 2 has no name")]
    public void What_is_wrong_is_named_with_its_line(string text, string message) =>
        Assert.That(
            () => Read(text),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(message).And.Property("Path").EqualTo(_folder["t.csv"])
        );

    [Test]
    public void Random_cells_come_back_from_a_plain_writer()
    {
        Random random = new(3);
        const string letters = "ab ,;\"\r\nä";
        for (int round = 0; round < 200; round++)
        {
            string[][] cells =
            [
                .. Enumerable
                    .Range(0, 4)
                    .Select(_ =>
                        (string[])
                            [.. Enumerable.Range(0, 3).Select(_ => new string(random.GetItems(letters.AsSpan(), random.Next(1, 6))) + "x")]
                    ),
            ];
            string text = "c1,c2,c3\n" + string.Concat(cells.Select(row => string.Join(',', row.Select(Quote)) + "\n"));
            string[][] read = [.. Read(text).Rows.Select(r => r.Cells)];
            // Line ends within cells become LF, and spaces around them do not count.
            Assert.That(read, Is.EqualTo(cells.Select(row => row.Select(Plain).ToArray()).ToArray()), text);
        }
        static string Quote(string cell) => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        static string Plain(string cell) => cell.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Trim();
    }

    private CsvTable Read(string text)
    {
        _folder.Write("t.csv", text);
        return CsvTable.Read(_folder["t.csv"]);
    }
}
