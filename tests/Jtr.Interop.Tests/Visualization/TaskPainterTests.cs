using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Visualization;

public sealed class TaskPainterTests
{
    private static readonly SegmentationTask _rooms = new("rooms", 3);

    [Test]
    public void Classes_of_known_data_sets_have_the_colours_of_their_authors()
    {
        // cityscapesScripts, labels.py; CamVid's papers; SceneNet RGB-D.
        Assert.That(
            ClassPalette.For(new SegmentationTask("s", 2, ["road", "rider"])),
            Is.EqualTo(new[] { new Rgb(128, 64, 128), new Rgb(255, 0, 0) })
        );
        Assert.That(
            ClassPalette.For(new SegmentationTask("s", 2, ["flat", "human"])),
            Is.EqualTo(new[] { new Rgb(128, 64, 128), new Rgb(220, 20, 60) })
        );
        Assert.That(
            ClassPalette.For(new SegmentationTask("s", 2, ["sky", "tree"])),
            Is.EqualTo(new[] { new Rgb(128, 128, 128), new Rgb(128, 128, 0) })
        );
        Assert.That(
            ClassPalette.For(new SegmentationTask("s", 2, ["bed", "tv"])),
            Is.EqualTo(new[] { new Rgb(0, 0, 255), new Rgb(0, 167, 156) })
        );
        Assert.That(
            ClassPalette.For(new SegmentationTask("s", 2, ["bed", "tree"])),
            Is.EqualTo(new[] { new Rgb(230, 25, 75), new Rgb(60, 180, 75) }),
            "of no one data set"
        );
    }

    [Test]
    public void A_photograph_keeps_its_colours()
    {
        RgbImage picture = TaskPainter.PaintImage(
            [
                1,
                0, /**/
                0.5f,
                0, /**/
                -1,
                2,
            ],
            height: 1,
            width: 2
        );
        Assert.That((picture.Width, picture.Height), Is.EqualTo((2, 1)));
        Assert.That(picture[0, 0], Is.EqualTo(new Rgb(255, 128, 0)));
        Assert.That(picture[0, 1], Is.EqualTo(new Rgb(0, 0, 255)));
    }

    [Test]
    public void A_class_has_the_same_colour_in_label_and_prediction_and_void_is_black()
    {
        IReadOnlyList<Rgb> palette = ClassPalette.For(_rooms);
        RgbImage label = TaskPainter.PaintLabel(_rooms, [2, -1, 0], 1, 3);
        RgbImage prediction = TaskPainter.PaintPrediction(
            _rooms,
            [
                0,
                0,
                9, /**/
                0,
                3,
                0, /**/
                5,
                0,
                0,
            ],
            1,
            3
        );

        Assert.That(Row(label), Is.EqualTo(new[] { palette[2], Rgb.Black, palette[0] }));
        Assert.That(Row(prediction), Is.EqualTo(new[] { palette[2], palette[1], palette[0] }));
    }

    [Test]
    public void Two_depths_in_a_shared_range_have_shared_colours()
    {
        DepthTask depth = new();
        ValueRange range = ValueRange.Of([1f, 0f, 3f], depth.InvalidLabel)!.Value;
        Assert.That(range, Is.EqualTo(new ValueRange(1, 3)));
        RgbImage label = TaskPainter.PaintLabel(depth, [1, 0, 3], 1, 3, range);
        RgbImage prediction = TaskPainter.PaintPrediction(depth, [3, 0, 2], 1, 3, range);

        Assert.That(Row(label), Is.EqualTo(new[] { Colormap.Viridis(0), Rgb.Black, Colormap.Viridis(1) }));
        Assert.That(
            Row(prediction),
            Is.EqualTo(new[] { Colormap.Viridis(1), Colormap.Viridis(0), Colormap.Viridis(0.5) }),
            "a predicted 0 is a depth, not a hole"
        );
    }

    [Test]
    public void A_label_without_any_depth_is_black() =>
        Assert.That(Row(TaskPainter.PaintLabel(new DepthTask(), [0, 0], 1, 2)), Has.All.EqualTo(Rgb.Black));

    [Test]
    public void Normals_are_shifted_into_colours_and_void_is_black()
    {
        RgbImage picture = TaskPainter.PaintLabel(
            new NormalsTask(),
            [
                1,
                0, /**/
                0,
                0, /**/
                -1,
                0,
            ],
            1,
            2
        );
        Assert.That(Row(picture), Is.EqualTo(new[] { new Rgb(255, 128, 0), Rgb.Black }));
    }

    [Test]
    public void Maps_are_magma_and_grey_where_there_is_no_value()
    {
        RgbImage one = TaskPainter.PaintLabel(new MapTask("edges"), [0, 1, float.NaN], 1, 3);
        Assert.That(Row(one), Is.EqualTo(new[] { Colormap.Magma(0), Colormap.Magma(1), new Rgb(96, 96, 96) }));

        RgbImage strongest = TaskPainter.PaintPrediction(
            new MapTask("flow", 2),
            [
                0.25f,
                float.NaN, /**/
                0.75f,
                0.5f,
            ],
            1,
            2
        );
        Assert.That(Row(strongest), Is.EqualTo(new[] { Colormap.Magma(0.75), Colormap.Magma(0.5) }));
    }

    [Test]
    public void Camvid_classes_have_the_colours_of_its_papers()
    {
        Assert.That(
            ClassPalette.For(new SegmentationTask("seg", 3, ["sky", "Road", "car"])),
            Is.EqualTo(new Rgb[] { new(128, 128, 128), new(128, 64, 128), new(64, 0, 128) })
        );
        Assert.That(
            ClassPalette.For(new SegmentationTask("seg", 3, ["sky", "road", "sofa"])),
            Is.EqualTo(ClassPalette.For(_rooms)),
            "one unknown class and none is named"
        );
    }

    [Test]
    public void Sixty_classes_have_sixty_colours_and_none_is_black()
    {
        IReadOnlyList<Rgb> palette = ClassPalette.For(new SegmentationTask("seg", 60));
        Assert.That(palette, Is.Unique);
        Assert.That(palette, Has.None.EqualTo(Rgb.Black));
    }

    [Test]
    public void A_range_ignores_void_and_never_is_empty()
    {
        Assert.That(ValueRange.Of([0, float.NaN, 0], except: 0), Is.Null);
        Assert.That(ValueRange.Of([2, 2]), Is.EqualTo(new ValueRange(1.5f, 2.5f)));
        Assert.That(new ValueRange(1, 3).Place(2), Is.EqualTo(0.5));
    }

    [Test]
    public void A_wrong_size_is_refused()
    {
        Assert.That(
            () => TaskPainter.PaintImage(new float[11], 2, 2),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("image")
        );
        Assert.That(
            () => TaskPainter.PaintLabel(_rooms, new float[5], 2, 2),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("label")
        );
        Assert.That(
            () => TaskPainter.PaintPrediction(_rooms, new float[4], 2, 2),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("prediction")
        );
    }

    private static Rgb[] Row(RgbImage picture) => [.. Enumerable.Range(0, picture.Width).Select(x => picture[0, x])];
}
