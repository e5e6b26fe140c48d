using Jtr.Interop;

namespace Jtr.Cli;

/// <summary>Exceptions in words for users.</summary>
internal static class ErrorText
{
    /// <summary>The message, without what only programmers need.</summary>
    public static string Describe(Exception exception)
    {
        if (exception is AggregateException { InnerExceptions.Count: 1 } aggregate)
            return Describe(aggregate.InnerExceptions[0]);
        string message = exception.Message;
        if (exception is ArgumentException { ParamName: string parameter })
        {
            message = message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal);
            int actual = message.IndexOf("\nActual value was ", StringComparison.Ordinal);
            if (actual >= 0)
                message = $"{message[..actual].TrimEnd('\r', '.')}; it is {message[(actual + 18)..].TrimEnd('.')}";
        }
        message = OptionWords.Translate(message);
        return exception is JtrException or ArgumentException or IOException or UnauthorizedAccessException
            ? message
            : $"{exception.GetType().Name}: {message}";
    }

    /// <summary>Whether an exception is about input or machine, not about a fault of this program.</summary>
    public static bool IsExpected(Exception exception) =>
        exception switch
        {
            AggregateException { InnerExceptions.Count: 1 } aggregate => IsExpected(aggregate.InnerExceptions[0]),
            JtrException or ArgumentException or IOException or UnauthorizedAccessException or OutOfMemoryException => true,
            _ => false,
        };
}
