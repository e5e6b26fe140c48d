using Jtr.Interop.Evaluation;
using Jtr.Interop.Reporting;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Reporting;

public sealed class RunRecorderTests
{
    private static readonly RunRecorderOptions _every = new() { Interval = TimeSpan.Zero };

    [Test]
    public async Task A_fit_is_written_down_with_its_losses_and_scores()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = SmallModel.Create();
        EvaluationResult scores;
        using (RunRecorder recorder = new(folder.Path, trainer.Tasks, options: _every))
        {
            await trainer.FitAsync(
                SmallModel.Data(),
                new FitOptions
                {
                    Steps = 3,
                    BatchSize = 2,
                    Workers = 1,
                },
                recorder
            );
            scores = trainer.Evaluate(SmallModel.Data());
            recorder.AddScores(scores, 3);
            recorder.AddWeights(trainer);
        }
        ProgressTable table = ProgressTable.Read(folder.File("progress.csv"));
        Assert.That(table.Tasks, Is.EqualTo(new[] { "seg", "depth" }));
        Assert.That(table.Terms, Is.EqualTo(new[] { "jtr.dist", "jtr.recon" }));
        Assert.That(table.Rows[^1].Step, Is.EqualTo(3));
        Assert.That(File.ReadAllText(folder.File("environment.json")), Does.Contain("\"libtorch\"").And.Contain(JtrRuntime.TorchVersion));

        List<EventValue> events = EventFile.Read(Directory.GetFiles(folder.Path, "events.out.tfevents.*").Single()).Values;
        EventValue loss = events.Last(e => e.Tag == "loss/total");
        Assert.That((loss.Step, loss.Scalar), Is.EqualTo((3L, (float)table.Rows[^1].Loss)));
        Assert.That(
            events.Select(e => e.Tag),
            Is.SupersetOf(
                new[]
                {
                    "loss/supervised",
                    "term/jtr.dist",
                    "term/jtr.recon",
                    "task/seg",
                    "task/depth",
                    "run/learning_rate",
                    "weights/model/encoder_block.0.0.weight",
                }
            )
        );
        EventValue score = events.Single(e => e.Tag == $"score/depth/{scores["depth"].Headline.Name}");
        Assert.That(score.Scalar, Is.EqualTo((float)scores["depth"].Headline.Value));
    }

    [Test]
    public void Lines_are_means_over_the_steps_between()
    {
        using TemporaryFolder folder = new();
        using (
            RunRecorder recorder = new(
                folder.Path,
                SmallModel.Tasks,
                options: new RunRecorderOptions { Interval = TimeSpan.FromDays(1), TensorBoard = false }
            )
        )
        {
            recorder.Report(Report(1, 10, 5, 1));
            recorder.Report(Report(3, 10, 2, double.NaN));
            recorder.Report(Report(4, 10, 8, 7));
            recorder.Report(Report(10, 10, 1, double.NaN));
        }
        ProgressTable table = ProgressTable.Read(folder.File("progress.csv"));
        Assert.That(table.Rows.Select(r => r.Step), Is.EqualTo(new[] { 1, 10 }));
        Assert.That(table.Rows[1].Loss, Is.EqualTo((2 * 2 + 1 * 8 + 6 * 1) / 9.0), "weighted by steps");
        Assert.That(table.Rows[1].TaskLosses[0], Is.EqualTo(7), "steps without a label of the task do not count");
        Assert.That(Directory.GetFiles(folder.Path, "events*"), Is.Empty);
    }

    [Test]
    public void A_run_that_goes_on_keeps_what_was_saved_and_drops_what_was_not()
    {
        using TemporaryFolder folder = new();
        using (RunRecorder first = new(folder.Path, SmallModel.Tasks, options: _every))
            for (int step = 1; step <= 5; step++)
                first.Report(Report(step, 9, step, 1));
        // As after a kill: the last line is cut.
        File.AppendAllText(folder.File("progress.csv"), "6,1,0.");
        using (RunRecorder second = new(folder.Path, SmallModel.Tasks, step: 3, _every))
            for (int step = 4; step <= 6; step++)
                second.Report(Report(step, 9, 10 * step, 1));
        Assert.That(
            ProgressTable.Read(folder.File("progress.csv")).Rows.Select(r => r.Loss),
            Is.EqualTo(new double[] { 1, 2, 3, 40, 50, 60 })
        );
        using (RunRecorder anew = new(folder.Path, SmallModel.Tasks)) { }
        Assert.That(ProgressTable.Read(folder.File("progress.csv")).Rows, Is.Empty);
    }

    [Test]
    public void A_run_that_was_recorded_before_terms_had_names_is_read_and_gone_on_with()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(
            folder.File("progress.csv"),
            "step,epoch,loss,supervised,dist,recon,learning_rate,steps_per_second,task:seg,task:depth\n1,1,8,4,0.5,2,0.001,3,1,\n"
        );
        ProgressTable before = ProgressTable.Read(folder.File("progress.csv"));
        Assert.That((string.Join(' ', before.Terms), string.Join(' ', before.Tasks)), Is.EqualTo(("dist recon", "seg depth")));
        using (RunRecorder goesOn = new(folder.Path, SmallModel.Tasks, step: 1, _every))
            goesOn.Report(Report(2, 9, 16, 1));
        ProgressTable after = ProgressTable.Read(folder.File("progress.csv"));
        Assert.Multiple(() =>
        {
            Assert.That(after.Terms, Is.EqualTo(new[] { "jtr.dist", "jtr.recon" }));
            Assert.That(after.Rows[0].Terms, Is.EqualTo(new[] { 0.5, 2 }));
            Assert.That((after.Rows[0].Loss, after.Rows[0].LearningRate, after.Rows[0].TaskLosses[0]), Is.EqualTo((8.0, 0.001, 1.0)));
            Assert.That(after.Rows[0].TaskLosses[1], Is.NaN);
            Assert.That(after.Rows[1].Terms, Is.EqualTo(new[] { 2.0, 4 }));
        });
    }

    [Test]
    public void The_losses_of_other_tasks_are_not_gone_on_with()
    {
        using TemporaryFolder folder = new();
        using (RunRecorder first = new(folder.Path, SmallModel.Tasks))
            first.Report(Report(1, 9, 1, 1));
        Assert.That(
            () => new RunRecorder(folder.Path, new(new Jtr.Interop.Tasks.DepthTask("d,epth")), step: 1),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("seg, depth").And.Message.Contains("d,epth")
        );
        Assert.That(
            () => new RunRecorder(folder.Path, SmallModel.Tasks, options: new RunRecorderOptions { Interval = TimeSpan.FromSeconds(-1) }),
            Throws.TypeOf<ArgumentOutOfRangeException>()
        );
    }

    [Test]
    public void Names_with_commas_and_quotes_survive()
    {
        using TemporaryFolder folder = new();
        using (RunRecorder recorder = new(folder.Path, new(new Jtr.Interop.Tasks.DepthTask("a, \"b\"")), options: _every))
            recorder.Report(Report(1, 1, 1, 2, tasks: 1));
        Assert.That(ProgressTable.Read(folder.File("progress.csv")).Tasks, Is.EqualTo(new[] { "a, \"b\"" }));
        File.WriteAllText(folder.File("progress.csv"), "step,loss\n");
        Assert.That(
            () => ProgressTable.Read(folder.File("progress.csv")),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("the heading must begin with step,epoch")
        );
    }

    internal static TrainingProgress Report(long step, long total, double loss, double task, int tasks = 2) =>
        new()
        {
            Step = step,
            TotalSteps = total,
            Epoch = 1,
            TotalEpochs = 1,
            Loss = loss,
            Supervised = loss / 2,
            Terms = [new("jtr.dist", loss / 8), new("jtr.recon", loss / 4)],
            TaskLosses = [.. Enumerable.Repeat(task, tasks)],
            LearningRate = 1e-4,
            StepsPerSecond = 3,
            Remaining = null,
        };
}
