using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>What --as-domain has in common, whatever command takes it.</summary>
internal static class AsDomainOption
{
    /// <summary>Calls the library, whose complaint about the domain becomes one about the option.</summary>
    /// <exception cref="UsageException">There are no norms of that domain.</exception>
    public static T Say<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (ArgumentException e) when (e.ParamName == nameof(EvaluateOptions.AsDomain))
        {
            string message = e.Message.Split(" (Parameter", 2)[0];
            throw new UsageException($"--as-domain: {message.Replace($"{e.ParamName}: ", "", StringComparison.Ordinal)}.");
        }
    }

    /// <inheritdoc cref="Say{T}"/>
    public static void Say(Action call) =>
        Say(() =>
        {
            call();
            return true;
        });
}
