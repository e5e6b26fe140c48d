using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Visualization;

/// <summary>Classes, tags and values of whole photographs in pictures: words.</summary>
public sealed class WordPainterTests
{
    private static readonly ClassificationTask _room = new("room", 4, ["bath", "hall", "kitchen", "attic"]);
    private static readonly TagsTask _tags = new("tags", 3, ["hat", "coat", "cape"]);
    private static readonly RegressionTask _age = new("age") { Unit = "years" };
    private static readonly RegressionTask _pose = new("pose", 2, ["yaw", "pitch"]) { Unit = "deg" };

    [Test]
    public void Labels_say_what_they_hold()
    {
        Assert.That(Label(_room, 2), Is.EqualTo(new[] { "kitchen" }));
        Assert.That(Label(_room, -1), Is.EqualTo(new[] { "no label" }));
        Assert.That(Label(_tags, 1, 0, 1), Is.EqualTo(new[] { "hat", "cape" }));
        Assert.That(Label(_tags, 0, 0, 0), Is.EqualTo(new[] { "none" }));
        Assert.That(Label(_tags, 0, float.NaN, 1), Is.EqualTo(new[] { "cape", "?" }), "others may be there");
        Assert.That(Label(_age, 41.256f), Is.EqualTo(new[] { "41.26 years" }));
        Assert.That(Label(_pose, -3, float.NaN), Is.EqualTo(new[] { "yaw -3 deg", "pitch ? deg" }));
    }

    [Test]
    public void Predictions_say_it_with_their_probabilities()
    {
        // exp: 20, 28, 50, 2 of 100: the last is improbable.
        float[] logits = [MathF.Log(20), MathF.Log(28), MathF.Log(50), MathF.Log(2)];
        Assert.That(Prediction(_room, logits), Is.EqualTo(new[] { "kitchen 50 %", "hall 28 %", "bath 20 %" }));
        Assert.That(Prediction(_room, 0, 9, 0, 0), Is.EqualTo(new[] { "hall 100 %" }));
        Assert.That(Prediction(_tags, MathF.Log(1.5f), -1, MathF.Log(4)), Is.EqualTo(new[] { "cape 80 %", "hat 60 %" }));
        Assert.That(Prediction(_tags, -1, -1, 0), Is.EqualTo(new[] { "none" }));
        Assert.That(Prediction(_pose, 1.5f, 100), Is.EqualTo(new[] { "yaw 1.5 deg", "pitch 100 deg" }));
        Assert.That(
            LabelPainter.Of(_tags.Kind).LabelWords(_tags, [1, 0, 0], [0.75f, 0.2f, 0.1f]),
            Is.EqualTo(new[] { "hat 75 %" }),
            "in the form of a label"
        );
    }

    [Test]
    public void Kinds_of_pixels_have_no_words() =>
        Assert.That(LabelPainter.Of(TaskKind.Depth).LabelWords(new DepthTask(), new float[4], []), Is.Empty);

    [Test]
    public void Words_are_painted_on_black()
    {
        RgbImage picture = TaskPainter.PaintLabel(_room, [1], 32, 96);
        RgbImage other = TaskPainter.PaintLabel(_room, [0], 32, 96);
        Assert.That(Whites(picture), Is.GreaterThan(20));
        Assert.That(picture.Data.SequenceEqual(other.Data), Is.False);
        Assert.That(Whites(TaskPainter.PaintPrediction(_pose, [1, 2], 32, 96)), Is.GreaterThan(40));
        Assert.That(() => TaskPainter.PaintLabel(_room, new float[32 * 96], 32, 96), Throws.ArgumentException);
    }

    [Test]
    public void Letters_grow_with_the_picture_and_what_has_no_room_is_counted()
    {
        RgbImage small = Gray(32, 96),
            large = Gray(320, 960);
        PictureOverlay.Write(small, ["hall"]);
        PictureOverlay.Write(large, ["hall"]);
        Assert.That(Whites(large), Is.EqualTo(25 * Whites(small)), "letters of 5 dots a pixel");
        // 32 rows have three lines of 9.
        RgbImage three = Gray(32, 96),
            cut = Gray(32, 96);
        PictureOverlay.Write(three, ["a", "b", "+3"]);
        PictureOverlay.Write(cut, ["a", "b", "c", "d", "e"]);
        Assert.That(cut.Data.SequenceEqual(three.Data));
    }

    [Test]
    public void A_grid_writes_words_on_the_enlarged_photograph_so_that_they_can_be_read()
    {
        RgbImage photograph = Gray(32, 64);
        RgbImage with = Render(PictureCell.OfLabel(_room, [2], photograph)),
            without = Render(PictureCell.Of(photograph));
        Assert.That((with.Width, with.Height), Is.EqualTo((without.Width, without.Height)));
        Assert.That(Whites(photograph), Is.Zero, "the photograph itself stays as it is");
        // Letters of 2 x 2 pixels on a photograph that is enlarged four times.
        Assert.That(Whites(with) - Whites(without), Is.Positive.And.EqualTo(4 * Whites(TaskPainter.PaintLabel(_room, [2], 32, 64))));
        float[] seg = [.. Enumerable.Range(0, 32 * 64).Select(i => (float)(i % 2))];
        SegmentationTask task = new("seg", 2);
        Assert.That(
            Render(PictureCell.OfLabel(task, seg, photograph))
                .Data.SequenceEqual(Render(PictureCell.Of(TaskPainter.PaintLabel(task, seg, 32, 64))).Data)
        );
        Assert.That(Render(PictureCell.OfPrediction(_tags, [1, 1, -1], photograph)).Data.SequenceEqual(without.Data), Is.False);
    }

    private static IReadOnlyList<string> Label(VisionTask task, params float[] label) =>
        LabelPainter.Of(task.Kind).LabelWords(task, label, []);

    private static IReadOnlyList<string> Prediction(VisionTask task, params float[] prediction) =>
        LabelPainter.Of(task.Kind).PredictionWords(task, prediction);

    private static RgbImage Gray(int height, int width)
    {
        RgbImage picture = RgbImage.Create(height, width);
        picture.Fill(0, 0, height, width, new Rgb(90, 90, 90));
        return picture;
    }

    private static RgbImage Render(PictureCell cell)
    {
        PictureGrid grid = new("x");
        grid.AddRow("", cell);
        return grid.Render();
    }

    private static int Whites(RgbImage picture)
    {
        int count = 0;
        for (int i = 0; i < picture.Data.Length; i += 3)
            count += picture.Data[i] == 255 && picture.Data[i + 1] == 255 && picture.Data[i + 2] == 255 ? 1 : 0;
        return count;
    }
}
