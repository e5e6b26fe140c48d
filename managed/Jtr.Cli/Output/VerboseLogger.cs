using Microsoft.Extensions.Logging;

namespace Jtr.Cli.Output;

/// <summary>Writes the library's messages to standard error, for `--verbose`.</summary>
internal sealed class VerboseLogger(TextWriter error) : ILogger
{
    // The native library calls from threads of its own.
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (!IsEnabled(logLevel))
            return;
        lock (_gate)
            error.WriteLine($"[{logLevel}] {formatter(state, exception)}");
    }
}
