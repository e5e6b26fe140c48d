using Jtr.Cli.Output;
using Jtr.Interop.Training;
using Spectre.Console;

namespace Jtr.Cli.Tests;

public sealed class TrainingViewTests
{
    [Test]
    public void In_a_pipe_there_is_a_line_at_the_start_at_the_end_and_every_minute()
    {
        using StringWriter output = new();
        FakeClock clock = new();
        _ = TrainingView
            .ShowAsync(
                new CliConsole(output, TextWriter.Null),
                view =>
                {
                    TrainingView.Run run = view.Begin(new RunPlan("jtr", 30, 12));
                    for (int step = 1; step <= 30; step++)
                    {
                        // Of a fit that ends before the run does, to score.
                        run.Report(Progress(step, (step + 9) / 10 * 10, loss: step));
                        clock.Seconds += 6;
                    }
                    return Task.FromResult(true);
                },
                clock
            )
            .GetAwaiter()
            .GetResult();

        string[] lines = output.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.That(
            lines.Select(l => l.Split(',')[0]),
            Is.EqualTo(new[] { "jtr: step 1/30", "jtr: step 11/30", "jtr: step 21/30", "jtr: step 30/30" })
        );
    }

    [Test]
    public void A_line_has_the_mean_losses_since_the_one_before()
    {
        using StringWriter output = new();
        FakeClock clock = new();
        _ = TrainingView
            .ShowAsync(
                new CliConsole(output, TextWriter.Null),
                view =>
                {
                    TrainingView.Run progress = view.Begin(new RunPlan("jtr", 4, 50));
                    progress.Report(Progress(1, 4, loss: 9));
                    progress.Report(Progress(2, 4, loss: 1));
                    progress.Report(Progress(4, 4, loss: 4));
                    return Task.FromResult(true);
                },
                clock
            )
            .GetAwaiter()
            .GetResult();
        // One step of loss 1, two of mean loss 4.
        Assert.That(output.ToString(), Does.Contain("step 4/4, epoch 1/1, loss 3.0000"));
    }

    [Test]
    public void Terms_of_the_loss_are_shown_where_the_method_has_them()
    {
        Assert.That(TrainingView.Losses(Progress(1, 2, loss: 0.5)), Is.EqualTo("loss 0.5000"));
        Assert.That(
            Losses(new("jtr.dist", 0.2), new("jtr.recon", 0.3)),
            Is.EqualTo("loss 0.5000 (supervised 0.1000, dist 0.2000, recon 0.3000)")
        );
        Assert.That(
            Losses(new("jtr.dist", 0.2), new("teacher.agreement", 0.3), new("teacher.agreement.seg", 0.3), new("teacher.taught.seg", 0.5)),
            Is.EqualTo("loss 0.5000 (supervised 0.1000, jtr.dist 0.2000, teacher.agreement 0.3000)"),
            "of two methods by their full names; terms of single tasks are in the files"
        );

        static string Losses(params LossTerm[] terms) =>
            TrainingView.Losses(Progress(1, 2, loss: 0.5) with { Supervised = 0.1, Terms = terms });
    }

    [Test]
    public void A_line_tells_speed_and_time_left_once_they_are_known()
    {
        using StringWriter output = new();
        _ = TrainingView
            .ShowAsync(
                new CliConsole(output, TextWriter.Null),
                view =>
                {
                    TrainingView.Run progress = view.Begin(new RunPlan("jtr", 100, 50));
                    progress.Report(Progress(1, 100, loss: 1) with { StepsPerSecond = 2.5, Remaining = TimeSpan.FromSeconds(75) });
                    return Task.FromResult(true);
                },
                new FakeClock()
            )
            .GetAwaiter()
            .GetResult();
        Assert.That(output.ToString().TrimEnd(), Is.EqualTo("jtr: step 1/100, epoch 1/2, loss 1.0000, 2.5 steps/s, 40 s left"));
    }

    [Test]
    public void A_terminal_gets_a_bar_and_a_pipe_no_control_characters()
    {
        string terminal = Show(writer => new CliConsole(
            TextWriter.Null,
            TextWriter.Null,
            AnsiConsole.Create(
                new AnsiConsoleSettings
                {
                    Ansi = AnsiSupport.Yes,
                    Interactive = InteractionSupport.Yes,
                    Out = new AnsiConsoleOutput(writer),
                }
            )
        ));
        string pipe = Show(writer => new CliConsole(writer, TextWriter.Null));

        Assert.That(terminal, Does.Contain("\u001b[").And.Contain("step 2/2"));
        Assert.That(pipe, Does.Contain("step 2/2"));
        Assert.That(pipe.Where(char.IsControl).Distinct(), Is.SubsetOf(Environment.NewLine.ToCharArray()));
    }

    [Test]
    public void The_time_left_is_that_of_the_whole_run_with_the_scores_in_between()
    {
        using StringWriter output = new();
        FakeClock clock = new();
        _ = TrainingView
            .ShowAsync(
                new CliConsole(output, TextWriter.Null),
                view =>
                {
                    TrainingView.Run run = view.Begin(new RunPlan("jtr", 100, 25));
                    run.Report(Progress(1, 20, loss: 1));
                    // A step a second, and half a minute of scoring.
                    clock.Seconds += 49;
                    run.Report(Progress(20, 20, loss: 1));
                    clock.Seconds += 50;
                    run.Report(Progress(26, 40, loss: 1) with { Epoch = 2 });
                    return Task.FromResult(true);
                },
                clock
            )
            .GetAwaiter()
            .GetResult();
        Assert.That(
            output.ToString().TrimEnd().Split(Environment.NewLine)[^1],
            Is.EqualTo("jtr: step 26/100, epoch 2/4, loss 1.0000, 4 min 53 s left")
        );
    }

    [Test]
    public void Several_runs_are_counted_and_their_time_left_is_told()
    {
        using StringWriter output = new();
        FakeClock clock = new();
        _ = TrainingView
            .ShowAsync(
                new CliConsole(output, TextWriter.Null),
                view =>
                {
                    view.BeginRuns(4, done: 1);
                    for (int run = 1; run < 4; run++)
                    {
                        view.Begin(new RunPlan($"run {run}", 2, 2)).Report(Progress(2, 2, loss: 1));
                        clock.Seconds += 30;
                        view.EndRun();
                    }
                    return Task.FromResult(true);
                },
                clock
            )
            .GetAwaiter()
            .GetResult();
        Assert.That(
            output.ToString().TrimEnd().Split(Environment.NewLine).Where(l => l.StartsWith("runs", StringComparison.Ordinal)),
            Is.EqualTo(new[] { "runs: 2 of 4 done, about 1 min 00 s left", "runs: 3 of 4 done, about 30 s left", "runs: 4 of 4 done" })
        );
    }

    private static string Show(Func<TextWriter, CliConsole> make)
    {
        using StringWriter writer = new();
        _ = TrainingView
            .ShowAsync(
                make(writer),
                view =>
                {
                    TrainingView.Run progress = view.Begin(new RunPlan("jtr [x]", 2, 2));
                    progress.Report(Progress(1, 2, loss: 1));
                    progress.Report(Progress(2, 2, loss: 1));
                    return Task.FromResult(true);
                }
            )
            .GetAwaiter()
            .GetResult();
        return writer.ToString();
    }

    private static TrainingProgress Progress(long step, long total, double loss) =>
        new()
        {
            Step = step,
            TotalSteps = total,
            Epoch = 1,
            TotalEpochs = 1,
            Loss = loss,
            Supervised = loss,
            TaskLosses = [loss],
            LearningRate = 1e-3,
            StepsPerSecond = 0,
            Remaining = null,
        };

    private sealed class FakeClock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
