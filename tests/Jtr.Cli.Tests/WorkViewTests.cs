using Jtr.Cli.Output;
using Spectre.Console;

namespace Jtr.Cli.Tests;

/// <summary>Progress of work on many photographs.</summary>
public sealed class WorkViewTests
{
    [Test]
    public async Task In_a_pipe_a_line_comes_every_ten_seconds()
    {
        using StringWriter output = new();
        StepClock clock = new();
        int result = await WorkView.ShowAsync(
            new CliConsole(output, TextWriter.Null),
            "predicting",
            "photographs",
            100,
            done =>
            {
                for (int i = 1; i <= 100; i++)
                {
                    clock.Now += TimeSpan.FromSeconds(0.5);
                    done(i);
                }
                return Task.FromResult(7);
            },
            clock
        );
        Assert.That(result, Is.EqualTo(7));
        Assert.That(
            output.ToString().TrimEnd().Split('\n').Select(l => l.TrimEnd()),
            Is.EqualTo(
                new[]
                {
                    "predicting: 20/100 photographs, 2.0 a second, 40 s left",
                    "predicting: 40/100 photographs, 2.0 a second, 30 s left",
                    "predicting: 60/100 photographs, 2.0 a second, 20 s left",
                    "predicting: 80/100 photographs, 2.0 a second, 10 s left",
                    "predicting: 100/100 photographs, 2.0 a second",
                }
            )
        );
    }

    [Test]
    public async Task On_a_terminal_there_is_a_bar()
    {
        using StringWriter output = new();
        IAnsiConsole terminal = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.Yes,
                Interactive = InteractionSupport.Yes,
                Out = new AnsiConsoleOutput(output),
            }
        );
        terminal.Profile.Width = 120;
        await WorkView.ShowAsync(
            new CliConsole(TextWriter.Null, TextWriter.Null, terminal),
            "predicting",
            "photographs",
            4,
            done =>
            {
                done(4);
                return Task.FromResult(0);
            }
        );
        Assert.That(output.ToString(), Does.Contain("4/4 photographs").And.Contain("100%"));
    }

    private sealed class StepClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
