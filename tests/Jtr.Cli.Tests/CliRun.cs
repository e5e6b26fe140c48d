using Jtr.Cli.Output;

namespace Jtr.Cli.Tests;

/// <summary>Runs the program in this process, its output captured as a pipe would get it.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public static CliRun Of(params string[] args) => Of(CancellationToken.None, args);

    public static CliRun Of(CancellationToken cancellationToken, params string[] args)
    {
        using StringWriter output = new(),
            error = new();
        int code = JtrCommandLine.RunAsync(args, new CliConsole(output, error), cancellationToken).GetAwaiter().GetResult();
        return new CliRun(code, output.ToString(), error.ToString());
    }
}
