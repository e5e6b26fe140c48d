using System.CommandLine;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Cli.Commands;
using Jtr.Cli.Configuration;
using Jtr.Cli.Output;

namespace Jtr.Cli.Tests;

/// <summary>The configuration file of a run, its schema and its documentation.</summary>
public sealed class ConfigurationTests
{
    private static readonly string[] _machine = ["--workers", "1", "--threads", "1"];

    private static readonly Command _train = TrainCommand.Make(new CliConsole(TextWriter.Null, TextWriter.Null));

    [Test]
    public void The_published_schema_and_the_table_are_those_of_the_settings()
    {
        Same("docs/schema/jtr-run.schema.json", _ => ConfigurationSchema.Write(SettingsTable.Current));
        const string begin = "<!-- settings -->\n",
            end = "<!-- end of settings -->";
        Same(
            "docs/configuration.md",
            old =>
            {
                int from = old.IndexOf(begin, StringComparison.Ordinal) + begin.Length,
                    to = old.IndexOf(end, StringComparison.Ordinal);
                return old[..from] + ConfigurationSchema.WriteTable(SettingsTable.Current) + old[to..];
            }
        );

        // With JTR_UPDATE_DOCS=1 the test writes them instead.
        static void Same(string name, Func<string, string> make)
        {
            string path = Path.Combine(Repository(), name);
            string old = File.Exists(path) ? File.ReadAllText(path) : "";
            string text = make(old);
            if (Environment.GetEnvironmentVariable("JTR_UPDATE_DOCS") == "1")
                File.WriteAllText(path, text);
            else
                Assert.That(text, Is.EqualTo(old), $"{name}: JTR_UPDATE_DOCS=1 with this test writes it");
        }
    }

    [Test]
    public void Every_property_is_a_setting_and_every_setting_an_option() =>
        Assert.Multiple(() =>
        {
            RunConfiguration configuration = new();
            List<string> keys = [];
            foreach (PropertyInfo section in typeof(RunConfiguration).GetProperties().Where(p => p.Name != nameof(RunConfiguration.Native)))
            {
                foreach (PropertyInfo property in section.PropertyType.GetProperties())
                {
                    string key =
                        $"{JsonNamingPolicy.CamelCase.ConvertName(section.Name)}.{JsonNamingPolicy.CamelCase.ConvertName(property.Name)}";
                    keys.Add(key);
                    if (SettingsTable.Current.Find(key) is not { } setting)
                    {
                        Assert.Fail($"no setting {key}");
                        continue;
                    }
                    // The row reads this property and no other.
                    Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
                    object value =
                        type == typeof(string) ? "x"
                        : type == typeof(string[]) ? new[] { "x" }
                        : type == typeof(double[]) ? new[] { 1.0 }
                        : type == typeof(bool) ? true
                        : Convert.ChangeType(1, type, System.Globalization.CultureInfo.InvariantCulture);
                    property.SetValue(section.GetValue(configuration), value);
                    Assert.That(setting.Get(configuration), Is.EqualTo(value), key);
                    property.SetValue(section.GetValue(configuration), null);
                    Assert.That(setting.Get(configuration), Is.Null, key);
                    Assert.That(setting.IsList, Is.EqualTo(type.IsArray), key);
                }
            }
            Assert.That(SettingsTable.Declared.Select(s => s.Key), Is.EqualTo(keys));
            Assert.That(SettingsTable.Current.All.Select(s => s.Option), Is.Unique);
            Assert.That(SettingsTable.Current.All.Select(s => s.Key), Is.Unique);
            foreach (Setting setting in SettingsTable.Current.All)
                Assert.That(_train.Options.Any(o => o.Name == setting.Option), setting.Option);
            // What is no setting is about this one call.
            string[] others =
            [
                "--output",
                "--resume",
                "--overwrite",
                "--config",
                "--set",
                "--dry-run",
                "--find-lr",
                "--no-tensorboard",
                "--no-check",
                "--processes",
                "--process-timeout",
                "--listen",
                "--interface",
                "--help",
                "--help-all",
                "--verbose",
            ];
            Assert.That(
                _train.Options.Select(o => o.Name).Except(SettingsTable.Current.All.Select(s => s.Option)).Except(others),
                Is.Empty,
                "an option of training without a setting"
            );
        });

    [Test]
    public void Limits_of_settings_are_those_of_their_options() =>
        Assert.Multiple(() =>
        {
            foreach (
                Setting setting in SettingsTable.Current.All.Where(s => s.IsNumber && s.Words.Count == 0 && s.Kind != SettingKind.Numbers)
            )
            {
                if (setting.Minimum is double low)
                    Border(setting, low, setting.IsAboveMinimum, -1);
                if (setting.Maximum is double high)
                    Border(setting, high, setting.IsBelowMaximum, 1);
            }

            static void Border(Setting setting, double at, bool isOpen, double direction)
            {
                string Text(double value) => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
                bool Parses(double value) => _train.Parse([setting.Option, Text(value)]).Errors.Count == 0;
                Assert.That((setting.Accepts(Text(at)), Parses(at)), Is.EqualTo((!isOpen, !isOpen)), $"{setting.Key} {at}");
                Assert.That(
                    (setting.Accepts(Text(at + direction)), Parses(at + direction)),
                    Is.EqualTo((false, false)),
                    $"{setting.Key} {at + direction}"
                );
            }
        });

    [Test]
    public void A_run_is_repeated_by_its_own_configuration_to_the_bit()
    {
        using TemporaryFolder folder = new();
        CliRun first = CliRun.Of([
            "train",
            "--output",
            folder["first"],
            "--steps",
            "3",
            "--scenes",
            "4",
            "--test-scenes",
            "2",
            "--size",
            "32x32",
            "--width",
            "2",
            "--batch-size",
            "2",
            "--seed",
            "9",
            "--flip",
            "all",
            "--lr-schedule",
            "cosine",
            "--warmup",
            "1",
            "--ema",
            "0.9",
            "--clip",
            "0.5",
            "--tasks",
            "segmentation,depth",
            "--lambda-dist",
            "3",
            "--no-color",
            .. _machine,
        ]);
        Assert.That(first.ExitCode, Is.EqualTo(ExitCode.Success), first.Error);
        string config = folder["first", "config.json"];
        CliRun again = CliRun.Of(["train", "--config", config, "--output", folder["again"], .. _machine]);
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Success), again.Error);
        Assert.That(Weights(folder["again"]), Is.EqualTo(Weights(folder["first"])));
        Assert.That(File.ReadAllText(folder["again", "config.json"]), Is.EqualTo(File.ReadAllText(config)));

        CliRun other = CliRun.Of(["train", "--config", config, "--set", "training.seed=10", "--output", folder["other"], .. _machine]);
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Success), other.Error);
        Assert.That(Weights(folder["other"]), Is.Not.EqualTo(Weights(folder["first"])));
        JsonNode node = JsonNode.Parse(File.ReadAllText(folder["other", "config.json"]))!;
        Assert.That((ulong)node["training"]!["seed"]!, Is.EqualTo(10));

        static byte[] Weights(string run) => TensorBytes.Read(Path.Combine(run, "checkpoint.safetensors")).Data;
    }

    [Test]
    public void Settings_of_file_set_and_command_line_count_in_that_order()
    {
        using TemporaryFolder folder = new();
        string config = Write(
            folder,
            """
            {
              "$schema": "jtr-run.schema.json", // comments are allowed
              "data": { "data": ["photos"], "tasks": ["seg", "depth"], "labels": "sub/labels.json" },
              "training": { "BatchSize": 3, "epochs": 7, "augment": false },
              "optimizer": { "learningRate": 1e-3 },
              "machine": {}
            }
            """
        );
        Directory.CreateDirectory(folder["photos", "image"]);
        File.WriteAllBytes(folder["photos", "image", "a.png"], []);
        RunConfiguration read = RunConfigurationReader.Read(
            _train.Parse(["--seed", "5"]),
            config,
            ["training.batchSize=4", "data.tasks=seg"]
        );
        Assert.Multiple(() =>
        {
            Assert.That(read.Training.BatchSize, Is.EqualTo(4));
            Assert.That(read.Training.Epochs, Is.EqualTo(7));
            Assert.That(read.Training.Augment, Is.False);
            Assert.That(read.Training.Steps, Is.Null);
            Assert.That(read.Optimizer.LearningRate, Is.EqualTo(1e-3));
            Assert.That(read.Data.Tasks, Is.EqualTo(new[] { "seg" }));
            Assert.That(read.Data.Labels, Is.EqualTo(folder["sub", "labels.json"]), "beside the file");
            Assert.That(read.Data.Data, Has.Length.EqualTo(1).And.All.EndWith(folder["photos"]));
            Assert.That(read.Training.Seed, Is.EqualTo(5));
            RunConfiguration said = RunConfigurationReader.Read(
                _train.Parse(["--steps", "9", "--scenario", "full", "--batch-size", "2"]),
                config,
                []
            );
            Assert.That(
                (said.Training.Steps, said.Training.Epochs, said.Training.BatchSize),
                Is.EqualTo((9, (int?)null, 2)),
                "--steps instead of epochs"
            );
            Assert.That((said.Data.Scenario, said.Data.Labels), Is.EqualTo(("full", (string?)null)), "--scenario instead of labels");
        });
    }

    [TestCase("""{ "training": { "batchsice": 3 } }""", "there is no setting 'training.batchsice'. Did you mean 'training.batchSize'?")]
    [TestCase("""{ "optimizer": { "seed": 3 } }""", "there is no setting 'optimizer.seed'. Did you mean 'training.seed'?")]
    [TestCase("""{ "zebra": { "crossing": 3 } }""", "there is no setting 'zebra.crossing'.")]
    [TestCase("""{ "training": 5 }""", "there is no setting 'training'.")]
    [TestCase("""{ "training": { "batchSize": 0 } }""", "training.batchSize must be a whole number of 1 to 65536, not '0'.")]
    [TestCase("""{ "training": { "batchSize": "many" } }""", "training.batchSize must be a whole number of 1 to 65536, not 'many'.")]
    [TestCase("""{ "training": { "steps": 1.5 } }""", "training.steps must be a whole number of 1 or more, not '1.5'.")]
    [TestCase("""{ "optimizer": { "ema": 1 } }""", "optimizer.ema must be a number of 0 or more and below 1, not '1'.")]
    [TestCase(
        """{ "optimizer": { "schedule": "sawtooth" } }""",
        "optimizer.schedule must be one of step, cosine, constant, not 'sawtooth'."
    )]
    [TestCase("""{ "training": { "augment": 1 } }""", "training.augment must be true or false, not '1'.")]
    [TestCase("""{ "data": { "tasks": "seg" } }""", "data.tasks must be a list of texts, not 'seg'.")]
    [TestCase("""{ "training": { "method": ["jtr"] } }""", "training.method must be a text, not '[\"jtr\"]'.")]
    [TestCase(
        "{\n  \"training\": {\n    \"batchSise\": 3 } }",
        "line 3: there is no setting 'training.batchSise'. Did you mean 'training.batchSize'?"
    )]
    [TestCase(
        "{ \"optimizer\":\n { \"schedule\": \"cosin\" } }",
        "line 2: optimizer.schedule must be one of step, cosine, constant, not 'cosin'. Did you mean 'cosine'?"
    )]
    [TestCase("""{ "training": { """, "is not a configuration: ")]
    [TestCase("""[1]""", "is not a configuration: ")]
    public void What_is_wrong_in_a_file_is_told_with_the_file_and_the_setting(string json, string words)
    {
        using TemporaryFolder folder = new();
        string config = Write(folder, json);
        CliRun run = CliRun.Of("train", "--config", config, "--output", folder["run"]);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((ExitCode.Failure, "")));
        Assert.That(run.Error, Does.StartWith($"jtr: {config}: ").And.Contain(words));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [TestCase("training.batchSize", "--set must be KEY=VALUE")]
    [TestCase("training.batch=3", "there is no setting 'training.batch'. Did you mean 'training.batchSize'?")]
    [TestCase("training.batch-size=3", "Did you mean 'training.batchSize'?")]
    [TestCase("optimizer.lr-schedule=step", "Did you mean 'optimizer.schedule'?")]
    [TestCase("optimizer.momentum=0.9", "there is no setting 'optimizer.momentum'. 'optimizer' has name, learningRate, schedule, ")]
    [TestCase("zebra.crossing=1", "there is no setting 'zebra.crossing'. The sections are data, benchmark, network, training, ")]
    [TestCase("training.seed=-1", "training.seed must be a whole number of 0 or more, not '-1'.")]
    [TestCase("data.size=31", "data.size must be two numbers up to 4096")]
    [TestCase("training.method=magic", "--method must be one of")]
    [TestCase("run.earlyStopping=3", "--early-stopping needs --eval-every")]
    public void What_is_wrong_in_a_set_is_told(string set, string words)
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of("train", "--set", set, "--output", folder["run"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage), run.Error);
        Assert.That(run.Error, Does.Contain(words));
    }

    [Test]
    public void Config_prints_the_schema_and_says_what_it_can_print() =>
        Assert.Multiple(() =>
        {
            CliRun schema = CliRun.Of("config", "schema");
            Assert.That(schema.Output, Is.EqualTo(ConfigurationSchema.Write(SettingsTable.Current)));
            Assert.That(
                JsonNode.Parse(schema.Output)!["properties"]!["training"]!["properties"]!["batchSize"]!["maximum"]!.GetValue<int>(),
                Is.EqualTo(65536)
            );
            Assert.That(CliRun.Of("config", "table").Output, Does.Contain("`training.batchSize`"));
            Assert.That(CliRun.Of("config").ExitCode, Is.EqualTo(ExitCode.Usage));
            Assert.That(CliRun.Of("config", "dance").Error, Does.Contain("'dance'"));
        });

    private static string Write(TemporaryFolder folder, string json)
    {
        string path = folder["run.json"];
        File.WriteAllText(path, json);
        return path;
    }

    private static string Repository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Jtr.Interop.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("the test does not run inside the repository");
    }
}
