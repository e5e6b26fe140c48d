using System.CommandLine;

namespace Jtr.Cli.CommandLine;

/// <summary>Options of all commands.</summary>
internal static class GlobalOptions
{
    /// <summary>Shows more when something fails.</summary>
    public static Option<bool> Verbose { get; } =
        new("--verbose") { Description = "Show stack traces and the native library's messages.", Recursive = true };
}
