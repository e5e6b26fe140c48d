using System.CommandLine;

namespace Jtr.Cli.CommandLine;

/// <summary>Options of all commands.</summary>
internal static class GlobalOptions
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Option> All => [Verbose, Quiet];

    /// <summary>Shows less.</summary>
    public static Option<bool> Quiet { get; } =
        new("--quiet") { Description = "Write nothing but warnings and errors (a run's log.txt has the rest).", Recursive = true };

    /// <summary>Shows more when something fails.</summary>
    public static Option<bool> Verbose { get; } =
        new("--verbose") { Description = "Show stack traces and the native library's messages.", Recursive = true };
}
