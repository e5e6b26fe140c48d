using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Doctor;
using Jtr.Cli.Output;

namespace Jtr.Cli.Commands;

/// <summary>`jtr doctor`: what is there, what is wrong and how to mend it.</summary>
internal static class DoctorCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        Command command = new("doctor", "Check library, libtorch, device and threads; say what is wrong and how to mend it.");
        new HelpPage
        {
            Usage = "jtr doctor",
            Text =
            [
                "Looks at everything that training needs, one line each: \"ok\"; \"slow\", which works but could be better; or \"wrong\", "
                    + "with what mends it. The last checks do a training step and write a picture.",
                "libjtr is looked for in the file or folder that the environment variable JTR_NATIVE names, else beside the program, else "
                    + "on the system's library path. It needs the libtorch that it "
                    + "was built with; `./build.sh native` in a source checkout builds it for the libtorch that it finds (LIBTORCH, "
                    + "CMAKE_PREFIX_PATH, the system's).",
            ],
            Sections = [("Exit codes", [("0", "Training works."), ("1", "Something is wrong.")])],
            Examples = [new("Is everything there?", "jtr doctor"), new("With another libjtr:", "JTR_NATIVE=/opt/jtr/lib jtr doctor")],
        }.Apply(command, console);
        command.SetAction(_ =>
        {
            Diagnosis diagnosis = new(console);
            return diagnosis.Run(Checks.All) ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }
}
