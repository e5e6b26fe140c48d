using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Jtr.Interop.Diagnostics;

/// <summary>A caller's logger, whose failures end neither a run nor the process: a message that it throws at is lost.</summary>
internal sealed class GuardedLogger : ILogger
{
    private readonly ILogger _logger;

    private GuardedLogger(ILogger logger) => _logger = logger;

    /// <summary>The logger with a guard around it; without one, a logger that does nothing.</summary>
    public static ILogger Around(ILogger? logger) =>
        logger switch
        {
            null => NullLogger.Instance,
            GuardedLogger or NullLogger => logger,
            _ => new GuardedLogger(logger),
        };

#pragma warning disable CA1031 // Whatever a logger throws is its own affair.
    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return _logger.BeginScope(state);
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return _logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        try
        {
            _logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception) { }
    }
#pragma warning restore CA1031
}
