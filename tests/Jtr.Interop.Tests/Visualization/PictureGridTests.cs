using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;
using NetVips;

namespace Jtr.Interop.Tests.Visualization;

public sealed class PictureGridTests
{
    private static readonly Rgb _red = new(255, 0, 0);
    private static readonly Rgb _blue = new(0, 0, 255);

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("jtr-test").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Small_pictures_are_enlarged_by_a_whole_factor_without_smoothing()
    {
        RgbImage half = RgbImage.Create(32, 64);
        half.Fill(0, 0, 32, 32, _red);
        half.Fill(0, 32, 32, 32, _blue);
        PictureGrid grid = new("photo") { CellWidth = 256 };
        grid.AddRow("", PictureCell.Of(half));
        RgbImage drawn = grid.Render();

        // 64 x 32 fits four times into 256: 256 x 128 pixels, half of them red and half blue, whatever the captions.
        Assert.That(Count(drawn, _red), Is.EqualTo(128 * 128));
        Assert.That(Count(drawn, _blue), Is.EqualTo(128 * 128));
    }

    [Test]
    public void A_picture_wider_than_a_cell_is_not_shrunk()
    {
        RgbImage large = RgbImage.Create(20, 300);
        large.Fill(0, 0, 20, 300, _red);
        PictureGrid grid = new("photo") { CellWidth = 256 };
        grid.AddRow("", PictureCell.Of(large));
        Assert.That(Count(grid.Render(), _red), Is.EqualTo(300 * 20));
    }

    [Test]
    public void A_bar_of_colours_goes_from_one_end_to_the_other()
    {
        PictureGrid grid = new("photo");
        grid.AddRow("", PictureCell.Of(RgbImage.Create(32, 64)));
        grid.AddLegend(
            "depth: 1 to 5 m",
            place =>
                place == 0 ? _red
                : place == 1 ? _blue
                : new Rgb(0, 200, 0)
        );
        RgbImage drawn = grid.Render();
        // A column of each end, twelve pixels high without the frame, and between them the rest.
        Assert.That(Count(drawn, _red), Is.EqualTo(Count(drawn, _blue)).And.GreaterThan(0));
        Assert.That(Count(drawn, new Rgb(0, 200, 0)), Is.GreaterThan(50 * Count(drawn, _red)));
    }

    [Test]
    public void A_missing_label_is_hatched_and_a_blank_cell_is_white()
    {
        RgbImage red = RgbImage.Create(128, 256);
        red.Fill(0, 0, 128, 256, _red);
        PictureGrid blank = new("a", "b");
        blank.AddRow("", PictureCell.Of(red), PictureCell.Blank);
        PictureGrid hatched = new("a", "b");
        hatched.AddRow("", PictureCell.Of(red), PictureCell.NoLabel);

        int whiteWhenBlank = Count(blank.Render(), Rgb.White),
            whiteWhenHatched = Count(hatched.Render(), Rgb.White);
        Assert.That(whiteWhenBlank - whiteWhenHatched, Is.EqualTo(256 * 128));
        Assert.That(Count(hatched.Render(), new Rgb(175, 175, 175)), Is.GreaterThan(256 * 128 / 4));
    }

    [Test]
    public void Captions_titles_and_a_legend_are_drawn()
    {
        RgbImage red = RgbImage.Create(32, 64);
        int plain = Ink(new PictureGrid("") { Title = "" }, red, "");
        Assert.That(Ink(new PictureGrid("") { Title = "Title" }, red, ""), Is.GreaterThan(plain));
        Assert.That(Ink(new PictureGrid("photo"), red, ""), Is.GreaterThan(plain));
        Assert.That(Ink(new PictureGrid(""), red, "scene 1\nlabels"), Is.GreaterThan(plain));
        PictureGrid legend = new("");
        legend.AddLegend(new SegmentationTask("seg", 2, ["sky", "road"]));
        Assert.That(Ink(legend, red, ""), Is.GreaterThan(plain));
    }

    [Test]
    public void A_file_is_written_whole_and_reads_back_the_same()
    {
        RgbImage picture = RgbImage.Create(3, 5);
        picture[2, 4] = new Rgb(1, 2, 3);
        string path = Path.Combine(_folder, "new", "picture.png");
        picture.SavePng(path);
        using Image read = Image.NewFromFile(path);

        Assert.That((read.Width, read.Height, read.Bands), Is.EqualTo((5, 3, 3)));
        Assert.That(read.WriteToMemory<byte>(), Is.EqualTo(picture.Data.ToArray()));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(path)!), Is.EqualTo(new[] { path }), "no temporary file is left");
    }

    [Test]
    public void An_unwritable_place_is_an_io_error()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.That(
            () => RgbImage.Create(1, 1).SavePng(Path.Combine(file, "picture.png")),
            Throws.InstanceOf<IOException>().With.Message.Contains(file)
        );
    }

    [Test]
    public void Wrong_rows_and_sizes_are_refused()
    {
        PictureGrid grid = new("a", "b");
        Assert.That(() => grid.AddRow("", PictureCell.Blank), Throws.ArgumentException.With.Message.Contains("2 cells"));
        Assert.That(grid.Render, Throws.InvalidOperationException);
        Assert.That(() => new PictureGrid(), Throws.ArgumentException);
        Assert.That(() => new PictureGrid("a") { CellWidth = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => RgbImage.Create(1, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => RgbImage.Create(65535, 65535), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => RgbImage.Create(2, 2)[2, 0], Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Text_that_is_too_wide_is_cut_and_says_so()
    {
        Assert.That(BitmapFont.Measure("abc", 2), Is.EqualTo(34));
        Assert.That(BitmapFont.Fit("abcdefgh", 35, 1), Is.EqualTo("abcd.."));
        Assert.That(BitmapFont.Fit("abc", 34, 2), Is.EqualTo("abc"));
        Assert.That(BitmapFont.Fit("abc", 0, 1), Is.Empty);
    }

    [Test]
    public void Every_printable_character_has_a_shape_of_its_own()
    {
        HashSet<string> shapes = [];
        for (char c = ' '; c <= '~'; c++)
        {
            RgbImage dots = RgbImage.Create(BitmapFont.GlyphHeight, BitmapFont.GlyphWidth);
            BitmapFont.Draw(dots, 0, 0, c.ToString(), Rgb.White, 1);
            Assert.That(shapes.Add(Convert.ToHexString(dots.Data)), c.ToString());
        }
    }

    private static int Ink(PictureGrid grid, RgbImage picture, string caption)
    {
        grid.AddRow(caption, PictureCell.Of(picture));
        return Count(grid.Render(), new Rgb(30, 30, 30));
    }

    private static int Count(RgbImage picture, Rgb color)
    {
        int count = 0;
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
                count += picture[y, x] == color ? 1 : 0;
        }
        return count;
    }
}
