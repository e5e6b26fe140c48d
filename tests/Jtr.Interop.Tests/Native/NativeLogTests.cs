using Jtr.Interop.Native;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Tests.Native;

public sealed unsafe class NativeLogTests
{
    [TearDown]
    public void TakeAway() => NativeLog.Logger = null;

    [Test]
    public void Messages_of_the_library_reach_the_logger_with_their_importance()
    {
        Recorder recorder = new();
        NativeLog.Logger = recorder;
        Say(Bindings.LogLevel.Debug, "first"u8);
        Say(Bindings.LogLevel.Info, "zwei ü"u8);
        Say(Bindings.LogLevel.Warning, "three"u8);
        Assert.That(
            recorder.Lines,
            Is.EqualTo(
                new[] { (LogLevel.Debug, "libjtr: first"), (LogLevel.Information, "libjtr: zwei ü"), (LogLevel.Warning, "libjtr: three") }
            )
        );
    }

    [Test]
    public void A_logger_that_throws_loses_its_message_and_nothing_else()
    {
        NativeLog.Logger = new Recorder { Fails = true };
        Assert.That(() => Say(Bindings.LogLevel.Info, "lost"u8), Throws.Nothing);
    }

    private static void Say(Bindings.LogLevel level, ReadOnlySpan<byte> text)
    {
        fixed (byte* message = text)
            NativeLog.Callback((int)level, message, 0);
    }

    private sealed class Recorder : ILogger
    {
        public List<(LogLevel, string)> Lines { get; } = [];
        public bool Fails { get; init; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (Fails)
                throw new InvalidOperationException("this logger fails");
            Lines.Add((logLevel, formatter(state, exception)));
        }
    }
}
