using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>`jtr adapt`: a network with the norm statistics of other photographs.</summary>
internal sealed class AdaptCommand
{
    private readonly CliConsole _console;
    private readonly CheckpointInput _input = new();
    private readonly Option<string?> _output = OptionKinds.Text("--output", "FILE", "The checkpoint to write.");

    private readonly Option<long?> _batch = OptionKinds.Whole(
        "--batch",
        "N",
        "Photographs whose statistics are taken at once. Default: 16.",
        2,
        65536
    );

    private AdaptCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        AdaptCommand adapt = new(console);
        Command command = new("adapt", "Give a trained network the norm statistics of other photographs.");
        new HelpPage
        {
            Usage = "jtr adapt CHECKPOINT --data FOLDER --output FILE [options]",
            Text =
            [
                "Photographs of another source than those of training have other colors and textures. Their mean and variance replace "
                    + "those of training in every norm of the network (AdaBN); weights stay, and no label is looked at. What is written is "
                    + "a checkpoint of its own, for evaluate, predict and export.",
                "Of data with a part to score on (test/, val/), that part is taken.",
            ],
            Arguments = [adapt._input.Checkpoint],
            Groups =
            [
                CheckpointInput.DataGroup,
                SettingsTable.Group("benchmark"),
                new("Adaptation", [adapt._output, adapt._batch]),
                SettingsTable.Group("machine"),
            ],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new(
                    "For photographs of another camera:",
                    "jtr adapt jtr-run/checkpoint.safetensors --data other-photos --output adapted.safetensors"
                ),
            ],
        }.Apply(command, console);
        command.SetAction(adapt.Run);
        return command;
    }

    private Task<int> Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        string checkpoint = _input.Path(parsed);
        string output = parsed.GetValue(_output) ?? throw new UsageException("Say with --output where to write the checkpoint.");
        if (Path.GetFullPath(output) == Path.GetFullPath(checkpoint))
            throw new UsageException("--output is the checkpoint itself.");
        RunConfiguration said = RunConfigurationReader.Read(parsed);
        if (said.Data.Data is null)
            throw new UsageException("Name the photographs with --data.");
        MachineOptions.Prepare(said.Machine, _console);
        CheckpointInfo info = CheckpointInfo.Read(checkpoint);
        DataRequest request = CheckpointInput.Request(said, info);
        OpenData data = DataSource.OpenTest(request, info.Options.Tasks);
        IMultiTaskDataset photographs = BadSamples.Wrap(request, DataSource.WithInputs(data.Test!, info.Options.Inputs));
        foreach (string note in data.Notes)
            _console.Line(note);
        using Trainer trainer = Trainer.Load(checkpoint, CheckpointInput.LoadOptions(said), _console.Logger);
        AdaptOptions options = new() { Workers = said.Machine.Workers };
        if (parsed.GetValue(_batch) is { } batch)
            options = options with { BatchSize = (int)batch };
        int norms = trainer.AdaptNorms(photographs, options, progress: null, cancellationToken);
        trainer.Save(
            output,
            info.Metadata.Where(m => m.Key == TrainSettings.MetadataKey).ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal)
        );
        BadSamples.Report(_console, photographs);
        _console.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{norms} norms have the statistics of {photographs.Count} photograph{(photographs.Count == 1 ? "" : "s")}."
            )
        );
        _console.Line($"Written: {output}");
        return Task.FromResult(ExitCode.Success);
    }
}
