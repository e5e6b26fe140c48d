namespace Jtr.Cli;

/// <summary>The command line is wrong in a way that only shows after parsing; leads to <see cref="ExitCode.Usage"/>.</summary>
internal sealed class UsageException(string message) : Exception(message);
