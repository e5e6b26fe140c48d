namespace Jtr.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>It did what it was asked to.</summary>
    public const int Success = 0;

    /// <summary>It could not.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>It was stopped by Ctrl-C, SIGTERM or SIGHUP, after saving what it had.</summary>
    public const int Canceled = 130;
}
