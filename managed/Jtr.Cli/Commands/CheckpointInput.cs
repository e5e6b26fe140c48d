using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>A checkpoint and the data to use it on.</summary>
internal sealed class CheckpointInput
{
    private readonly DataOptions _data = new();

    /// <summary>The file.</summary>
    public Argument<string?> Checkpoint { get; } = new("checkpoint")
    {
        HelpName = "CHECKPOINT",
        Description = "A checkpoint.safetensors of `jtr train` or `jtr demo`, or one that a Trainer saved.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Options about data.</summary>
    public OptionGroup DataGroup => new("Data", [_data.Data, _data.Weights, _data.Test, _data.Size, _data.SkipBad, _data.VoidId, _data.DepthScale, _data.Scenes, _data.TestScenes, _data.SceneSeed, _data.SceneVariety]);

    /// <summary>Options about the files of benchmarks.</summary>
    public OptionGroup LayoutGroup => _data.LayoutGroup;

    /// <summary>The file that is named.</summary>
    /// <exception cref="UsageException">None is.</exception>
    public string Path(ParseResult parsed) => Find(parsed.GetValue(Checkpoint) ?? throw new UsageException("Name a checkpoint, such as jtr-run/checkpoint.safetensors."));

    /// <summary>The checkpoint that a path names: itself, or that of the run whose folder it is.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static string Find(string path)
    {
        string file = Directory.Exists(path) ? System.IO.Path.Combine(path, RunFolder.CheckpointName) : path;
        if (File.Exists(file)) return file;
        throw new FileNotFoundException(
            file == path ? $"{path}: there is no such file or folder" : $"{path}: this folder has no {RunFolder.CheckpointName}; a run saves its first one after --save-every steps, or when Ctrl-C stops it", file);
    }

    /// <summary>The data that are named, on top of those of the checkpoint's run.</summary>
    public DataRequest Request(ParseResult parsed, CheckpointInfo info)
    {
        DataRequest? saved = TrainSettings.From(info.Metadata, info.Path)?.Data;
        if (saved is null && !_data.Names(parsed))
            throw new UsageException($"{info.Path} does not say what it was trained on: name the data with --data.");
        return _data.Request(parsed, saved);
    }

    /// <summary>The size that is named, or that of the checkpoint's run, or the default for photographs.</summary>
    public ImageSize Size(ParseResult parsed, CheckpointInfo info) =>
        parsed.GetValue(_data.Size) ?? TrainSettings.From(info.Metadata, info.Path)?.Data.Size ?? DataOptions.FolderSize;

    /// <summary>Whether the command line names data.</summary>
    public bool NamesData(ParseResult parsed) => _data.Names(parsed);

    /// <summary>How to load the checkpoint: a network that was saved on a GPU may run elsewhere.</summary>
    public static LoadOptions LoadOptions(ParseResult parsed, MachineOptions machine)
    {
        DeviceChoice device = machine.Device(parsed);
        return new LoadOptions { Device = device.Kind, DeviceIndex = device.Index };
    }
}
