using Jtr.Interop.Evaluation;
using Jtr.Interop.Reporting;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Reporting;

public sealed class RunReportTests
{
    // HtmlPage's colours of a curve in light pages: what a reader of the picture looks for.
    private static readonly Rgb _blue = new(0x25, 0x63, 0xB8),
        _orange = new(0xD9, 0x73, 0x0D),
        _magenta = new(0xFE, 0x01, 0xDC);

    [Test]
    public void A_browser_draws_the_curves_the_table_and_the_picture_of_a_run()
    {
        using TemporaryFolder folder = new();
        MakeRun(folder.Path, seed: 1, miou: 41.25);
        string page = RunReport.Save(folder.Path);
        (RgbImage drawn, string complaints) = Browser.Open(page, folder.File("page.png"), 1280, 2400);
        Assert.That(complaints, Is.Empty);
        Assert.That((drawn.Width, drawn.Height), Is.EqualTo((1280, 2400)));

        // A chart is at least 440 wide, of which a curve crosses 0.85: where it is drawn at all, its colour is in most of those columns.
        HashSet<int> columns = [.. Find(drawn, _blue).Select(p => p.X)];
        Assert.That(columns, Has.Count.GreaterThan(370), "columns with the colour of the first curve");
        // The second curves (dist; the second task) start below the first ones and are flat at their end.
        Assert.That(Find(drawn, _orange).Count(), Is.GreaterThan(370));
        // The picture of predictions, a square of 64 x 64, is there in its size and its colour, below the curves.
        (int X, int Y)[] square = [.. Find(drawn, _magenta)];
        Assert.That(square, Has.Length.EqualTo(64 * 64));
        Assert.That(square.Min(p => p.Y), Is.GreaterThan(Find(drawn, _blue).Max(p => p.Y)));
        // Ink to the right edge of no chart: nothing is cut off or wider than the page.
        Assert.That(
            Enumerable.Range(0, drawn.Height).Select(y => drawn[y, drawn.Width - 4]).Distinct(),
            Is.EqualTo(new[] { drawn[1, 1] }),
            "the margin is empty"
        );
    }

    [Test]
    public void The_page_needs_nothing_from_outside_and_holds_scores_settings_and_machine()
    {
        using TemporaryFolder folder = new();
        MakeRun(folder.Path, seed: 5, miou: 41.25);
        using (Trainer trainer = SmallModel.Create())
            trainer.Save(folder.File("checkpoint.safetensors"));
        EvaluationResult baseline = Scores(20);
        string html = File.ReadAllText(RunReport.Save(folder.Path, baseline: baseline));
        Assert.That(
            html,
            Does.Contain("<b>41.25 %</b>").And.Contain("seg: mIoU, higher is better").And.Contain("Delta % over the baseline")
        );
        Assert.That(html, Does.Contain("sky &amp; &lt;cloud&gt;"), "names are text, not HTML");
        Assert.That(html, Does.Contain("<th>seed</th><td>7</td>").And.Contain(JtrRuntime.TorchVersion));
        // Whatever a page could load begins with one of these.
        foreach (string outside in new[] { "http:", "https:", "src=\"/", "href=", "url(", "@import", "<script" })
            Assert.That(html, Does.Not.Contain(outside));
    }

    [Test]
    public void Settings_are_those_of_the_configuration_by_the_names_that_people_write()
    {
        using TemporaryFolder folder = new();
        MakeRun(folder.Path, seed: 5, miou: 41.25);
        using (Trainer trainer = SmallModel.Create())
            trainer.Save(folder.File("checkpoint.safetensors"));
        File.WriteAllText(
            folder.File("config.json"),
            """{ "data": { "data": ["photos", "more <photos>"], "test": null }, "benchmark": {}, """
                + """ "training": { "method": "mtpsl", "width": 8, "seed": 3, "augment": true } }"""
        );
        string html = File.ReadAllText(RunReport.Save(folder.Path));
        Assert.That(
            html,
            Does.Contain("<th>data.data</th><td>photos, more &lt;photos&gt;</td>")
                .And.Contain("<th>training.augment</th><td>true</td>")
                .And.Contain("mtpsl, width 8, seed 3")
        );
        File.WriteAllText(
            folder.File("config.json"),
            """{ "network": { "backbone": "resnet18", "decoder": "pyramid" }, "training": { "method": "jtr", "width": 16, "seed": 3 } }"""
        );
        Assert.That(File.ReadAllText(RunReport.Save(folder.Path)), Does.Contain("jtr, resnet18 and pyramid, seed 3"));
        Assert.That(html, Does.Not.Contain("data.test").And.Not.Contain("jtr-interop."), "what is not said, and what only programs read");
        File.WriteAllText(folder.File("config.json"), "[1");
        Assert.That(() => RunReport.Save(folder.Path), Throws.TypeOf<JtrFormatException>().With.Message.Contains("config.json"));
    }

    [Test]
    public void Parts_of_ones_own_stand_behind_the_scores()
    {
        using TemporaryFolder folder = new();
        MakeRun(folder.Path, seed: 5, miou: 41.25);
        ReportPart[] parts =
        [
            new ReportTable(
                "Rooms <by area>",
                [
                    ["room", "m2"],
                    ["hall", "12"],
                ]
            ),
            new ReportHtml("Plan", "<svg viewBox=\"0 0 1 1\"><rect width=\"1\" height=\"1\"/></svg>"),
        ];
        string html = File.ReadAllText(RunReport.Save(folder.Path, parts: parts));
        int scores = html.IndexOf("Scores on", StringComparison.Ordinal),
            table = html.IndexOf("<h2>Rooms &lt;by area&gt;</h2>", StringComparison.Ordinal),
            plan = html.IndexOf("<h2>Plan</h2>\n<svg viewBox=\"0 0 1 1\">", StringComparison.Ordinal);
        Assert.That(scores, Is.Positive);
        Assert.That(table, Is.GreaterThan(scores));
        Assert.That(plan, Is.GreaterThan(table));
        Assert.That(
            () => RunReport.Save(folder.Path, parts: [new ReportTable("Rooms", [])]),
            Throws.ArgumentException.With.Message.Contains("'Rooms' needs a heading")
        );
    }

    [Test]
    public void Scores_that_were_taken_once_have_no_chart()
    {
        using TemporaryFolder folder = new();
        MakeRun(folder.Path, seed: 5, miou: 41.25);
        Assert.That(File.ReadAllText(RunReport.Save(folder.Path)), Does.Contain("Score: seg, mIoU %"));
        File.WriteAllText(folder.File("history.csv"), "step,task,metric,value\n200,seg,mIoU,41.25\n");
        string html = File.ReadAllText(RunReport.Save(folder.Path));
        Assert.That(html, Does.Not.Contain("Score: seg, mIoU").And.Contain("<figcaption>Loss</figcaption>"));
        File.Delete(folder.File("progress.csv"));
        Assert.That(File.ReadAllText(RunReport.Save(folder.Path)), Does.Not.Contain("Curves"), "no heading without charts");
    }

    [Test]
    public void A_curve_that_begins_far_above_the_others_leaves_the_chart_instead_of_running_along_its_edge()
    {
        (double X, double Y)[] points = [.. Enumerable.Range(0, 200).Select(i => ((double)i, i < 2 ? 1000.0 : 1 + i % 3))];
        string html = new LineChart("Loss", [new LineSeries("loss", points, 0)]).ToHtml();
        double[] heights =
        [
            .. System
                .Text.RegularExpressions.Regex.Matches(html.Split("raw c0")[1].Split("/>")[0], @"[ML][\d.]+ (-?[\d.]+)")
                .Select(m => double.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)),
        ];
        Assert.That(heights, Has.Length.EqualTo(200));
        Assert.That(heights[0], Is.Negative, "above the picture, whose inner picture cuts it off");
        Assert.That(heights[2..], Is.All.InRange(10, 270));
        Assert.That(html.Split("<svg"), Has.Length.EqualTo(3), "a picture and one within it");
    }

    [Test]
    public void A_running_mean_is_not_late_and_forgets_the_first_losses()
    {
        (double X, double Y)[] points = [.. Enumerable.Range(0, 200).Select(i => ((double)i, i == 0 ? 1e6 : 100.0 - i / 2.0))];
        IReadOnlyList<(double X, double Y)> smooth = LineChart.Smooth(points);
        Assert.That(smooth.Select(p => p.X), Is.EqualTo(points.Select(p => p.X)));
        // Five points to each side: of a straight line the mean is the line.
        Assert.That(smooth.Skip(11).Select(p => p.Y), Is.EqualTo(points.Skip(11).Select(p => p.Y)).Within(1e-9), "rounding");
        Assert.That(smooth[0].Y, Is.EqualTo(1e6), "an end has no neighbours on one side");
    }

    [Test]
    public void Two_runs_share_charts_and_a_table()
    {
        using TemporaryFolder folder = new();
        MakeRun(folder.File("first"), seed: 1, miou: 40);
        MakeRun(folder.File("second"), seed: 2, miou: 44);
        RunReport.SaveComparison([folder.File("first"), folder.File("second")], folder.File("both.html"));
        string html = File.ReadAllText(folder.File("both.html"));
        // (44 - 40) / 40 = 10 % in one task, 0 in the other.
        Assert.That(html, Does.Contain("<td class=\"number\">+5.00</td>"));
        Assert.That(
            Count(html, "</i>first</span>"),
            Is.EqualTo(Count(html, "</i>second</span>")).And.GreaterThan(3),
            "both in each legend"
        );
        Assert.That(() => RunReport.SaveComparison([folder.File("first")], folder.File("one.html")), Throws.ArgumentException);
    }

    [Test]
    public void Scores_in_between_of_names_in_quotes_are_read()
    {
        using TemporaryFolder folder = new();
        MakeRun(folder.Path, seed: 1, miou: 40);
        File.WriteAllText(
            folder.File("history.csv"),
            "step,task,metric,value\n100,\"depth, \"\"near\"\"\",\"error, absolute\",0.5\n200,seg,mIoU,3"
        );
        Assert.That(
            RunFiles.Read(folder.Path).Scores,
            Is.EqualTo(new[] { (100L, "depth, \"near\"", "error, absolute", 0.5), (200L, "seg", "mIoU", 3.0) })
        );
    }

    [Test]
    public void A_folder_that_is_not_a_runs_is_refused_by_name()
    {
        using TemporaryFolder folder = new();
        Assert.That(
            () => RunReport.Save(folder.Path),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(folder.Path).And.Message.Contains("progress.csv")
        );
        Assert.That(() => RunReport.Save(folder.File("absent")), Throws.InstanceOf<IOException>().With.Message.Contains("absent"));
        File.WriteAllText(folder.File("results.json"), "{");
        Assert.That(() => RunReport.Save(folder.Path), Throws.TypeOf<JtrFormatException>().With.Message.Contains("results.json"));
    }

    [Test]
    public void Ticks_are_round_numbers_within_the_range()
    {
        Assert.That(LineChart.Ticks(0, 60, 6), Is.EqualTo(new double[] { 0, 10, 20, 30, 40, 50, 60 }));
        Assert.That(LineChart.Ticks(0.193, 0.282, 5), Is.EqualTo(new[] { 0.2, 0.22, 0.24, 0.26, 0.28 }).Within(1e-12), "rounding");
    }

    [Test]
    public void Long_curves_are_thinned_to_means()
    {
        (double X, double Y)[] points = [.. Enumerable.Range(0, 4000).Select(i => ((double)i, i % 2 == 0 ? 0.0 : 2))];
        IReadOnlyList<(double X, double Y)> thin = LineChart.Thin([.. points, (4000, double.NaN)]);
        Assert.That(thin, Has.Count.EqualTo(400));
        Assert.That(thin.Select(p => p.Y), Is.All.EqualTo(1), "of 10 neighbours each");
        Assert.That(thin[^1].X, Is.EqualTo(3999));
    }

    /// <summary>A run's folder with losses of 200 steps, scores, a picture.</summary>
    internal static void MakeRun(string folder, int seed, double miou)
    {
        using (
            RunRecorder recorder = new(
                folder,
                SmallModel.Tasks,
                options: new RunRecorderOptions { Interval = TimeSpan.Zero, TensorBoard = false }
            )
        )
        {
            Random random = new(seed);
            for (int step = 1; step <= 200; step++)
                recorder.Report(RunRecorderTests.Report(step, 200, 3 * Math.Exp(-step / 80.0) + 0.2 * random.NextDouble(), 1 + 1.0 / step));
        }
        File.WriteAllText(
            Path.Combine(folder, "history.csv"),
            $"step,task,metric,value\n100,seg,mIoU,30\n100,depth,absolute error,0.5\n200,seg,mIoU,{miou}\n200,depth,absolute error,0.4\n"
        );
        Scores(miou).SaveJson(Path.Combine(folder, "results.json"));
        RgbImage picture = RgbImage.Create(80, 96);
        picture.Fill(0, 0, 80, 96, Rgb.White);
        picture.Fill(8, 16, 64, 64, _magenta);
        picture.SavePng(Path.Combine(folder, "predictions.png"));
    }

    private static EvaluationResult Scores(double miou) =>
        new(
            10,
            new TaskResult(
                "seg",
                TaskKind.Segmentation,
                10,
                1000,
                [new("mIoU", miou, "%", true, true)],
                [new("sky & <cloud>", miou), new("road", double.NaN)]
            ),
            new TaskResult("depth", TaskKind.Depth, 10, 1000, [new("absolute error", 0.4, "m", false, true)])
        );

    internal static IEnumerable<(int X, int Y)> Find(RgbImage image, Rgb color)
    {
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                if (image[y, x] == color)
                    yield return (x, y);
            }
        }
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
