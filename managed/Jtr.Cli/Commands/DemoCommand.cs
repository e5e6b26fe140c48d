using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands.Presets;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;
using Jtr.Interop.Weights;

namespace Jtr.Cli.Commands;

/// <summary>`jtr demo`: supervised training against JTR on built-in scenes, everything else being equal.</summary>
internal sealed class DemoCommand
{
    private const string Weights = "resnet18-imagenet";

    // From a backbone that has seen photographs; as many steps as take six minutes on two cores, of both methods together.
    private const int Steps = 190;
    private const int QuickSteps = 60;
    private const int BatchSize = 8;
    private const double LearningRate = 1e-3;

    // From nothing, in about the same time. A sample costs 29 % less in sixteens than in fours.
    private const int StepsFromNothing = 500;
    private const int QuickStepsFromNothing = 150;
    private const int BatchFromNothing = 16;
    private const double RateFromNothing = 3e-3;

    private static readonly ImageSize _size = new(64, 96);

    // Rooms that differ little: with the others a network of this size tells beds and windows after minutes, and little else.
    private const double Variety = 0;

    // JTR's first gradients are tens of times the later ones. Without a slow start, bounded gradients and a falling rate, these steps and
    // the last ones decide where such a short training ends, of either method (docs/results.md).
    private const int WarmupParts = 12;
    private const double Clip = 5;
    private const int Pictures = 5;

    private static readonly string[] _methods = ["supervised", "jtr"];

    private readonly CliConsole _console;
    private readonly Option<string?> _output = OptionKinds.Text(
        "--output",
        "FOLDER",
        "Where checkpoints, scores and pictures go. Default: artifacts/demo."
    );
    private readonly Option<bool> _quick = new("--quick")
    {
        Description = $"{QuickSteps} steps instead of {Steps}: a first look in two minutes.",
    };
    private readonly Option<long?> _steps = OptionKinds.Whole("--steps", "N", "Steps of each training.", 1);
    private readonly Option<long?> _seed = OptionKinds.Whole(
        "--seed",
        "N",
        "Seed of both trainings: weights, order, crops, labels. Default: 1.",
        0
    );

    private DemoCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        DemoCommand demo = new(console);
        Command command = new("demo", "Compare supervised training with JTR on built-in scenes, in minutes.");
        new HelpPage
        {
            Usage = "jtr demo [options]",
            Text =
            [
                "Trains two networks on 400 built-in scenes, each of which has a label for only one of three tasks: segmentation, depth "
                    + "or surface normals. One learns from these labels "
                    + "alone (supervised), one also by Joint-Task Regularization (jtr); seed, labels and number of steps are the same. "
                    + "Both are scored on 200 other scenes with every label.",
                $"Where the weights {Weights} are on this machine ('jtr weights'), both begin with a backbone that has seen photographs; "
                    + "else with a small SegNet from nothing.",
                "Writes into the folder --output: comparison.png (photographs, labels, predictions of both), comparison.txt (the table), "
                    + "and a folder for each with checkpoint and scores.",
            ],
            Groups = [new("Run", [demo._quick, demo._steps, demo._seed, demo._output]), SettingsTable.Group("machine")],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("In some six minutes on two cores:", "jtr demo"),
                new(
                    "What did the network learn? More of its predictions:",
                    "jtr predict artifacts/demo/jtr/checkpoint.safetensors --count 20"
                ),
            ],
        }.Apply(command, console);
        command.SetAction(demo.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        RunFolder output = new(parsed.GetValue(_output) ?? Path.Combine("artifacts", "demo"));
        output.Create();
        RunConfiguration said = RunConfigurationReader.Read(parsed);
        MachineOptions.Prepare(said.Machine, _console);
        bool isPretrained = PretrainedWeights.Find(Weights)!.Locate() is not null;
        bool isQuick = parsed.GetValue(_quick);
        long steps =
            parsed.GetValue(_steps)
            ?? (isPretrained ? (isQuick ? QuickSteps : Steps) : (isQuick ? QuickStepsFromNothing : StepsFromNothing));
        said.Training.Preset = new NoPreset().Name;
        said.Data = new DataSection
        {
            Data = [DataRequest.Scenes],
            Size = (isPretrained ? _size : DataOptions.SceneSize).ToString(),
            SceneVariety = Variety,
            Scenario = Words.Of(Words.Scenarios, LabelScenario.OneLabel),
        };
        said.Network.Weights = isPretrained ? Weights : null;
        // The scenes' colours say nothing about their classes; what changing them teaches takes longer than a demo.
        said.Training.Color = false;
        said.Training.BatchSize = isPretrained ? BatchSize : BatchFromNothing;
        said.Training.Seed = (ulong)(parsed.GetValue(_seed) ?? 1);
        said.Training.Steps = steps;
        said.Optimizer.LearningRate = isPretrained ? LearningRate : RateFromNothing;
        said.Optimizer.Schedule = Words.Of(LearningRateSchedule.Cosine);
        said.Optimizer.Warmup = steps / WarmupParts;
        said.Optimizer.Clip = Clip;
        said.Machine.Threads = JtrRuntime.Threads;
        TrainSettings settings = TrainOptions.Settings(said, saved: null);
        OpenData data = DataSource.Open(settings.Data);
        LabelAssignment labels = LabelAssignment.Draw(settings.Scenario, data.Train, settings.Seed);
        Introduce(settings, data, labels);

        ResultsTable table = new(baseline: _methods[0]);
        List<(string Name, Trainer Trainer)> networks = [];
        try
        {
            foreach (string method in _methods)
            {
                TrainSettings own = settings.With(run => run.Training.Method = method);
                Trainer trainer = own.Begin(own.ToTrainerOptions(data.Train, labels, MachineOptions.Device(said)), _console, isTold: false);
                networks.Add((method, trainer));
                RunFolder folder = new(Path.Combine(output.Path, method));
                table.Add(method, await TrainAsync(trainer, own, data, labels, folder, cancellationToken).ConfigureAwait(false));
            }
            Conclude(table, data, networks, output, cancellationToken);
            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _console.Line();
            _console.Line(
                $"Stopped. To finish the training that was under way: jtr train --resume "
                    + $"{new RunFolder(Path.Combine(output.Path, networks[^1].Name)).Checkpoint}"
            );
            return ExitCode.Canceled;
        }
        finally
        {
            foreach ((_, Trainer trainer) in networks)
                trainer.Dispose();
        }
    }

    private async Task<EvaluationResult> TrainAsync(
        Trainer trainer,
        TrainSettings settings,
        OpenData data,
        LabelAssignment labels,
        RunFolder folder,
        CancellationToken cancellationToken
    )
    {
        folder.Create();
        labels.Save(folder.Labels);
        FitOptions fit = settings.ToFitOptions(labels) with
        {
            Steps = settings.TotalSteps(data.Train.Count),
            Workers = settings.Workers,
            CheckpointPath = folder.Checkpoint,
            CheckpointMetadata = settings.ToMetadata(),
        };
        FitResult done = await TrainingView
            .ShowAsync(
                _console,
                view =>
                    trainer.FitAsync(
                        data.Train,
                        fit,
                        view.Begin(new RunPlan(settings.Method, fit.Steps!.Value, settings.StepsPerEpoch(data.Train.Count))),
                        cancellationToken
                    )
            )
            .ConfigureAwait(false);
        EvaluationResult result = EvaluationView.Show(_console, trainer, data.Test!, settings.Workers, cancellationToken);
        folder.SaveResults(result);
        _console.Line($"{settings.Method}: trained in {Durations.Format(done.Elapsed)}; {result}");
        return result;
    }

    private void Introduce(TrainSettings settings, OpenData data, LabelAssignment labels)
    {
        _console.Title("Supervised training against Joint-Task Regularization");
        _console.Facts(
            (
                "train on",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{data.Train.Count} built-in scenes of {data.Train.Height} x "
                        + $"{data.Train.Width}, as with --scene-variety {settings.Data.SceneVariety}"
                )
            ),
            ("labels", $"one a scene: {string.Join(", ", data.Train.Tasks.Select((t, i) => $"{t.Name} {labels.LabeledCount(i)}"))}"),
            ("score on", $"{data.Test!.Count} other scenes, with every label"),
            (
                "steps",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{settings.TotalSteps(data.Train.Count)} of {settings.BatchSize} samples, seed {settings.Seed}"
                )
            ),
            (
                "network",
                NetworkSettings.IsSegNet(settings.Configuration.Network)
                    ? $"{settings.NetworkInWords}, from nothing ('jtr weights get {Weights}' restores what it could begin with)"
                    : settings.NetworkInWords
            ),
            (
                "rate",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"up to {settings.LearningRate:G6} over {settings.Configuration.Optimizer.Warmup} steps, "
                        + $"then down to 0; gradients clipped at {settings.Configuration.Optimizer.Clip:G6}"
                )
            )
        );
        _console.Line();
    }

    private void Conclude(
        ResultsTable table,
        OpenData data,
        IReadOnlyList<(string Name, Trainer Trainer)> networks,
        RunFolder output,
        CancellationToken cancellationToken
    )
    {
        string text = Path.Combine(output.Path, "comparison.txt"),
            picture = Path.Combine(output.Path, "comparison.png");
        WholeFile.Write(text, table.ToString());
        PredictionSheet.Draw(data.Test!, PredictionSheet.Spread(data.Test!.Count, Pictures), networks, cancellationToken).SavePng(picture);
        ResultView.Compare(_console, table, data.Test!.Count);
        _console.Line(
            "One training of each: where it ends is decided by chance, up to ten percent either way. What is in it for your "
                + "data, several seeds tell: jtr compare --help"
        );
        _console.Title("Written");
        _console.Facts(
            ("pictures", picture),
            ("table", text),
            ("checkpoints", string.Join(", ", networks.Select(n => new RunFolder(Path.Combine(output.Path, n.Name)).Checkpoint)))
        );
    }
}
