using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Datasets.Tables;

/// <summary>Labels of whole photographs in tables beside the folders.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LabelTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public LabelTableTests()
    {
        foreach (string name in new[] { "a.png", "b.jpg", "c.png", "d.png" })
            _folder.Image($"image/{name}", 32, 32, 3, i => i % 256);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void A_column_of_tags_lists_those_that_a_photograph_has()
    {
        _folder.Write("tags.csv", "name,tags\na,hat; coat\nb.jpg,-\nimage/c.png,\nd,hat;\n");
        FolderDataset data = Open();
        Assert.That(data.Tasks, Is.EqualTo(new TaskSet(new TagsTask("tags", 2, ["coat", "hat"]))));
        Assert.That(Labels(data), Is.EqualTo(new float[]?[] { [1, 1], [0, 0], null, [0, 1] }));
        Assert.That(data.Problems, Is.Empty);
        Assert.That(data.GetLabelPath(0, 0), Is.EqualTo(_folder["tags.csv"]));
        Assert.That(data.GetLabelPath(2, 0), Is.Null);
    }

    [Test]
    public void Columns_of_ones_and_noughts_are_tags_of_which_some_are_unknown()
    {
        _folder.Write("look.csv", "Name,hat,coat\na,1,0\nb,,TRUE\nc,,\nd,0,\n");
        FolderDataset data = Open();
        Assert.That(data.Tasks, Is.EqualTo(new TaskSet(new TagsTask("look", 2, ["hat", "coat"]))));
        Assert.That(Labels(data), Is.EqualTo(new float[]?[] { [1, 0], [float.NaN, 1], null, [0, float.NaN] }));
    }

    [Test]
    public void Words_that_come_again_are_classes_and_so_is_a_column_class()
    {
        _folder.Write("room.csv", "name,where\nd,hall\na,bath\nb,hall\n");
        _folder.Write("kind.csv", "name,class\na,0\nb,2\nc,1\n");
        FolderDataset data = Open();
        Assert.That(
            data.Tasks,
            Is.EqualTo(new TaskSet(new ClassificationTask("kind", 3), new ClassificationTask("room", 2, ["bath", "hall"])))
        );
        Assert.That(Labels(data, 0), Is.EqualTo(new float[]?[] { [0], [2], [1], null }));
        Assert.That(Labels(data, 1), Is.EqualTo(new float[]?[] { [0], [1], null, [1] }));
    }

    [Test]
    public void Words_with_semicolons_are_tags_whatever_the_column_is_called()
    {
        _folder.Write("look.csv", "name,labels\na,hat;coat\nb,hat\nc,hat\n");
        Assert.That(Open().Tasks, Is.EqualTo(new TaskSet(new TagsTask("look", 2, ["coat", "hat"]))));
    }

    [Test]
    public void Numbers_with_decimals_are_values_with_mean_and_deviation_of_the_rows()
    {
        _folder.Write("pose.csv", "name,yaw,pitch\na,-1.5,10\nb,2.5,\nc,,\nd,3.5e0,nan\n".Replace("nan", "", StringComparison.Ordinal));
        FolderDataset data = Open();
        RegressionTask pose = (RegressionTask)data.Tasks[0];
        Assert.That(pose.ValueNames, Is.EqualTo(new[] { "yaw", "pitch" }));
        Assert.That(pose.Means, Is.EqualTo(new[] { 1.5, 10 }).Within(1e-12));
        // 3, 1 and 2 from the mean; a single number has no deviation.
        Assert.That(pose.Deviations, Is.EqualTo(new[] { Math.Sqrt(14.0 / 3), 1 }).Within(1e-12));
        Assert.That(Labels(data), Is.EqualTo(new float[]?[] { [-1.5f, 10], [2.5f, float.NaN], null, [3.5f, float.NaN] }));
    }

    [Test]
    public void Many_whole_numbers_are_values()
    {
        for (int i = 0; i < 25; i++)
            _folder.Image($"image/{i}.png", 32, 32, 3, _ => 0);
        _folder.Write("age.csv", "name,age\n" + string.Concat(Enumerable.Range(0, 25).Select(i => $"{i},{20 + i}\n")));
        RegressionTask age = (RegressionTask)Open().Tasks[0];
        Assert.That((age.ValueNames[0], age.Means[0]), Is.EqualTo(("age", 32.0)));
        Assert.That(age.Deviations[0], Is.EqualTo(Math.Sqrt((25.0 * 25 - 1) / 12)).Within(1e-12));
    }

    [Test]
    public void A_table_of_domains_says_where_photographs_come_from()
    {
        _folder.Write("tags.csv", "name,tags\na,x\n");
        Assert.That(Open().Domains, Is.EqualTo(new[] { SampleInfo.OneDomain }));
        _folder.Write("domains.csv", "name,domain\na.png,night\nb,day\nc,night\nd,\"day\"\ne,dusk\n");
        FolderDataset data = Open();
        Assert.That(data.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "tags" }), "it is no table of labels");
        Assert.That(data.Domains, Is.EqualTo(new[] { "day", "night" }));
        Assert.That(Enumerable.Range(0, 4).Select(i => data.GetSampleInfo(i).Domain), Is.EqualTo(new[] { 1, 0, 1, 0 }));
        Assert.That(data.Problems.Single().Message, Does.Contain("no 'e' (line 6)"));
    }

    [TestCase("name,domain\na,x\nb,x\nc,x\n", "the photograph 'd' has no row")]
    [TestCase("name,domain\na,x\na,y\n", "line 3: the photograph 'a' has a row in line 2 already")]
    [TestCase("name,domain\na,\n", "line 2: the photograph 'a' has no domain")]
    [TestCase("name,domain,hour\na,x,1\n", "it needs two columns")]
    public void A_wrong_table_of_domains_is_told(string table, string message)
    {
        _folder.Write("tags.csv", "name,tags\na,x\n");
        _folder.Write("domains.csv", table);
        Assert.That(() => Open(), Throws.TypeOf<JtrFormatException>().With.Message.Contains("domains.csv").And.Message.Contains(message));
    }

    [Test]
    public void Tasks_of_tables_come_after_those_of_folders()
    {
        _folder.Write("tags.csv", "name,tags\na,x\n");
        _folder.Write("age.csv", "name,age\na,1.5\n");
        _folder.Image("seg/b.png", 32, 32, 1, i => i % 3);
        FolderDataset data = Open();
        Assert.That(data.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "seg", "tags", "age" }));
        Assert.That(data.GetLabeled(0), Is.EqualTo(TaskMask.None.With(1).With(2)));
        Assert.That(data.GetLabeled(1), Is.EqualTo(TaskMask.None.With(0)));
        Assert.That(data.GetLabeled(2), Is.EqualTo(TaskMask.None));
    }

    [Test]
    public void Tasks_json_says_what_the_table_does_not()
    {
        _folder.Write(
            "tasks.json",
            """
            { "tasks": [
              { "name": "room", "kind": "classification", "classes": ["hall", "bath", "attic"],
                "class_weights": [1, 2, 1], "label_smoothing": 0.1 },
              { "name": "tags", "kind": "tags", "tags": ["hat", "coat"], "positive_weights": [2, 3] },
              { "name": "age", "kind": "regression", "unit": "years", "mean": 40, "standard_deviation": 12, "loss": "huber", "delta": 2 },
              { "name": "kind", "kind": "classification", "class_count": 4 },
              { "name": "pose", "kind": "regression", "values": ["pitch", "yaw"], "unit": "deg" } ] }
            """
        );
        _folder.Write("room.csv", "photo,class\na,bath\nb,1\n");
        _folder.Write("tags.csv", "name,tags\na,coat\n");
        _folder.Write("age.csv", "name,age\na,41\nb,7\n");
        _folder.Write("kind.csv", "name,value\na,3\n");
        _folder.Write("pose.csv", "name,yaw,pitch\na,1,2\nb,3,4\n");
        FolderDataset data = Open();
        Assert.That(
            data.Tasks,
            Is.EqualTo(
                new TaskSet(
                    new ClassificationTask("room", 3, ["hall", "bath", "attic"]) { ClassWeights = [1, 2, 1], LabelSmoothing = 0.1 },
                    new TagsTask("tags", 2, ["hat", "coat"]) { PositiveWeights = [2, 3] },
                    new RegressionTask("age", 1, ["age"])
                    {
                        Unit = "years",
                        Means = [40],
                        Deviations = [12],
                        Loss = RegressionLoss.Huber,
                        HuberDelta = 2,
                    },
                    new ClassificationTask("kind", 4),
                    new RegressionTask("pose", 2, ["pitch", "yaw"])
                    {
                        Unit = "deg",
                        Means = [3, 2],
                        Deviations = [1, 1],
                    }
                )
            )
        );
        Assert.That(Enumerable.Range(0, 5).Select(t => Labels(data, t)[0]), Is.EqualTo(new float[]?[] { [1], [0, 1], [41], [3], [2, 1] }));
        Assert.That(Labels(data, 0)[1], Is.EqualTo(new float[] { 1 }), "a class by its id");
        Assert.That(data.Problems, Is.Empty);
    }

    [Test]
    public void A_part_to_score_on_has_the_tasks_of_training_and_what_they_lack_is_left_out_and_told()
    {
        _folder.Write("tags.csv", "name,tags\na,hat;cape\nb,cape\nc,coat\n");
        _folder.Write("room.csv", "name,class\na,hall\nb,cellar\nc,hall\n");
        FolderDataset data = Open(new TagsTask("tags", 2, ["coat", "hat"]), new ClassificationTask("room", 2, ["bath", "hall"]));
        Assert.That(Labels(data, 0), Is.EqualTo(new float[]?[] { [0, 1], [0, 0], [1, 0], null }));
        Assert.That(Labels(data, 1), Is.EqualTo(new float[]?[] { [1], null, [1], null }));
        Assert.That(
            data.Problems.Select(p => p.ToString()),
            Is.EqualTo(
                new[]
                {
                    $"{_folder["tags.csv"]}: 'cape' is none of the 2 tags of 'tags': left out in 2 rows (line 2, ...)",
                    $"{_folder["room.csv"]}: 'cellar' is none of the 2 classes of 'room': left out in 1 row (line 3)",
                }
            )
        );
    }

    [Test]
    public void Rows_without_a_photograph_and_tables_of_other_things_are_problems()
    {
        _folder.Write("tags.csv", "name,tags\na,hat\nzebra,hat\n");
        _folder.Write("cameras.csv", "camera,focal\nx,3\n");
        FolderDataset data = Open();
        Assert.That(
            data.Problems.Select(p => p.ToString()),
            Is.EqualTo(
                new[]
                {
                    $"{_folder["cameras.csv"]}: passed over: the first column of a table of labels is 'name', not 'camera'",
                    $"{_folder["tags.csv"]}: a label without a photograph: image has no 'zebra' (line 3)",
                }
            )
        );
        FolderDataset without = Open(new TagsTask("gone", 1, ["x"]));
        Assert.That(without.Problems.Single().ToString(), Does.EndWith("gone.csv: the table is missing: no sample has a label for 'gone'"));
        Assert.That(without.GetLabeled(0), Is.EqualTo(TaskMask.None));
    }

    [Test]
    public void Names_that_a_spreadsheet_took_for_numbers_are_recognised()
    {
        _folder.Image("image/0042.png", 32, 32, 3, _ => 0);
        _folder.Write("tags.csv", "name,tags\n42,hat\n43,hat\na,hat\n");
        string[] problems = [.. Open().Problems.Select(p => p.Message)];
        Assert.That(problems[0], Does.EndWith("has no '42' (line 2); it may be '0042', whose zeros a spreadsheet has dropped"));
        Assert.That(problems[1], Does.EndWith("has no '43' (line 3)"));
    }

    [TestCase("t", "name,class\na,2147483647\n", "has 2 to 4096 classes")]
    [TestCase("tags", "name,tags\na,x\n,x\n", "line 3: the name of the photograph is missing")]
    [TestCase("tags", "name,tags\na,x\nb,y\na.png,z\n", "line 4: the photograph 'a.png' has a row in line 2 already")]
    [TestCase("tags", "name,tags\na,x\nb,;\n", "line 3: ';' has no tag in it; a photograph with none of the tags has '-'")]
    [TestCase("tags", "name,tags\na,-\n", "no row of tags.csv has a tag")]
    [TestCase("t", "name,class\na,x\nb\n", "line 3: 1 cell")]
    [TestCase("t", "name,class\na,x\n", "has 2 to 4096 classes")]
    [TestCase("t", "name\na\n", "a column of names and one or more of labels")]
    [TestCase("t", "name,n\na,1\nb,2\nc,1\n", "it is not plain what the column n holds: say it in tasks.json")]
    [TestCase("t", "name,n\na,1\nb,0\n", "KIND being classification, tags")]
    [TestCase("t", "name,n\na,one\nb,two\n", "it is not plain")]
    [TestCase("t", "name,x,y\na,1,2\nb,3,4\n", "it is not plain what the columns x, y hold")]
    [TestCase("t", "name,x,y\na,1.5,word\n", "it is not plain")]
    [TestCase("t", "name,x\n", "it is not plain")]
    public void What_is_wrong_in_a_table_is_named(string name, string text, string message)
    {
        _folder.Write($"{name}.csv", text);
        Assert.That(
            () => Open(),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(message).And.Property("Path").EqualTo(_folder[$"{name}.csv"])
        );
    }

    [TestCase(
        """{"name":"t","kind":"classification","classes":["x","y"]}""",
        "name,class\na,x\nb,z\n",
        "line 3: there is no class 'z'; the classes are x, y"
    )]
    [TestCase("""{"name":"t","kind":"classification","class_count":2}""", "name,class\na,2\n", "line 2: there is no class '2'")]
    [TestCase("""{"name":"t","kind":"classification"}""", "name,x,y\na,1,2\n", "one column beside the names, not 2")]
    [TestCase("""{"name":"t","kind":"tags","tags":["x","y"]}""", "name,tags\na,x;z\n", "line 2: there is no tag 'z'; the tags are x, y")]
    [TestCase("""{"name":"t","kind":"tags","tags":["x","y"]}""", "name,x,z\na,0,1\n", "there is no tag 'z'")]
    [TestCase("""{"name":"t","kind":"tags","tags":["x","y"]}""", "name,x,y\na,0,2\n", "line 2: column 'y': '2' is not 1 or 0")]
    [TestCase("""{"name":"t","kind":"regression"}""", "name,x\na,1\nb,1.0.0\n", "line 3: column 'x': '1.0.0' is not a finite number")]
    [TestCase("""{"name":"t","kind":"regression"}""", "name;x\na;1,5\n", "'1,5' is not a finite number; decimals are written with a point")]
    [TestCase("""{"name":"t","kind":"regression"}""", "name,x\na,1e99\n", "'1e99' is not a finite number")]
    [TestCase("""{"name":"t","kind":"regression","values":["x","y"]}""", "name,x\na,1\n", "line 2: 1 columns of values, where 't' has 2")]
    [TestCase(
        """{"name":"t","kind":"regression","values":["x","y"]}""",
        "name,x,z\na,1,2\n",
        "line 2: there is no column 'y'; there are x, z"
    )]
    public void What_does_not_fit_tasks_json_is_named_with_its_line(string task, string text, string message)
    {
        _folder.Write("tasks.json", $"{{\"tasks\": [{task}]}}");
        _folder.Write("t.csv", text);
        Assert.That(
            () => Open(),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(message).And.Property("Path").EqualTo(_folder["t.csv"])
        );
    }

    [TestCase("""{"name":"t","kind":"tags"}""", "'tags' is missing, and there is no table to find them in")]
    [TestCase("""{"name":"t","kind":"classification"}""", "'classes' or 'class_count' is missing")]
    [TestCase("""{"name":"t","kind":"tags","tags":["x","x"]}""", "'x' is there twice")]
    [TestCase("""{"name":"t","kind":"tags","classes":["x","y"]}""", "'classes'")]
    [TestCase("""{"name":"t","kind":"regression","standard_deviation":0}""", "Deviations[0]")]
    [TestCase("""{"name":"t","kind":"regression","values":["x"],"mean":[1,2]}""", "Means has 2 numbers for 1 values")]
    [TestCase("""{"name":"t","kind":"regression","loss":"l2"}""", "'loss' is 'l2'")]
    [TestCase("""{"name":"t","kind":"classification","class_count":2,"class_weights":[1,-1]}""", "ClassWeights[1]")]
    public void What_tasks_json_says_wrong_is_named(string task, string message)
    {
        _folder.Write("tasks.json", $"{{\"tasks\": [{task}]}}");
        Assert.That(
            () => Open(),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(message).And.Message.Contains("tasks[0] ('t')")
        );
    }

    [Test]
    public void A_folder_and_a_table_of_one_name_are_one_too_many()
    {
        _folder.Write("seg.csv", "name,tags\na,x\n");
        _folder.Image("seg/b.png", 32, 32, 1, i => i % 3);
        Assert.That(() => Open(), Throws.TypeOf<JtrFormatException>().With.Message.Contains("there is a folder 'seg', too"));
    }

    [Test]
    public void Damaged_rows_and_tables_can_be_passed_over()
    {
        _folder.Write("tags.csv", "name,tags\na,x\nb,;\n");
        _folder.Write("bad.csv", "name,x\na,\"1\n");
        FolderDataset data = new(_folder.Root, FolderReader.Size32 with { PassOverDamaged = true });
        Assert.That(Labels(data), Is.EqualTo(new float[]?[] { [1], null, null, null }));
        Assert.That(
            data.Problems.Select(p => p.Message),
            Is.EqualTo(
                new[]
                {
                    "line 2: a quote is opened and not closed",
                    "line 3: ';' has no tag in it; a photograph with none of the tags has '-'",
                }
            )
        );
    }

    [Test]
    public void A_kind_of_ones_own_reads_its_rows_its_own_way()
    {
        TaskKind.Register(GradeKind.Instance);
        LabelFormat.Register(new GradeFormat());
        _folder.Write("tasks.json", """{"tasks": [{"name": "marks", "kind": "grade", "best": 5}]}""");
        _folder.Write("marks.csv", "name,stars\na,***\nb,\nd,*****\n");
        FolderDataset data = Open();
        Assert.That(data.Tasks[0], Is.EqualTo(new GradeTask("marks", 5)));
        Assert.That(Labels(data), Is.EqualTo(new float[]?[] { [3], null, null, [5] }));
        _folder.Write("marks.csv", "name,stars\na,******\n");
        Assert.That(() => Open(), Throws.TypeOf<JtrFormatException>().With.Message.Contains("line 2: 6 stars of 5"));
    }

    [Test]
    public void Packed_and_joined_data_carry_them()
    {
        _folder.Write("tags.csv", "name,tags\na,hat;coat\nb,-\nd,hat\n");
        _folder.Write("look.csv", "name,hat,coat\na,1,0\nb,,1\n");
        _folder.Write("room.csv", "name,class\na,hall\nb,bath\nc,hall\n");
        _folder.Write("pose.csv", "name,yaw,pitch\na,-1.5,1234.5678\nb,2.5,\n");
        _folder.Image("seg/b.png", 32, 32, 1, i => i % 3);
        FolderDataset data = Open();
        foreach (PackPrecision precision in Enum.GetValues<PackPrecision>())
        {
            string path = _folder[$"{precision}.jtrpack"];
            PackedDataset.Write(data, path, new PackOptions { Precision = precision });
            using PackedDataset packed = new(path);
            Assert.That(packed.Tasks, Is.EqualTo(data.Tasks));
            for (int i = 0; i < data.Count; i++)
                Same(packed, data, i, i);
        }
        using TemporaryFolder other = new();
        other.Image("image/z.png", 32, 32, 3, i => i % 256);
        other.Write("tags.csv", "name,tags\nz,coat;hat\n");
        FolderDataset second = new(other.Root, FolderReader.Size32);
        Interop.Datasets.Joined.JoinedDataset joined = new([new("first", data), new("second", second)]);
        Assert.That(joined.Tasks, Is.EqualTo(data.Tasks));
        for (int i = 0; i < data.Count; i++)
            Same(joined, data, i, i);
        (_, float[][] labels, TaskMask written) = SampleArrays.Read(joined, 4);
        int tags = joined.Tasks.IndexOf("tags");
        Assert.That(written, Is.EqualTo(TaskMask.None.With(tags)));
        Assert.That(labels[tags], Is.EqualTo(new float[] { 1, 1 }));

        static void Same(IMultiTaskDataset one, IMultiTaskDataset two, int at, int sample)
        {
            (float[] image, float[][] labels, TaskMask written) = SampleArrays.Read(one, at);
            (float[] expectedImage, float[][] expected, TaskMask all) = SampleArrays.Read(two, sample);
            Assert.That(written, Is.EqualTo(all));
            Assert.That(image, Is.EqualTo(expectedImage));
            for (int t = 0; t < expected.Length; t++)
            {
                if (written[t])
                    Assert.That(labels[t], Is.EqualTo(expected[t]), two.Tasks[t].Name);
            }
        }
    }

    [Test]
    public void A_table_is_described_for_a_kind_that_it_does_not_tell_plainly()
    {
        _folder.Write("age.csv", "name,age\na,30\nb,40\n");
        Assert.That(() => Open(), Throws.TypeOf<JtrFormatException>());
        Assert.That(
            FolderDataset.DescribeTable(_folder.Root, "age", TaskKind.Regression),
            Is.EqualTo(new RegressionTask("age", 1, ["age"]) { Means = [35], Deviations = [5] })
        );
        Assert.That(
            FolderDataset.DescribeTable(_folder.Root, "age", TaskKind.Classification),
            Is.EqualTo(new ClassificationTask("age", 41))
        );
        Assert.That(FolderDataset.DescribeTable(_folder.Root, "gone", TaskKind.Tags), Is.Null);
        Assert.That(FolderDataset.DescribeTable(_folder.Root, "age", TaskKind.Depth), Is.Null);
        _folder.Write("one.csv", "name,class\na,x\n");
        Assert.That(
            () => FolderDataset.DescribeTable(_folder.Root, "one", TaskKind.Classification),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("2 to 4096")
        );
    }

    [Test]
    public void Checks_look_at_tables_too()
    {
        _folder.Write("tags.csv", "name,hat,coat,cape\na,1,1,0\nb,0,1,0\nc,1,1,\n");
        _folder.Write("room.csv", "name,class\na,bath\nb,bath\n");
        _folder.Write(
            "tasks.json",
            """
            {"tasks": [{"name": "tags", "kind": "tags"}, {"name": "room", "kind": "classification", "classes": ["bath", "hall"]},
                       {"name": "age", "kind": "regression", "mean": 0, "standard_deviation": 1},
                       {"name": "size", "kind": "regression"}]}
            """
        );
        _folder.Write("age.csv", "name,age\na,40\nb,50\n");
        _folder.Write("size.csv", "name,size\na,2\nb,2\n");
        FolderDataset train = Open();
        using TemporaryFolder other = new();
        other.Image("image/z.png", 32, 32, 3, i => 255 - i % 256);
        other.Write("tags.csv", "name,tags\nz,cape\n");
        other.Write("room.csv", "name,class\nz,hall\n");
        FolderDataset test = new(other.Root, FolderReader.Size32 with { Tasks = [.. train.Tasks] });
        Interop.Datasets.Checks.DataCheckReport report = Interop.Datasets.Checks.DataChecks.Run(train, test);
        string[] found = [.. report.Findings.Select(f => $"{f.Check} {f.Task}").Order(StringComparer.Ordinal)];
        Assert.That(
            found,
            Is.EqualTo(
                new[]
                {
                    "class-only-in-test room",
                    "tag-constant tags",
                    "tag-constant tags",
                    "unlabelled ",
                    "value-constant size",
                    "value-scale age",
                }
            )
        );
        string[] tags = [.. report.Findings.Where(f => f.Task == "tags").Select(f => f.Message)];
        Assert.That(tags, Has.One.Contains("none of 3 labels to train on has the tag cape, some to score on do"));
        Assert.That(tags, Has.One.Contains("each of 3 labels to train on has the tag coat"));
    }

    /// <summary>The real tags, where the machine has them.</summary>
    [Test]
    public void Street_fashion_has_masks_for_some_photographs_and_tags_for_nearly_all()
    {
        string root = Fashion();
        FolderDataset train = new(Path.Combine(root, "train"), new FolderOptions { Height = 192, Width = 128 });
        Assert.That(
            train.Tasks.Select(t => (t.Name, t.Kind)),
            Is.EqualTo(new[] { ("seg", TaskKind.Segmentation), ("tags", TaskKind.Tags) })
        );
        TagsTask tags = (TagsTask)train.Tasks[1];
        Assert.That(train.Count, Is.EqualTo(1600));
        Assert.That(
            tags.TagNames,
            Does.Contain("t-shirt").And.Contain("skin").And.Ordered.Using((System.Collections.IComparer)StringComparer.Ordinal)
        );
        Assert.That(Enumerable.Range(0, 1600).Count(i => train.GetLabeled(i)[0]), Is.EqualTo(700));
        Assert.That(Enumerable.Range(0, 1600).Count(i => train.GetLabeled(i)[1]), Is.EqualTo(1600));
        Assert.That(train.Problems, Is.Empty);

        string[] lines = File.ReadAllLines(Path.Combine(root, "train", "tags.csv"));
        for (int i = 0; i < 1600; i += 200)
        {
            float[] label = train.ReadLabelAlone(i, 1);
            string[] has = [.. tags.TagNames.Where((_, t) => label[t] == 1)];
            Assert.That(lines, Does.Contain($"{train.GetName(i)},{string.Join(';', has)}"));
            Assert.That(label, Has.All.EqualTo(0f).Or.EqualTo(1f));
        }

        FolderDataset test = new(
            Path.Combine(root, "test"),
            new FolderOptions
            {
                Height = 192,
                Width = 128,
                Tasks = [.. train.Tasks],
            }
        );
        Assert.That(test.Count, Is.EqualTo(200));
        Assert.That(Enumerable.Range(0, 200).Count(i => !test.GetLabeled(i)[1]), Is.EqualTo(1), "one row has an empty cell");
        Assert.That(test.Problems, Is.Empty);
    }

    private static string Fashion()
    {
        for (DirectoryInfo? at = new(TestContext.CurrentContext.TestDirectory); at is not null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, "shared", "data", "fashion");
            if (Directory.Exists(path))
                return path;
        }
        Assert.Ignore("the photographs (shared/data/fashion) are not on this machine");
        return "";
    }

    private FolderDataset Open(params VisionTask[] tasks) =>
        new(_folder.Root, FolderReader.Size32 with { Tasks = tasks.Length == 0 ? null : tasks });

    private static float[]?[] Labels(FolderDataset data, int task = 0) =>
        [.. Enumerable.Range(0, 4).Select(i => data.GetLabeled(i)[task] ? data.ReadLabelAlone(i, task) : null)];

    /// <summary>How many stars a photograph has: classes in an order.</summary>
    private sealed record GradeTask(string Name, int Best) : ClassificationTask(Name, Best + 1, null, GradeKind.Instance);

    private sealed class GradeKind() : ClassificationKind("grade")
    {
        public static GradeKind Instance { get; } = new();

        public override IReadOnlyList<string> SettingKeys => ["best"];

        public override VisionTask Create(string name, int? channels = null) => new GradeTask(name, (channels ?? 6) - 1);

        public override VisionTask ReadSettings(string name, int channels, TaskSettings settings) =>
            new GradeTask(name, settings.Whole("best") ?? channels - 1);

        public override void WriteSettings(VisionTask task, System.Text.Json.Nodes.JsonObject settings) =>
            settings["best"] = ((GradeTask)task).Best;
    }

    private sealed class GradeFormat() : TableLabelFormat("grade")
    {
        protected override void ReadRow(LabelRow row, VisionTask task, Span<float> destination)
        {
            int stars = row.Cells[0].Length;
            if (stars > ((GradeTask)task).Best)
                throw row.Fault($"{stars} stars of {((GradeTask)task).Best}");
            if (stars > 0)
                destination[0] = stars;
        }
    }
}
