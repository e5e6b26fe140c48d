using System.Runtime.InteropServices;
using Jtr.Cli;
using Jtr.Cli.Output;

// The first Ctrl-C asks the command to save and stop; the second ends the process, as without a handler. A terminal that is closed asks for
// the same, perhaps several times, and is not there to be written to.
using CancellationTokenSource stop = new();
CliConsole console = CliConsole.ForProcess();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle);
return await JtrCommandLine.RunAsync(args, console, stop.Token).ConfigureAwait(false);

void Handle(PosixSignalContext context)
{
    bool isHangUp = context.Signal == PosixSignal.SIGHUP;
    if (isHangUp)
        console.HangUp();
    if (stop.IsCancellationRequested)
    {
        context.Cancel = isHangUp;
        return;
    }
    context.Cancel = true;
    console.AnnounceStop();
    stop.Cancel();
}
