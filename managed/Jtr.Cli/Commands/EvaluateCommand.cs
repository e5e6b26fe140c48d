using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>`jtr evaluate`: scores a checkpoint.</summary>
internal sealed class EvaluateCommand
{
    private readonly CliConsole _console;
    private readonly CheckpointInput _input = new();
    private readonly Option<string?> _baseline = OptionKinds.Text(
        "--baseline",
        "FILE",
        "A results.json to compare with: adds Delta %, the mean improvement over it."
    );
    private readonly Option<string?> _json = OptionKinds.Text(
        "--json",
        "FILE",
        "Write the scores as JSON, which --baseline reads; - writes to standard output."
    );
    private readonly Option<string?> _csv = OptionKinds.Text("--csv", "FILE", "Write the scores as comma-separated values.");

    private readonly Option<string?> _confusion = OptionKinds.Text(
        "--confusion",
        "FILE",
        "Write the confusion matrix of segmentation as comma-separated values: pixels by labelled and predicted class."
    );

    private readonly Option<string?> _asDomain = OptionKinds.Text(
        "--as-domain",
        "NAME",
        "The domain whose norms predict, of a run with --domain norms; own: of each sample its own. Default: the mixture of all."
    );

    private EvaluateCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        EvaluateCommand evaluate = new(console);
        Command command = new("evaluate", "Score a trained network against every label that exists.");
        new HelpPage
        {
            Usage = "jtr evaluate CHECKPOINT [options]",
            Text =
            [
                "Scores a network over the whole test data: segmentation by mIoU (from one confusion matrix, classes absent from both "
                    + "prediction and label left out) and "
                    + "pixel accuracy; depth by absolute and relative error, RMSE and delta < 1.25^k; normals by mean, median and RMS "
                    + "angle and the percentage within 11.25, 22.5 and "
                    + "30 degrees; maps by their mean absolute error (L1); classes of whole photographs by accuracy, top-5 and macro F1; "
                    + "tags by mAP and F1; values by MAE, RMSE and R2. Every class is listed with its IoU or F1 and the class it is most "
                    + "often taken for, every tag with its average precision.",
                "The data are those of the checkpoint's run unless --data says otherwise: of data with a part to score on (test/, val/), "
                    + "that part.",
            ],
            Arguments = [evaluate._input.Checkpoint],
            Groups =
            [
                CheckpointInput.DataGroup,
                SettingsTable.Group("benchmark"),
                new("Scores", [evaluate._baseline, evaluate._json, evaluate._csv, evaluate._confusion, evaluate._asDomain]),
                SettingsTable.Group("machine"),
            ],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("On the test data of its run:", "jtr evaluate jtr-run/checkpoint.safetensors"),
                new(
                    "On other photographs, against another run:",
                    "jtr evaluate jtr-run/checkpoint.safetensors --data other-photos --baseline supervised/results.json"
                ),
            ],
        }.Apply(command, console);
        command.SetAction(evaluate.RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        EvaluationResult? baseline = parsed.GetValue(_baseline) is string file ? EvaluationResult.LoadJson(file) : null;
        Document? document = Document.Of(parsed.GetValue(_json), _console);
        string checkpoint = _input.Path(parsed);
        RunConfiguration said = RunConfigurationReader.Read(parsed);
        MachineOptions.Prepare(said.Machine, _console);
        CheckpointInfo info = CheckpointInfo.Read(checkpoint);
        DataRequest request = CheckpointInput.Request(said, info);
        OpenData data = DataSource.OpenTest(request, info.Options.Tasks);
        IMultiTaskDataset scored = BadSamples.Wrap(request, DataSource.WithInputs(data.Test!, info.Options.Inputs));
        foreach (string note in data.Notes)
            _console.Line(note);
        using Trainer trainer = Trainer.Load(checkpoint, CheckpointInput.LoadOptions(said), _console.Logger);
        string? asDomain = parsed.GetValue(_asDomain);
        EvaluationResult result = AsDomainOption.Say(() =>
            EvaluationView.Show(_console, trainer, scored, said.Machine.Workers, cancellationToken, asDomain: asDomain)
        );
        document?.Write(result.ToJson());
        if (parsed.GetValue(_csv) is string csv)
            WholeFile.Write(csv, result.ToCsv());
        if (parsed.GetValue(_confusion) is string confusion)
            WholeFile.Write(confusion, result.ToConfusionCsv());
        ResultView.Show(_console, result, baseline);
        ResultView.ShowClasses(_console, result);
        BadSamples.Report(_console, scored);
        return Task.FromResult(ExitCode.Success);
    }
}
