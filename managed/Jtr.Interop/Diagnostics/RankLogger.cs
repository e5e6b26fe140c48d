using Jtr.Interop.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Jtr.Interop.Diagnostics;

/// <summary>The logger of one of several processes that train together: its messages begin with the process's rank.</summary>
/// <param name="logger">Receives them.</param>
/// <param name="rank">The rank.</param>
internal sealed class RankLogger(ILogger logger, int rank) : ILogger
{
    /// <summary>The logger as it is, where a process trains by itself.</summary>
    public static ILogger Around(ILogger logger, JtrProcessGroup? group) =>
        group is { Size: > 1 } && logger is not NullLogger ? new RankLogger(logger, group.Rank) : logger;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => logger.Log(logLevel, eventId, state, exception, (s, e) => $"rank {rank}: {formatter(s, e)}");
}
