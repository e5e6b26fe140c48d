using System.Diagnostics;

namespace Jtr.Cli.Parallel;

/// <summary>This program, started once more.</summary>
internal static class SelfProcess
{
    /// <summary>How to start it with other arguments. Its input and output are pipes.</summary>
    /// <param name="arguments">As after the program's name.</param>
    public static ProcessStartInfo Start(IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new()
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string self = typeof(SelfProcess).Assembly.Location;
        string? program = Environment.ProcessPath;
        // The tool's own program, where that is what runs; else .NET with its library.
        if (program is not null && Path.GetFileNameWithoutExtension(program) == Path.GetFileNameWithoutExtension(self))
        {
            start.FileName = program;
        }
        else
        {
            start.FileName = program is not null && Path.GetFileNameWithoutExtension(program) == "dotnet" ? program : "dotnet";
            start.ArgumentList.Add(self);
        }
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }

    /// <summary>A token that is cancelled when the process that started this one wants no more of it.</summary>
    /// <param name="cancellationToken">Another reason to stop.</param>
    public static CancellationTokenSource UntilInputEnds(CancellationToken cancellationToken)
    {
        CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Thread watch = new(() =>
        {
            while (Console.In.Read() >= 0) { }
            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The run was over before.
            }
        })
        {
            IsBackground = true,
        };
        watch.Start();
        return source;
    }
}
