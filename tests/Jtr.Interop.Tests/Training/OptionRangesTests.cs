using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>Properties are checked before libjtr is asked; their ranges must be those that it has.</summary>
public sealed class OptionRangesTests
{
    private static readonly TrainerOptions _good = new() { Tasks = new TaskSet(new DepthTask("d")) };

    // Between a bound and what is just outside of it.
    private const double Little = 1e-9;

    public static IEnumerable<TestCaseData> Properties()
    {
        yield return Case("network[segnet].width", (o, v) => o with { Width = (int)v });
        yield return Network("backbone_rate", (n, v) => n with { BackboneRate = v });
        yield return Network("decoder_rate", (n, v) => n with { DecoderRate = v });
        yield return Network("heads_rate", (n, v) => n with { HeadsRate = v });
        yield return Network("freeze_steps", (n, v) => n with { FreezeSteps = (long)v });
        yield return Network("decoder[pyramid].channels", (n, v) => n with { DecoderChannels = (int)v });
        yield return Network("input_scale", (n, v) => n with { Input = n.Input with { Scale = v } });
        yield return JointTask("lambda_dist", (m, v) => m with { LambdaDist = v });
        yield return JointTask("lambda_recon", (m, v) => m with { LambdaRecon = v });
        yield return JointTask("micro_batch", (m, v) => m with { MicroBatch = (int)v });
        yield return Case("method[consistency].weight", (o, v) => o with { Consistency = o.Consistency with { Weight = v } });
        yield return Case("method[consistency].temperature", (o, v) => o with { Consistency = o.Consistency with { Temperature = v } });
        yield return Case("method[direct_map].weight", (o, v) => o with { DirectMap = o.DirectMap with { Weight = v } });
        yield return Case("method[perceptual_map].weight", (o, v) => o with { PerceptualMap = o.PerceptualMap with { Weight = v } });
        yield return Case("method[mtpsl].con_weight", (o, v) => o with { Mtpsl = o.Mtpsl with { ConWeight = v } });
        yield return Case("method[mtpsl].reg_weight", (o, v) => o with { Mtpsl = o.Mtpsl with { RegWeight = v } });
        yield return Case("method[mtpsl].ramp_up_steps", (o, v) => o with { Mtpsl = o.Mtpsl with { RampUpSteps = (long)v } });
        yield return Case("method[mtpsl].micro_batch", (o, v) => o with { Mtpsl = o.Mtpsl with { MicroBatch = (int)v } });
        yield return Case("balancing[dwa].temperature", (o, v) => o with { Balancing = o.Balancing with { Temperature = v } });
        yield return Case("balancing[dwa].period_steps", (o, v) => o with { Balancing = o.Balancing with { PeriodSteps = (long)v } });
        yield return Optimizer("optimizer[adam].learning_rate", (a, v) => a with { LearningRate = v });
        yield return Optimizer("optimizer[adam].beta1", (a, v) => a with { Beta1 = v });
        yield return Optimizer("optimizer[adam].beta2", (a, v) => a with { Beta2 = v });
        yield return Optimizer("optimizer[adam].epsilon", (a, v) => a with { Epsilon = v });
        yield return Optimizer("optimizer[adamw].weight_decay", (a, v) => a with { WeightDecay = v });
        yield return Optimizer("schedule[step].decay_steps", (a, v) => a with { DecaySteps = (long)v });
        yield return Optimizer("schedule[step].decay_factor", (a, v) => a with { DecayFactor = v });
        yield return Optimizer("schedule[step].warmup_steps", (a, v) => a with { WarmupSteps = (long)v });
        yield return Optimizer("schedule[cosine].final_factor", (a, v) => a with { FinalFactor = v });
        yield return Case("device_index", (o, v) => o with { DeviceIndex = (int)v });

        static TestCaseData Case(string path, Func<TrainerOptions, double, TrainerOptions> set) =>
            new TestCaseData(path, set).SetArgDisplayNames(path);
        static TestCaseData Network(string path, Func<NetworkOptions, double, NetworkOptions> set) =>
            Case(
                $"network[encoder_decoder].{path}",
                (o, v) => o with { Network = set(new NetworkOptions { Backbone = "resnet18", Decoder = "pyramid" }, v) }
            );
        static TestCaseData JointTask(string path, Func<JointTaskOptions, double, JointTaskOptions> set) =>
            Case($"method[jtr].{path}", (o, v) => o with { JointTask = set(o.JointTask, v) });
        static TestCaseData Optimizer(string path, Func<AdamOptions, double, AdamOptions> set) =>
            Case(path, (o, v) => o with { Optimizer = set(o.Optimizer, v) });
    }

    [TestCaseSource(nameof(Properties))]
    public void A_property_has_the_range_that_libjtr_says(string path, Func<TrainerOptions, double, TrainerOptions> set)
    {
        using JsonDocument schema = JsonDocument.Parse(JtrRuntime.OptionsSchema);
        JsonElement option = Find(schema.RootElement, path);
        double step = option.GetProperty("type").GetString() == "integer" ? 1 : Little;
        bool isBounded = false;
        foreach ((string bound, bool isUpper, bool isInside) in _bounds)
        {
            if (!option.TryGetProperty(bound, out JsonElement value))
                continue;
            isBounded = true;
            double at = value.GetDouble(),
                outside = isUpper ? at + step : at - step,
                inside = isUpper ? at - step : at + step;
            Assert.That(() => set(_good, isInside ? at : inside).Validate(), Throws.Nothing, $"{path}: {bound} {at}");
            Assert.That(
                () => set(_good, isInside ? outside : at).Validate(),
                Throws.TypeOf<ArgumentOutOfRangeException>(),
                string.Create(CultureInfo.InvariantCulture, $"{path}: outside of {bound} {at}")
            );
        }
        Assert.That(isBounded, $"{path} has no bound");
    }

    public static IEnumerable<TestCaseData> Defaults()
    {
        TrainerOptions options = new() { Tasks = new TaskSet(new DepthTask("d"), new NormalsTask("n")) };
        return
        [
            .. JtrRuntime.Methods.Select(m => Case(m.Name, options with { Method = m.Name })),
            .. JtrRuntime
                .BalancingRules.Where(r => r != "fixed")
                .Select(r => Case(r, options with { Balancing = new BalancingOptions { Name = r } })),
            // Its width has one property with the SegNet's, whose default is another one.
            Case("encoder_decoder", options with { Network = new NetworkOptions(), Width = 16 }),
            Case("constant", options with { Optimizer = new AdamOptions { Schedule = LearningRateSchedule.Constant } }),
        ];

        static TestCaseData Case(string name, TrainerOptions options) => new TestCaseData(options).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Defaults))]
    public void What_nobody_says_is_what_libjtr_says(TrainerOptions options) =>
        Assert.Multiple(() =>
        {
            JsonObject written = JsonNode.Parse(OptionsWriter.Trainer(options))!.AsObject();
            foreach (string own in (string[])["tasks", "inputs", "beside", "constraints", "domain_techniques"])
                written.Remove(own);
            Compare("", written, JsonNode.Parse(JtrRuntime.OptionsSchema)!, said: null);
        });

    /// <summary>Compares every value with its option's default; that of the option which chooses a variant counts more.</summary>
    private static void Compare(string path, JsonObject written, JsonNode schema, JsonNode? said)
    {
        foreach ((string name, JsonNode? value) in written)
        {
            JsonNode option = schema["properties"]![name]!;
            JsonNode? standard = said?[name] ?? option["default"];
            if (value is not JsonObject variant)
            {
                if (name != "name")
                    Assert.That(Plain(value), Is.EqualTo(Plain(standard)), path + name);
                continue;
            }
            string chosen = (string)variant["name"]!;
            JsonNode kind = option["oneOf"]!.AsArray().Single(k => (string)k!["title"]! == chosen)!;
            Compare($"{path}{name}[{chosen}].", variant, kind, (string?)standard?["name"] == chosen ? standard : null);
        }

        // 1, 1.0 and 1e0 are one number.
        static string Plain(JsonNode? value) =>
            value switch
            {
                JsonArray list => string.Join(' ', list.Select(Plain)),
                JsonValue number when number.GetValueKind() == JsonValueKind.Number => ((double)number).ToString(
                    CultureInfo.InvariantCulture
                ),
                _ => value?.ToJsonString() ?? "null",
            };
    }

    private static readonly (string Bound, bool IsUpper, bool IsInside)[] _bounds =
    [
        ("minimum", false, true),
        ("maximum", true, true),
        ("exclusiveMinimum", false, false),
        ("exclusiveMaximum", true, false),
    ];

    /// <summary>The place of "a[variant].b" in the schema.</summary>
    private static JsonElement Find(JsonElement schema, string path)
    {
        foreach (string part in path.Split('.'))
        {
            string[] words = part.TrimEnd(']').Split('[');
            schema = schema.GetProperty("properties").GetProperty(words[0]);
            if (words.Length > 1)
                schema = schema.GetProperty("oneOf").EnumerateArray().Single(v => v.GetProperty("title").GetString() == words[1]);
        }
        return schema;
    }
}
