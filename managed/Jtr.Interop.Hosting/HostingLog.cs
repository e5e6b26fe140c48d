using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Hosting;

/// <summary>What the services of a host log.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(EventId = 200, Level = LogLevel.Error, Message = "The training '{Run}' failed; the host goes on.")]
    public static partial void Failed(ILogger logger, string run, Exception exception);

    [LoggerMessage(
        EventId = 201,
        Level = LogLevel.Information,
        Message = "The predictor '{Predictor}' takes {Path}, saved at step {Step}."
    )]
    public static partial void Took(ILogger logger, string predictor, string path, long step);

    [LoggerMessage(EventId = 202, Level = LogLevel.Information, Message = "The predictor '{Predictor}' waits for {Path}.")]
    public static partial void Waits(ILogger logger, string predictor, string path);

    [LoggerMessage(
        EventId = 203,
        Level = LogLevel.Warning,
        Message = "The predictor '{Predictor}' cannot use {Path}, and goes on with what it has."
    )]
    public static partial void CannotUse(ILogger logger, string predictor, string path, Exception exception);
}
