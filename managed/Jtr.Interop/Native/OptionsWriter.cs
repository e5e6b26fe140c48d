using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Native;

/// <summary>
/// Options as the JSON document that libjtr reads. Ranges and defaults are libjtr's: <see cref="JtrRuntime.OptionsSchema"/>.
/// </summary>
internal static class OptionsWriter
{
    // The keys whose value says what an object's other keys mean.
    private static readonly string[] _discriminators = ["name", "kind"];

    private static readonly string[] _ofTraining =
    [
        "method",
        "beside",
        "constraints",
        "domains",
        "domain_techniques",
        "balancing",
        "optimizer",
        "schedule",
        "parallel",
        "max_gradient_norm",
        "ema_decay",
        "input_dropout",
    ];

    /// <summary>The options of a trainer.</summary>
    /// <exception cref="ArgumentException"><see cref="TrainerOptions.NativeOptions"/> is no JSON object.</exception>
    public static string Trainer(TrainerOptions options)
    {
        JsonNode[] methods =
        [
            .. JtrRuntime.FindMethod(options.Method, nameof(TrainerOptions.Method)).Parts.Select(m => Method(options, m.Name)),
        ];
        JsonObject document = new()
        {
            ["tasks"] = Tasks(options.Tasks),
            ["inputs"] = Inputs(options),
            ["input_dropout"] = options.InputDropout,
            ["network"] = Network(options),
            ["method"] = methods[0],
            ["beside"] = new JsonArray([.. methods.Skip(1)]),
            ["constraints"] = Constraints(options),
            ["domains"] = new JsonArray([.. options.Domains.Names.Select(n => (JsonNode)n)]),
            ["domain_techniques"] = new JsonArray([.. options.Domains.Techniques.Select(t => (JsonNode)t.ToNative())]),
            ["balancing"] = Balancing(options.Balancing),
            ["optimizer"] = Optimizer(options.Optimizer),
            ["schedule"] = Schedule(options.Optimizer),
            ["max_gradient_norm"] = options.MaxGradientNorm ?? 0,
            ["ema_decay"] = options.EmaDecay ?? 0,
        };
        AddCompute(document, options.Seed, options.Precision, options.Device, options.DeviceIndex, options.Recomputation);
        if (options.NativeOptions is { } more)
            Merge(document, Parse(more, nameof(TrainerOptions.NativeOptions)));
        return document.ToJsonString();
    }

    /// <summary>The options of the JTR loss alone.</summary>
    public static string Regularizer(JointTaskRegularizerOptions options)
    {
        JsonObject document = new()
        {
            ["tasks"] = Tasks(options.Tasks),
            ["method"] = JointTask(options.JointTask, JointTaskRegularizerOptions.DefaultWidth),
            ["optimizer"] = Optimizer(options.Optimizer),
            ["schedule"] = Schedule(options.Optimizer),
        };
        AddCompute(document, options.Seed, options.Precision, options.Device, options.DeviceIndex, options.Recomputation);
        return document.ToJsonString();
    }

    /// <summary>A JSON object out of a text.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static JsonObject Parse(string text, string parameter)
    {
        try
        {
            if (JsonNode.Parse(text) is JsonObject parsed)
                return parsed;
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"{parameter} is no JSON: {e.Message}", parameter, e);
        }
        throw new ArgumentException($"{parameter} must be a JSON object, as in {{\"method\": {{\"name\": \"jtr\"}}}}.", parameter);
    }

    /// <summary>
    /// Changes a document as RFC 7396 (JSON merge patch) says: objects key by key, null takes a key out, everything else takes the place of
    /// what is there. An object that is to be of another kind takes the whole place.
    /// </summary>
    public static void Merge(JsonObject document, JsonObject patch)
    {
        foreach ((string key, JsonNode? value) in patch)
        {
            if (value is null)
            {
                document.Remove(key);
            }
            else if (value is JsonObject part && document[key] is JsonObject old && !IsOfAnotherKind(old, part))
            {
                Merge(old, part);
            }
            else
            {
                document[key] = value.DeepClone();
            }
        }
    }

    /// <summary>Of <see cref="TrainerOptions.NativeOptions"/>, those that a network has which is not trained.</summary>
    public static string? OfTheNetwork(string? options)
    {
        if (options is null)
            return null;
        JsonObject document = Parse(options, nameof(TrainerOptions.NativeOptions));
        foreach (string key in _ofTraining)
            document.Remove(key);
        return document.ToJsonString();
    }

    private static bool IsOfAnotherKind(JsonObject old, JsonObject patch) =>
        _discriminators.Any(d => old[d] is { } before && patch[d] is { } after && !JsonNode.DeepEquals(before, after));

    private static JsonArray Tasks(TaskSet tasks)
    {
        JsonArray array = [];
        foreach (VisionTask task in tasks)
        {
            JsonObject options = new() { ["name"] = task.Name, ["kind"] = task.Kind.NativeKind };
            task.Kind.WriteNativeOptions(task, options);
            array.Add((JsonNode)options);
        }
        return array;
    }

    private static JsonArray Inputs(TrainerOptions options)
    {
        JsonArray array = [];
        foreach (InputSpec input in options.Inputs)
            array.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["name"] = input.Name,
                        ["kind"] = Word(input.Kind),
                        ["channels"] = input.Channels,
                        ["mean"] = new JsonArray([.. input.Mean.Select(v => (JsonNode)v)]),
                        ["deviation"] = new JsonArray([.. input.StandardDeviation.Select(v => (JsonNode)v)]),
                        ["fusion"] = Fusion(input, options.Fusion),
                    }
            );
        return array;
    }

    private static JsonObject Fusion(InputSpec input, FusionOptions options)
    {
        if (!input.IsPlanes)
            return new()
            {
                ["name"] = "film",
                ["levels"] = Word(options.FilmLevels),
                ["hidden"] = options.FilmHidden,
            };
        if (options.Planes == PlanesFusion.Early)
            return new() { ["name"] = "early" };
        JsonObject encoder = new() { ["name"] = options.Encoder };
        if (options.Encoder == "plain")
            encoder["width"] = options.EncoderWidth;
        return new()
        {
            ["name"] = "late",
            ["combine"] = Word(options.Combine),
            ["encoder"] = encoder,
        };
    }

    private static JsonObject Network(TrainerOptions options)
    {
        if (options.Network is not { } network)
            return new() { ["name"] = "segnet", ["width"] = options.Width };
        JsonObject backbone = new() { ["name"] = network.Backbone };
        if (network.BackboneFile is { } file)
            backbone["file"] = file;
        else
            backbone["output_stride"] = network.OutputStride;
        JsonObject decoder = new() { ["name"] = network.Decoder };
        if (network.DecoderChannels is { } channels)
            decoder["channels"] = channels;
        return new()
        {
            ["name"] = "encoder_decoder",
            ["backbone"] = backbone,
            ["decoder"] = decoder,
            ["backbone_rate"] = network.BackboneRate,
            ["decoder_rate"] = network.DecoderRate,
            ["heads_rate"] = network.HeadsRate,
            ["freeze"] = Word(network.Freeze),
            ["freeze_steps"] = network.FreezeSteps,
            ["freeze_norms"] = network.FreezeNorms,
            ["input_order"] = Word(network.Input.Order),
            ["input_scale"] = network.Input.Scale,
            ["input_mean"] = new JsonArray([.. network.Input.Mean.Select(v => (JsonNode)v)]),
            ["input_deviation"] = new JsonArray([.. network.Input.StandardDeviation.Select(v => (JsonNode)v)]),
            ["width"] = options.Width,
        };
    }

    private static JsonObject Method(TrainerOptions options, string name) =>
        name switch
        {
            "jtr" => JointTask(options.JointTask, options.Width),
            "consistency" => new()
            {
                ["name"] = name,
                ["weight"] = options.Consistency.Weight,
                ["temperature"] = options.Consistency.Temperature,
            },
            "direct_map" => PairMap(name, options.DirectMap),
            "perceptual_map" => PairMap(name, options.PerceptualMap),
            "mtpsl" => Mtpsl(options.Mtpsl),
            "teacher" => Teacher(options.Teacher),
            _ => new() { ["name"] = name },
        };

    private static JsonObject JointTask(JointTaskOptions options, int width) =>
        new()
        {
            ["name"] = "jtr",
            ["mode"] = options.Mode == JointTaskMode.Corrected ? "corrected" : "published",
            ["width"] = options.Width ?? width,
            ["lambda_dist"] = options.LambdaDist,
            ["lambda_recon"] = options.LambdaRecon,
            ["micro_batch"] = options.MicroBatch,
        };

    private static JsonObject Teacher(TeacherOptions options)
    {
        JsonObject native = options.ToNative();
        native["name"] = "teacher";
        return native;
    }

    private static JsonObject PairMap(string name, PairMapOptions options) =>
        new()
        {
            ["name"] = name,
            ["width"] = options.Width ?? 0,
            ["weight"] = options.Weight,
        };

    private static JsonObject Mtpsl(MtpslOptions options) =>
        new()
        {
            ["name"] = "mtpsl",
            ["con_weight"] = options.ConWeight,
            ["reg_weight"] = options.RegWeight,
            ["ramp_up_steps"] = options.RampUpSteps,
            ["film_optimizer"] = Optimizer(options.Film),
            ["film_schedule"] = Schedule(options.Film),
            ["micro_batch"] = options.MicroBatch,
        };

    private static JsonArray Constraints(TrainerOptions options) =>
        new([.. options.Constraints.Select((c, i) => (JsonNode)c.ToNative(options.Tasks, $"{nameof(TrainerOptions.Constraints)}[{i}]"))]);

    private static JsonObject Balancing(BalancingOptions options)
    {
        JsonObject rule = new() { ["name"] = options.Name };
        if (options.Name == "fixed" && options.Weights is { } weights)
            rule["weights"] = new JsonArray([.. weights.Select(w => (JsonNode)w)]);
        if (options.Name == "dwa")
            (rule["temperature"], rule["period_steps"]) = (options.Temperature, options.PeriodSteps);
        if (options.Name == "uncertainty")
            rule["initial_log_variance"] = options.InitialLogVariance;
        return rule;
    }

    private static JsonObject Optimizer(AdamOptions options)
    {
        JsonObject optimizer = new()
        {
            ["name"] = options.WeightDecay is null ? "adam" : "adamw",
            ["learning_rate"] = options.LearningRate,
            ["beta1"] = options.Beta1,
            ["beta2"] = options.Beta2,
            ["epsilon"] = options.Epsilon,
        };
        if (options.WeightDecay is { } decay)
            (optimizer["weight_decay"], optimizer["decayed"]) = (decay, "weights");
        return optimizer;
    }

    private static JsonObject Schedule(AdamOptions options)
    {
        JsonObject schedule = options.Schedule switch
        {
            LearningRateSchedule.Cosine => new()
            {
                ["name"] = "cosine",
                ["decay_steps"] = options.DecaySteps,
                ["final_factor"] = options.FinalFactor,
            },
            LearningRateSchedule.Constant => new() { ["name"] = "constant" },
            _ => new()
            {
                ["name"] = "step",
                ["decay_steps"] = options.DecaySteps,
                ["decay_factor"] = options.DecayFactor,
            },
        };
        schedule["warmup_steps"] = options.WarmupSteps;
        return schedule;
    }

    private static void AddCompute(
        JsonObject document,
        ulong seed,
        Precision precision,
        DeviceKind device,
        int deviceIndex,
        Recomputation recomputation
    )
    {
        document["seed"] = seed;
        document["precision"] = Word(precision);
        document["device"] = Word(device);
        document["device_index"] = deviceIndex;
        document["recomputation"] = Word(recomputation);
    }

    // The words of libjtr are the names of the values.
#pragma warning disable CA1308 // Lower case is what the document has; nothing is compared.
    private static string Word<T>(T value)
        where T : struct, Enum => Enum.GetName(value)!.ToLowerInvariant();
#pragma warning restore CA1308
}
