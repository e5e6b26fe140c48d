using Jtr.Interop.Reporting;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Reporting;

public sealed class ComparisonReportTests
{
    private static readonly Rgb _orange = new(0xD9, 0x73, 0x0D);

    // As 'jtr compare' writes it: what is null is left out.
    private const string Document = """
        { "Plan": { "Settings": { "Data": { "Data": "photos" }, "Width": 8 }, "EvalEvery": 50 },
          "Headlines": [ { "Task": "seg", "Metric": "mIoU", "Unit": "%", "HigherIsBetter": true } ],
          "Methods": [
            { "Name": "supervised", "Scores": [ { "Mean": 20, "Deviation": 1.5, "Count": 2 } ], "DeltaPercent": { "Mean": 0,
              "Deviation": 0, "Count": 2 },
              "Runs": [ { "Seed": 1, "Headlines": [ 21.5 ], "Record": { "Scores": [ { "Step": 50, "Headlines": [ 10 ] }, { "Step": 100,
                "Headlines": [ 21.5 ] } ], "TimedSteps": 100, "Seconds": 50, "ProcessorSeconds": 80 } },
                        { "Seed": 2, "Headlines": [ 18.5 ], "Record": { "Scores": [ { "Step": 50, "Headlines": [ 12 ] }, { "Step": 100,
                          "Headlines": [ 18.5 ] } ], "TimedSteps": 100, "Seconds": 25, "ProcessorSeconds": 80, "PeakMebibytes": 900 } } ] },
            { "Name": "jtr", "Scores": [ { "Mean": 25, "Count": 1 } ], "DeltaPercent": { "Mean": 16.28, "Count": 1 },
              "Runs": [ { "Seed": 1, "Headlines": [ null ], "Record": { "Scores": [ { "Step": 100, "Headlines": [ 25 ] }, { "Step": 50,
                "Headlines": [ null ] } ], "TimedSteps": 0, "Seconds": 0, "ProcessorSeconds": 0 } } ] } ] }
        """;

    [Test]
    public void The_tables_the_curves_and_the_settings_of_a_comparison_are_on_the_page()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("comparison.json"), Document);
        ReportPage page = ComparisonReport.Read(folder.Path);
        IReadOnlyList<IReadOnlyList<string>> scores = page.Parts.OfType<ReportTable>().First().Cells;
        Assert.That(scores[0], Is.EqualTo(new[] { "method", "seg mIoU % (higher)", "Delta %", "seeds" }));
        Assert.That(scores[1], Is.EqualTo(new[] { "supervised", "20.00 ± 1.50", "0.00 ± 0.00", "2" }));
        Assert.That(scores[2], Is.EqualTo(new[] { "jtr", "25.00", "+16.28", "1" }));
        ReportChart chart = page.Parts.OfType<ReportCurves>().Single().Charts.Single();
        Assert.That(chart.Curves[0].Points, Is.EqualTo(new[] { (50.0, 11.0), (100.0, 20.0) }), "means over seeds");
        Assert.That(chart.Curves[1].Points, Is.EqualTo(new[] { (100.0, 25.0) }));
        Assert.That(
            page.Parts.OfType<ReportTable>().ElementAt(1).Cells[1],
            Is.EqualTo(new[] { "supervised", "3.00", "800.0", "900", "-" }),
            "mean of 2 and 4 steps a second"
        );
        Assert.That(page.ToHtml(), Does.Contain("<td>Settings.Data.Data</td><td>photos</td>"));
    }

    [Test]
    public void Scores_that_were_taken_at_the_end_only_have_no_curves()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(
            folder.File("comparison.json"),
            Document.Replace("{ \"Step\": 50,", "{ \"Step\": 100,", StringComparison.Ordinal)
        );
        Assert.That(ComparisonReport.Read(folder.Path).Parts.OfType<ReportCurves>(), Is.Empty);
    }

    [Test]
    public void A_browser_draws_the_bars_of_a_comparison()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("comparison.json"), Document);
        (RgbImage drawn, string complaints) = Browser.Open(ComparisonReport.Save(folder.Path), folder.File("page.png"), 1000, 1200);
        Assert.That(complaints, Is.Empty);
        // The bar of +16.28, the longest, is a filled rectangle: 610 of the 860 units of a picture that is as wide as the page lets it be.
        int longest = RunReportTests.Find(drawn, _orange).GroupBy(p => p.Y).Max(g => g.Count());
        Assert.That(longest, Is.InRange(580, 670));
    }

    [Test]
    public void Another_document_is_refused_by_name([Values("{", "{}", "{\"Plan\":{},\"Headlines\":1,\"Methods\":[]}")] string document)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("comparison.json"), document);
        Assert.That(() => ComparisonReport.Save(folder.Path), Throws.TypeOf<JtrFormatException>().With.Message.Contains("comparison.json"));
    }

    [Test]
    public void A_table_of_ragged_lines_is_refused() =>
        Assert.That(
            () =>
                new ReportPage(
                    "t",
                    "",
                    [
                        new ReportTable(
                            "ragged",
                            [
                                ["a", "b"],
                                ["c"],
                            ]
                        ),
                    ]
                ).ToHtml(),
            Throws.ArgumentException.With.Message.Contains("ragged")
        );
}
