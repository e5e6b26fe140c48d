using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>A checkpoint and the data to use it on.</summary>
internal sealed class CheckpointInput
{
    /// <summary>The file.</summary>
    public Argument<string?> Checkpoint { get; } =
        new("checkpoint")
        {
            HelpName = "CHECKPOINT",
            Description = "A checkpoint.safetensors of `jtr train` or `jtr demo`, or one that a Trainer saved.",
            Arity = ArgumentArity.ZeroOrOne,
        };

    /// <summary>Options about data.</summary>
    public static OptionGroup DataGroup =>
        SettingsTable.Group(
            "Data",
            "data.data",
            "data.weights",
            "data.test",
            "data.size",
            "data.skipBad",
            "data.voidId",
            "data.depthScale",
            "data.scenes",
            "data.testScenes",
            "data.sceneSeed",
            "data.sceneInputShare",
            "data.sceneVariety",
            "data.sceneShift"
        );

    /// <summary>The file that is named.</summary>
    /// <exception cref="UsageException">None is.</exception>
    public string Path(ParseResult parsed) =>
        Find(parsed.GetValue(Checkpoint) ?? throw new UsageException("Name a checkpoint, such as jtr-run/checkpoint.safetensors."));

    /// <summary>The checkpoint that a path names: itself, or that of the run whose folder it is.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static string Find(string path)
    {
        string file = Directory.Exists(path) ? System.IO.Path.Combine(path, RunFolder.CheckpointName) : path;
        if (File.Exists(file))
            return file;
        throw new FileNotFoundException(
            file == path
                ? $"{path}: there is no such file or folder"
                : $"{path}: this folder has no {RunFolder.CheckpointName}; a run "
                    + $"saves its first one after --save-every steps, or when Ctrl-C stops it",
            file
        );
    }

    /// <summary>The data that are named, on top of those of the checkpoint's run.</summary>
    public static DataRequest Request(RunConfiguration said, CheckpointInfo info)
    {
        TrainSettings? saved = TrainSettings.From(info.Metadata, info.Path);
        if (saved is null && said.Data.Data is null)
            throw new UsageException($"{info.Path} does not say what it was trained on: name the data with --data.");
        return DataOptions.Request(said, saved);
    }

    /// <summary>The size that is named, or that of the checkpoint's run, or the default for photographs.</summary>
    public static ImageSize Size(RunConfiguration said, CheckpointInfo info) =>
        DataOptions.ImageSizeOf(said) ?? TrainSettings.From(info.Metadata, info.Path)?.Data.Size ?? DataOptions.FolderSize;

    /// <summary>How to load the checkpoint: a network that was saved on a GPU may run elsewhere.</summary>
    public static LoadOptions LoadOptions(RunConfiguration said)
    {
        DeviceChoice device = MachineOptions.Device(said);
        return new LoadOptions { Device = device.Kind, DeviceIndex = device.Index };
    }
}
