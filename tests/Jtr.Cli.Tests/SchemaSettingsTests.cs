using System.CommandLine;
using System.Text.Json.Nodes;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Configuration;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Tests;

/// <summary>What the native library has is there in the tool without a word about it in the tool.</summary>
public sealed class SchemaSettingsTests
{
    // As the library writes it for a method, a rule and a technique of one C++ file each.
    private static readonly SettingsTable _table = new(() =>
        new OptionsSchema(
            Add(
                (
                    "method",
                    "entropy",
                    "Classes without a label should be certain.",
                    """
                    {
                      "weight": { "type": "number", "minimum": 0, "default": 0.1, "description": "Weight of the mean entropy." },
                      "on": { "type": "boolean", "default": true, "description": "Whether it is on." }
                    }
                    """
                ),
                (
                    "balancing",
                    "fair_share",
                    "Every task has its share.",
                    """
                    {
                      "shares": {
                        "type": "array", "items": { "type": "number", "minimum": 0 }, "default": [], "description": "The shares."
                      }
                    }
                    """
                ),
                (
                    "schedule",
                    "poly",
                    "A power of what is left.",
                    """
                    {
                      "power": { "type": "number", "exclusiveMinimum": 0, "default": 0.9, "description": "The power." },
                      "warmup_steps": { "type": "integer", "minimum": 0, "default": 0, "description": "Steps of the warm-up." }
                    }
                    """
                ),
                (
                    "domain_techniques",
                    "alike",
                    "Features of domains agree.",
                    """
                    { "weight": { "type": "number", "minimum": 0, "default": 1, "description": "Weight of it." } }
                    """
                )
            )
        )
    );

    private static readonly Command _train = TrainCommand.Make(new CliConsole(TextWriter.Null, TextWriter.Null), _table);

    [Test]
    public void A_method_appears_in_the_help_the_schema_the_documentation_and_the_completion()
    {
        string help = Help(_table);
        JsonNode sections = JsonNode.Parse(ConfigurationSchema.Write(_table))!["properties"]!;
        Assert.Multiple(() =>
        {
            Assert.That(help, Does.Contain("entropy: Classes without a label should be certain."));
            Assert.That(help, Does.Match("--entropy-weight X +Weight of the mean entropy. Default: 0.1."));
            Assert.That(help, Does.Contain("More of --method entropy:").And.Contain("--entropy-on true|false"));
            JsonNode weight = sections["entropy"]!["properties"]!["weight"]!;
            Assert.That(((string)weight["type"]!, (double)weight["minimum"]!, (double)weight["default"]!), Is.EqualTo(("number", 0, 0.1)));
            Assert.That(
                sections["training"]!["properties"]!["method"]!["anyOf"]![0]!["enum"]!.AsArray().Select(w => (string)w!),
                Does.Contain("entropy").And.Contain("supervised+")
            );
            Assert.That(
                ConfigurationSchema.WriteTable(_table),
                Does.Contain(
                        "| `entropy.weight` | a number of 0 or more | `--entropy-weight` | Weight of the mean entropy. Default: 0.1. |"
                    )
                    .And.Contain("<br>entropy: Classes without a label")
            );
            Assert.That(_train.Parse("--method ").GetCompletions("--method ".Length).Select(c => c.Label), Does.Contain("entropy"));
        });
    }

    [Test]
    public void Its_option_reaches_the_native_document_from_the_command_line_and_from_a_file()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["run.json"], """{ "training": { "method": "entropy" }, "Entropy": { "weight": 0.25, "on": false } }""");
        Assert.Multiple(() =>
        {
            Assert.That(
                Native(["--method", "entropy", "--entropy-weight", "0.2"]),
                Is.EqualTo("""{"method":{"name":"entropy","weight":0.2,"on":true}}""")
            );
            Assert.That(Native([], folder["run.json"]), Is.EqualTo("""{"method":{"name":"entropy","weight":0.25,"on":false}}"""));
            Assert.That(
                Native(["--entropy-weight", "0.5"], folder["run.json"]),
                Is.EqualTo("""{"method":{"name":"entropy","weight":0.5,"on":false}}"""),
                "the command line counts more"
            );
            Assert.That(Native(["--method", "supervised"]), Is.Null);
            Assert.That(
                Native(["--method", "supervised", "--balance", "fair_share", "--fair-share-shares", "1,2"]),
                Is.EqualTo("""{"balancing":{"name":"fair_share","shares":[1,2]}}""")
            );
            Assert.That(
                Native(["--method", "supervised", "--lr-schedule", "poly", "--warmup", "3", "--poly-power", "2"]),
                Is.EqualTo("""{"schedule":{"name":"poly","warmup_steps":3,"power":2}}""")
            );
            Assert.That(
                Native(["--method", "supervised", "--domain", "fourier,alike", "--alike-weight", "2"]),
                Is.EqualTo("""{"domain_techniques":[{"name":"alike","weight":2}]}""")
            );
            Assert.That(
                Native(["--method", "supervised", "--optimizer", "sgd", "--sgd-momentum", "0.5", "--weight-decay", "0.01"]),
                Is.EqualTo("""{"optimizer":{"name":"sgd","learning_rate":0.002,"weight_decay":0.01,"momentum":0.5,"nesterov":false}}""")
            );
        });
    }

    [Test]
    public void An_optimizer_of_the_options_stands_there()
    {
        TrainerOptions plain = Options([]),
            decayed = Options(["--optimizer", "adamw"]),
            fast = Options(["--method", "supervised", "--optimizer", "adam", "--adam-beta1", "0.8", "--weight-decay", "0.1"]);
        Assert.That((plain.Optimizer.WeightDecay, plain.Optimizer.LearningRate), Is.EqualTo(((double?)null, 2e-3)));
        Assert.That(decayed.Optimizer.WeightDecay, Is.EqualTo(0.01));
        Assert.That(fast.Optimizer.WeightDecay, Is.Null, "adam has none");
        Assert.That(fast.NativeOptions, Is.EqualTo("""{"optimizer":{"name":"adam","beta1":0.8}}"""));
    }

    [Test]
    public void Of_several_methods_each_has_its_own_options()
    {
        JsonNode native = JsonNode.Parse(
            Native(["--method", "jtr+teacher", "--lambda-dist", "3", "--teacher-mirror", "false", "--option", "method.lambda_recon=1"])!
        )!;
        Assert.That(
            ((string)native["method"]!["name"]!, (double)native["method"]!["lambda_dist"]!, (double)native["method"]!["lambda_recon"]!),
            Is.EqualTo(("jtr", 3, 1))
        );
        JsonNode beside = native["beside"]!.AsArray().Single()!;
        Assert.That(((string)beside["name"]!, (bool)beside["mirror"]!), Is.EqualTo(("teacher", false)));
    }

    [Test]
    public void Its_values_are_checked_and_a_wrong_name_is_answered_with_the_nearest()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["run.json"], "{\n  \"entropy\": { \"weigth\": 1 } }");
        Assert.Multiple(() =>
        {
            Assert.That(
                _train.Parse("--entropy-weight -1").Errors.Single().Message,
                Is.EqualTo("--entropy-weight must be a number of 0 or more, not '-1'.")
            );
            Assert.That(_train.Parse("--balance fair_shape").Errors.Single().Message, Does.EndWith("Did you mean 'fair_share'?"));
            Assert.That(
                () => Native([], folder["run.json"]),
                Throws
                    .TypeOf<Interop.JtrFormatException>()
                    .With.Message.Contains("line 2: there is no setting 'entropy.weigth'. Did you mean 'entropy.weight'?")
            );
            Assert.That(
                CliRun.Of("train", "--method", "jtr+teachr", "--steps", "1").Error,
                Does.Contain("not 'jtr+teachr'. Did you mean 'teacher'?")
            );
        });
    }

    [Test]
    public void Every_option_of_the_library_that_a_run_may_have_is_a_setting()
    {
        OptionsSchema schema = new(JtrRuntime.OptionsSchema);
        string[] settable =
        [
            .. SettingsTable.Current.All.SelectMany(s => s.Natives).Select(n => n.Path.ToString()),
            // What the tool says itself.
            "schedule[cosine].decay_steps",
            "balancing[dwa].period_steps",
            "optimizer[adamw].decayed",
        ];
        foreach (string slot in (string[])["method", "balancing", "optimizer", "schedule", "domain_techniques"])
        {
            IEnumerable<string> options = schema
                .Variants(slot)
                .SelectMany(v => schema.Options(slot, v.Name))
                .Select(o => o.Path.ToString());
            Assert.That(options.Except(settable), Is.Empty, slot);
        }
        Assert.That(settable, Is.Unique);
    }

    [Test]
    public void What_a_native_option_is_set_by_exists()
    {
        foreach (Setting setting in SettingsTable.Declared.Where(s => s.Paths.Count > 0))
        {
            foreach (NativePath path in setting.Paths)
                Assert.That(setting.Natives.Any(n => path.Covers(n.Path)), $"{setting.Key}: there is no {path}");
        }
    }

    [Test]
    public void Without_the_library_the_declared_settings_are_told_and_what_is_missing()
    {
        Command train = TrainCommand.Make(new CliConsole(TextWriter.Null, TextWriter.Null), SettingsTable.Unloaded);
        string help = string.Join(' ', Help(SettingsTable.Unloaded).Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        Assert.That(help, Does.Contain("--lambda-dist X").And.Contain("--steps N Steps in all. Default: 2000."));
        Assert.That(help, Does.Contain("libjtr cannot be loaded here, as 'jtr doctor' explains").And.Not.Contain("--adam-beta1"));
        Assert.That(
            train.Parse("--method anything --lambda-dist 3 --batch-size 0").Errors,
            Has.Count.EqualTo(1),
            "what is known is checked"
        );
    }

    private static string Help(SettingsTable table)
    {
        using StringWriter output = new();
        TrainCommand.Make(new CliConsole(output, TextWriter.Null), table).Parse("--help-all").Invoke();
        return output.ToString();
    }

    private static string? Native(string[] arguments, string? file = null) => Options(arguments, file).NativeOptions;

    private static TrainerOptions Options(string[] arguments, string? file = null)
    {
        ParseResult parsed = _train.Parse(arguments);
        Assert.That(parsed.Errors.Select(e => e.Message), Is.Empty);
        RunConfiguration said = RunConfigurationReader.Read(parsed, file, [], _table);
        SceneDataset data = new(
            new SceneOptions
            {
                Count = 2,
                Height = 32,
                Width = 32,
            }
        );
        LabelAssignment labels = LabelAssignment.Draw(LabelScenario.Full, data, 0);
        return TrainOptions.Settings(said, saved: null, table: _table).ToTrainerOptions(data, labels, new DeviceChoice(DeviceKind.Cpu, 0));
    }

    private static string Add(params (string Slot, string Name, string Summary, string Options)[] variants)
    {
        JsonNode schema = JsonNode.Parse(JtrRuntime.OptionsSchema)!;
        JsonObject properties = schema["properties"]!.AsObject();
        foreach ((string slot, string name, string summary, string options) in variants)
        {
            if (properties[slot] is null)
                properties[slot] = new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = new JsonObject { ["oneOf"] = new JsonArray() },
                };
            JsonObject own = JsonNode.Parse(options)!.AsObject();
            own["name"] = new JsonObject { ["const"] = name };
            JsonObject kind = new()
            {
                ["title"] = name,
                ["description"] = summary,
                ["properties"] = own,
            };
            ((properties[slot]!["items"] ?? properties[slot]!)["oneOf"]!).AsArray().Add((JsonNode)kind);
        }
        return schema.ToJsonString();
    }
}
