using System.CommandLine;
using System.Text.Json;
using Jtr.Cli.Commands;
using Jtr.Cli.Configuration;
using Jtr.Cli.Output;

namespace Jtr.Cli.Tests;

/// <summary>Settings that earlier versions kept, in checkpoints, plans and run folders, are those of the same command line now.</summary>
public sealed class OlderSettingsTests
{
    private const string Small =
        "--preset none --scenes 6 --test-scenes 2 --scene-variety 0.5 --size 32x64 --width 2 --batch-size 2 "
        + "--threads 1 --workers 1 --deterministic ";

    private const string Methods =
        Small
        + "--steps 2 --method mtpsl+teacher --con-weight 1 --ramp-up 5 --film-learning-rate 1e-5 --film-lr-decay-every 3 --micro-batch 2 "
        + "--teacher-weight 0.5 --teacher-target hard --teacher-selection fixed --teacher-threshold 0.8 --cut-mix 0.25 --balance fixed "
        + "--task-weights 1,2,0.5 --lr-schedule cosine --warmup 1 --lr-final 0.1 --clip 5 --ema 0.9 --no-color --flip all --rotate 5 "
        + "--noise 0.01 --limit-labels depth=1/2 --scenario full --constraint bounds:task=depth,lowest=0 --option optimizer.beta1=0.8 "
        + "--eval-every 1 --keep 2 --early-stopping 3";

    private const string Network =
        Small
        + "--epochs 1 --method jtr --mode corrected --lambda-dist 3 --backbone resnet18 --decoder deeplab --decoder-width 4 "
        + "--output-stride 16 --freeze stage2 --freeze-steps 5 --freeze-norms --backbone-rate 0.5 --inputs depth "
        + "--tasks segmentation,normals --fusion gate --input-dropout 0.1 --balance dwa --dwa-temperature 3 --recomputation stages "
        + "--no-augment";

    private static readonly Command _train = TrainCommand.Make(new CliConsole(TextWriter.Null, TextWriter.Null));

    private static string Kept(string name) => Path.Combine(AppContext.BaseDirectory, "Data", "settings-of-974f310", name);

    [TestCase("methods.json", Methods)]
    [TestCase("network.json", Network)]
    [TestCase("defaults.json", Small + "--steps 2")]
    public void Those_of_a_checkpoint(string file, string command)
    {
        Dictionary<string, string> metadata = new() { [TrainSettings.MetadataKey] = File.ReadAllText(Kept(file)) };
        TrainSettings read = TrainSettings.From(metadata, file)!;
        Assert.That(read.Configuration.ToJson(), Is.EqualTo(Settings(command.Split(' ')).Configuration.ToJson()));
        // And once more through the form of today.
        TrainSettings again = TrainSettings.From(read.ToMetadata(), file)!;
        Assert.That(again.ToJson(), Is.EqualTo(read.ToJson()));
        Assert.That(again.Data, Is.EqualTo(read.Data).Using<object>((a, b) => JsonSerializer.Serialize(a) == JsonSerializer.Serialize(b)));
    }

    [TestCase("methods.config.json", Methods)]
    [TestCase("network.config.json", Network)]
    public void Those_of_a_configuration_file(string file, string command) =>
        Assert.That(
            Settings(["--config", Kept(file)]).Configuration.ToJson(),
            Is.EqualTo(Settings([.. command.Split(' '), "--device", "auto"]).Configuration.ToJson())
        );

    [Test]
    public void Those_of_a_comparison_that_goes_on()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["cmp"]);
        File.Copy(Kept("plan.json"), folder["cmp", "plan.json"]);
        string[] command =
        [
            "compare",
            .. "--methods supervised --seeds 1 --scenes 4 --test-scenes 2 --size 32x64".Split(' '),
            .. "--width 2 --batch-size 2 --steps 2 --threads 1".Split(' '),
            "--output",
            folder["cmp"],
        ];
        CliRun other = CliRun.Of([.. command, "--lambda-dist", "4"]);
        Assert.That(other.Error, Does.Contain("holds a comparison with other settings"));
        CliRun same = CliRun.Of([.. command, "--lambda-dist", "5"]);
        Assert.That(same.ExitCode, Is.EqualTo(ExitCode.Success), same.Error);
    }

    [Test]
    public void Names_of_earlier_versions_are_understood_and_not_shown()
    {
        Assert.That(Settings(["--no-colour"]).Configuration.Training.Color, Is.False);
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["old.json"], """{ "training": { "colour": false } }""");
        Assert.That(Settings(["--config", folder["old.json"]]).Configuration.Training.Color, Is.False);
        Assert.That(CliRun.Of("train", "--help-all").Output, Does.Contain("--no-color").And.Not.Contain("--no-colour"));
        Assert.That(ConfigurationSchema.Write(SettingsTable.Current), Does.Not.Contain("colour\""));
    }

    [Test]
    public void Settings_that_are_damaged_are_told_with_the_file()
    {
        foreach (string json in (string[])["[1]", "{}", "{", """{ "configuration": { "training": { "width": "wide" } } }"""])
        {
            Assert.That(
                () => TrainSettings.From(new Dictionary<string, string> { [TrainSettings.MetadataKey] = json }, "some.safetensors"),
                Throws.TypeOf<Interop.JtrFormatException>().With.Property("Path").EqualTo("some.safetensors"),
                json
            );
        }
    }

    private static TrainSettings Settings(string[] arguments)
    {
        ParseResult parsed = _train.Parse(arguments);
        Assert.That(parsed.Errors, Is.Empty);
        string? file = arguments is ["--config", string path] ? path : null;
        return TrainOptions.Settings(RunConfigurationReader.Read(parsed, file, []), saved: null);
    }
}
