using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Evaluation;

public sealed class EvaluationResultTests
{
    private static EvaluationResult Result(double miou, double depth, double angle) =>
        new(
            10,
            new TaskResult(
                "segmentation",
                TaskKind.Segmentation,
                10,
                100,
                [new("mIoU", miou, "%", true, true), new("pixel accuracy", 50, "%", true, false)],
                [new("wall", 40), new("bed, large", double.NaN)]
            ),
            new TaskResult("depth", TaskKind.Depth, 10, 90, [new("absolute error", depth, "m", false, true)]),
            new TaskResult("normals", TaskKind.Normals, 10, 80, [new("mean angle", angle, "deg", false, true)])
        );

    [Test]
    public void Delta_percent_of_the_published_nyu_v2_numbers_is_the_published_one()
    {
        // Nishi et al., CVPR 2024, NYU-v2 randomlabels: supervised against JTR, MTPSL and consistency. The table's scores are rounded to
        // four digits, which moves Delta % by up to 0.02.
        EvaluationResult supervised = Result(27.05, 0.6624, 33.58);
        Assert.That(Result(37.08, 0.5541, 29.44).DeltaPercent(supervised), Is.EqualTo(21.92).Within(0.02));
        Assert.That(Result(35.60, 0.5576, 29.70).DeltaPercent(supervised), Is.EqualTo(19.66).Within(0.02));
        Assert.That(Result(29.50, 0.6224, 33.31).DeltaPercent(supervised), Is.EqualTo(5.300).Within(0.02));
    }

    [Test]
    public void Each_task_has_its_own_delta_and_better_is_positive()
    {
        DeltaResult delta = Result(40, 0.5, 33).CompareTo(Result(50, 1, 30));
        // Exact in a few roundings of double.
        Assert.That(delta.Tasks.Select(t => t.Percent), Is.EqualTo(new[] { -20.0, 50.0, -10.0 }).Within(1e-12));
        Assert.That(delta.Percent, Is.EqualTo(20.0 / 3).Within(1e-12));
        Assert.That(delta.Notes, Is.Empty);
        EvaluationResult self = Result(40, 0.5, 33);
        Assert.That(self.DeltaPercent(self), Is.Zero);
    }

    [Test]
    public void A_task_without_a_valid_pixel_is_left_out_of_delta_with_a_note()
    {
        EvaluationResult baseline = Result(50, 1, 30);
        DeltaResult delta = Result(60, double.NaN, 30).CompareTo(baseline);
        Assert.That(delta.Percent, Is.EqualTo(10).Within(1e-12));
        Assert.That(delta.Notes, Is.EqualTo(new[] { "task 'depth' is left out of Delta %: it had nothing to score" }));
        Assert.That(baseline.CompareTo(Result(60, double.NaN, 30)).Notes, Has.One.Contains("in the baseline"));
    }

    [Test]
    public void Tasks_that_only_one_side_has_are_noted()
    {
        EvaluationResult one = new(1, new TaskResult("depth", TaskKind.Depth, 1, 1, [new("absolute error", 1, "m", false, true)]));
        EvaluationResult other = new(1, new TaskResult("edges", TaskKind.Map, 1, 1, [new("L1", 1, "", false, true)]));
        DeltaResult delta = one.CompareTo(other);
        Assert.That(delta.Percent, Is.NaN);
        Assert.That(delta.Notes, Has.Count.EqualTo(2).And.Some.Contains("'depth'").And.Some.Contains("only the baseline has it"));
    }

    [Test]
    public void A_baseline_of_zero_is_noted_instead_of_divided_by()
    {
        DeltaResult delta = Result(40, 1, 30).CompareTo(Result(50, 0, 30));
        Assert.That(delta.Percent, Is.EqualTo(-10).Within(1e-12));
        Assert.That(delta.Notes, Has.One.Contains("is 0"));
    }

    [Test]
    public void Json_gives_back_every_number_exactly()
    {
        EvaluationResult result = Result(100.0 / 3, 0.1, double.NaN);
        EvaluationResult read = EvaluationResult.FromJson(result.ToJson());

        Assert.That(result.ToJson(), Does.Contain("\"value\": null"));
        Assert.That(read.Samples, Is.EqualTo(10));
        Assert.That(
            read.Tasks.Select(t => (t.Name, t.Kind, t.Samples, t.ValidCount)),
            Is.EqualTo(result.Tasks.Select(t => (t.Name, t.Kind, t.Samples, t.ValidCount)))
        );
        Assert.That(read.Tasks.SelectMany(t => t.Metrics), Is.EqualTo(result.Tasks.SelectMany(t => t.Metrics)));
        Assert.That(read["segmentation"].Classes, Is.EqualTo(result["segmentation"].Classes));
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("[1, 2]")]
    [TestCase("""{"format": "jtr-evaluation", "version": 2, "samples": 1, "tasks": []}""")]
    [TestCase("""{"format": "jtr-evaluation", "version": 1, "samples": 1, "tasks": []}""")]
    [TestCase("""{"format": "jtr-evaluation", "version": 1, "samples": 1, "tasks": [null]}""")]
    [TestCase(
        """{"format": "jtr-evaluation", "version": 1, "samples": 1, "tasks": """
            + """[{"name": "a", "kind": "taste", "samples": 1, "validCount": 1, "metrics": []}]}"""
    )]
    [TestCase(
        """{"format": "jtr-evaluation", "version": 1, "samples": 1, "tasks": """
            + """[{"name": "a", "kind": "map", "samples": 1, "validCount": 1, "metrics": null}]}"""
    )]
    public void Text_that_is_not_a_result_is_a_format_error(string json) =>
        Assert.That(() => EvaluationResult.FromJson(json), Throws.InstanceOf<JtrFormatException>());

    [Test]
    public void A_file_is_written_and_read_and_a_damaged_one_is_named()
    {
        string folder = Directory.CreateTempSubdirectory("jtr-test").FullName;
        try
        {
            string path = Path.Combine(folder, "new", "result.json");
            Result(40, 0.5, 33).SaveJson(path);
            Assert.That(EvaluationResult.LoadJson(path)["depth"].Headline.Value, Is.EqualTo(0.5));
            Assert.That(Directory.GetFiles(Path.GetDirectoryName(path)!), Is.EqualTo(new[] { path }), "no temporary file is left");

            File.WriteAllText(path, File.ReadAllText(path)[..40]);
            Assert.That(
                () => EvaluationResult.LoadJson(path),
                Throws.InstanceOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.StartsWith(path)
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Csv_has_a_line_for_each_score_and_quotes_commas()
    {
        string[] lines = Result(40, double.NaN, 33).ToCsv().TrimEnd('\n').Split('\n');
        Assert.That(
            lines,
            Is.EqualTo(
                new[]
                {
                    "task,kind,metric,value,unit,better,headline",
                    "segmentation,segmentation,mIoU,40,%,higher,1",
                    "segmentation,segmentation,pixel accuracy,50,%,higher,0",
                    "segmentation,segmentation,IoU wall,40,%,higher,0",
                    "segmentation,segmentation,\"IoU bed, large\",,%,higher,0",
                    "depth,depth,absolute error,,m,lower,1",
                    "normals,normals,mean angle,33,deg,lower,1",
                }
            )
        );
    }

    [Test]
    public void Csv_quotes_names_and_units_that_have_commas_quotes_or_ends_of_lines()
    {
        EvaluationResult result = new(
            1,
            new TaskResult("depth, \"near\"", TaskKind.Depth, 1, 1, [new("absolute\nerror", 0.5, "m, scaled", false, true)])
        );
        Assert.That(
            result.ToCsv(),
            Is.EqualTo(
                "task,kind,metric,value,unit,better,headline\n"
                    + "\"depth, \"\"near\"\"\",depth,\"absolute\nerror\",0.5,\"m, scaled\",lower,1\n"
            )
        );
    }

    [Test]
    public void A_table_aligns_its_columns()
    {
        Assert.That(
            Result(40, double.NaN, 33).ToTable(),
            Is.EqualTo(
                """
                task          metric          value  unit
                -----------------------------------------
                segmentation  mIoU            40.00  %
                              pixel accuracy  50.00  %
                depth         absolute error      -  m
                normals       mean angle      33.00  deg

                """
            )
        );
    }

    [Test]
    public void A_table_with_a_baseline_shows_both_and_the_improvement()
    {
        string table = Result(40, double.NaN, 33).ToTable(Result(50, 1, 30));
        Assert.That(table, Does.Contain("segmentation  mIoU            40.00     50.00  %      -20.00"));
        Assert.That(table, Does.Contain("Delta % over the baseline: -15.00\n"));
        Assert.That(table, Does.Contain("task 'depth' is left out of Delta %"));
    }

    [Test]
    public void A_results_table_has_a_line_for_each_method()
    {
        ResultsTable table = new("supervised");
        table.Add("supervised", Result(50, 1, 30));
        table.Add("jtr", Result(60, 0.9, 27));
        IReadOnlyList<string[]> cells = table.ToCells();
        Assert.That(cells[0][1..3], Is.EqualTo(new[] { "segmentation mIoU % (higher)", "depth absolute error m (lower)" }));
        Assert.That(cells[1], Is.EqualTo(new[] { "supervised", "50.00", "1.0000", "30.00", "0.00" }));
        Assert.That(cells[2], Is.EqualTo(new[] { "jtr", "60.00", "0.9000", "27.00", "+13.33" }));
        Assert.That(table.ToString().Split('\n'), Has.Length.EqualTo(5));
    }

    [Test]
    public void Accumulators_become_a_result_with_class_scores()
    {
        SegmentationTask task = new("rooms", 3, ["wall", "floor", "bed"]);
        TaskMetrics metrics = TaskMetrics.Create(task);
        metrics.Update([1, 0, 0, 1, 0, 0], [0, 1]);
        EvaluationResult result = EvaluationResult.From(1, [metrics]);
        Assert.That(result["rooms"].Classes, Is.EqualTo(new ClassScore[] { new("wall", 100), new("floor", 100), new("bed", double.NaN) }));
        Assert.That(result["rooms"]["pixel accuracy"].Value, Is.EqualTo(100));
        Assert.That(() => result["beds"], Throws.InstanceOf<KeyNotFoundException>());
        Assert.That(() => result["rooms"]["L1"], Throws.InstanceOf<KeyNotFoundException>());
    }

    [Test]
    public void A_confusion_matrix_is_kept_read_back_and_listed()
    {
        SegmentationTask task = new("rooms", 3, ["wall", "floor, wooden", "bed"]);
        TaskMetrics metrics = TaskMetrics.Create(task);
        // Four pixels: a wall taken for a floor, a wall, a floor, and one without label.
        metrics.Update([0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0], [0, 0, 1, -1]);
        EvaluationResult read = EvaluationResult.FromJson(EvaluationResult.From(1, [metrics]).ToJson());
        Assert.That(read["rooms"].Confusion, Is.EqualTo(new[] { new long[] { 1, 1, 0 }, [0, 1, 0], [0, 0, 0] }));
        Assert.That(
            read.ToConfusionCsv(),
            Does.StartWith(
                "task,label,prediction,pixels\nrooms,wall,wall,1\nrooms,wall,\"floor, "
                    + "wooden\",1\nrooms,wall,bed,0\nrooms,\"floor, wooden\",wall,0\n"
            )
        );
        Assert.That(read.ToConfusionCsv().TrimEnd().Split('\n'), Has.Length.EqualTo(10));
        Assert.That(Result(40, 0.5, 33)["segmentation"].Confusion, Is.Null, "a result of before has none");
    }

    [TestCase("[[1, 0], [0, 1], [0, 0]]")]
    [TestCase("[[1, 0, 0], [0, 1, 0]]")]
    [TestCase("[[1, 0, 0], [0, -1, 0], [0, 0, 0]]")]
    [TestCase("[[1, 0, 0.5], [0, 1, 0], [0, 0, 0]]")]
    [TestCase("[1, 2, 3]")]
    [TestCase("7")]
    public void A_confusion_matrix_of_another_shape_is_refused(string matrix)
    {
        TaskMetrics metrics = TaskMetrics.Create(new SegmentationTask("rooms", 3));
        metrics.Update([1, 0, 0], [0]);
        string json = EvaluationResult.From(1, [metrics]).ToJson();
        int start = json.IndexOf("\"confusion\": [", StringComparison.Ordinal) + "\"confusion\": ".Length;
        string broken = json[..start] + matrix + json[(json.LastIndexOf("]\n    }", StringComparison.Ordinal) + 1)..];
        Assert.That(() => EvaluationResult.FromJson(broken), Throws.InstanceOf<JtrFormatException>());
        Assert.That(
            EvaluationResult
                .FromJson(json[..start] + "[[1, 0, 0], [0, 0, 0], [0, 0, 0]]" + broken[(start + matrix.Length)..])["rooms"]
                .Confusion![0][0],
            Is.EqualTo(1)
        );
    }

    [Test]
    public void A_result_refuses_what_makes_no_sense()
    {
        TaskResult task = new("depth", TaskKind.Depth, 1, 1, [new("absolute error", 1, "m", false, true)]);
        Assert.That(() => new EvaluationResult(1), Throws.ArgumentException);
        Assert.That(() => new EvaluationResult(1, task, task), Throws.ArgumentException);
        Assert.That(() => new EvaluationResult(-1, task), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new TaskResult("depth", TaskKind.Depth, 1, 1, []), Throws.ArgumentException);
    }
}
