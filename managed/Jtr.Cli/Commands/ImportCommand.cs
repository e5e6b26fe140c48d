using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>`jtr import`: a checkpoint of the published code as one of this library.</summary>
internal sealed class ImportCommand
{
    private readonly CliConsole _console;

    private readonly Argument<string?> _file = new("file")
    {
        HelpName = "FILE",
        Description = "A checkpoint.pth.tar or model_best.pth.tar of the published code.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string[]?> _tasks = OptionKinds.List(
        "--tasks",
        "LIST",
        "The tasks in the order of the file's heads: NAME=KIND[:COUNT], separated by commas."
    );

    private readonly Option<string?> _output = OptionKinds.Text("--output", "FILE", "Where to write it. Default: imported.safetensors.");

    private ImportCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        ImportCommand import = new(console);
        Command command = new("import", "Make a checkpoint of one that the published code saved.");
        new HelpPage
        {
            Usage = "jtr import FILE --tasks LIST [options]",
            Text =
            [
                "Reads the weights of the multi-task network, and nothing else that could be in such a file: it is not run, and what is "
                    + "no tensor or plain container is refused. The optimiser and the "
                    + "auto-encoder, which the published files do not hold, start anew.",
            ],
            Arguments = [import._file],
            Groups = [new("Import", [import._tasks, import._output])],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new(
                    "Trained on NYU-v2:",
                    "jtr import model_best.pth.tar --tasks segmentation=segmentation:13,depth=depth,normals=normals "
                        + "--output nyuv2.safetensors"
                ),
                new(
                    "On Cityscapes:",
                    "jtr import model_best.pth.tar --tasks segmentation=segmentation:7,depth=depth --output cityscapes.safetensors"
                ),
                new("And then:", "jtr evaluate nyuv2.safetensors --data nyuv2:nyuv2"),
            ],
        }.Apply(command, console);
        command.SetAction(import.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        string file = parsed.GetValue(_file) ?? throw new UsageException("Name a file, such as model_best.pth.tar.");
        if (parsed.GetResult(_tasks) is null)
            throw new UsageException(
                "Name the tasks of its heads with --tasks, such as segmentation=segmentation:13,depth=depth,normals=normals."
            );
        TaskSet tasks = new(parsed.GetValue(_tasks)!.Select(t => TaskSpec.Parse(t).ToTask(found: null)));
        string output = parsed.GetValue(_output) ?? "imported.safetensors";
        using Trainer trainer = PublishedCheckpoint.Load(file, tasks, new TrainerOptions { Tasks = tasks, Device = DeviceKind.Cpu });
        trainer.Save(output);
        _console.Line($"Written: {output}, a network of width {trainer.Options.Width} for {tasks}");
        return ExitCode.Success;
    }
}
