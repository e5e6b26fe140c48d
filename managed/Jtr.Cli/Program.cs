using System.Runtime.InteropServices;
using Jtr.Cli;
using Jtr.Cli.Output;

// The first Ctrl-C asks the command to save and stop; the second ends the process, as without a handler.
using CancellationTokenSource stop = new();
CliConsole console = CliConsole.ForProcess();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
return await JtrCommandLine.RunAsync(args, console, stop.Token).ConfigureAwait(false);

void Handle(PosixSignalContext context)
{
    if (stop.IsCancellationRequested)
        return;
    context.Cancel = true;
    stop.Cancel();
}
