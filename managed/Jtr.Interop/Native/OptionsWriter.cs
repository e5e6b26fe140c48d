using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Inputs;
using Jtr.Interop.Json;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Native;

/// <summary>
/// Options as the JSON document that libjtr reads. Ranges and defaults are libjtr's: <see cref="JtrRuntime.OptionsSchema"/>.
/// </summary>
internal static class OptionsWriter
{
    private const string ParallelKey = "parallel";

    private static readonly string[] _ofTraining =
    [
        "method",
        "beside",
        "constraints",
        "task_graph",
        "domains",
        "domain_techniques",
        "domain_weights",
        "balancing",
        "optimizer",
        "schedule",
        ParallelKey,
        "accumulate",
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
            ["network"] = options.Network?.ToNative(options.Width) ?? new() { ["name"] = "segnet", ["width"] = options.Width },
            ["method"] = methods[0],
            ["beside"] = new JsonArray([.. methods.Skip(1)]),
            ["constraints"] = Constraints(options),
            ["task_graph"] = options.TaskGraph?.ToNative() ?? new() { ["name"] = "all" },
            ["domains"] = new JsonArray([.. options.Domains.Names.Select(n => (JsonNode)n)]),
            ["domain_techniques"] = new JsonArray([.. options.Domains.Techniques.Select(t => (JsonNode)t.ToNative())]),
            ["balancing"] = options.Balancing.ToNative(),
            ["optimizer"] = options.Optimizer.ToNativeOptimizer(),
            ["schedule"] = options.Optimizer.ToNativeSchedule(),
            ["max_gradient_norm"] = options.MaxGradientNorm ?? 0,
            ["ema_decay"] = options.EmaDecay ?? 0,
            ["accumulate"] = options.Accumulate,
        };
        AddCompute(document, options.Seed, options.Precision, options.Device, options.DeviceIndex, options.Recomputation);
        if (options.Domains.Weights.Count > 0)
            document["domain_weights"] = new JsonArray([.. options.Domains.Weights.Select(w => (JsonNode)w.ToString())]);
        if (options.NativeOptions is { } more)
            JsonMerge.Into(document, Parse(more, nameof(TrainerOptions.NativeOptions)));
        if (options.Parallel is { } group)
            document[ParallelKey] = group.ToNative();
        return document.ToJsonString();
    }

    /// <summary>The options of the JTR loss alone.</summary>
    public static string Regularizer(JointTaskRegularizerOptions options)
    {
        JsonObject method = Named("jtr", options.JointTask);
        method["width"] ??= JointTaskRegularizerOptions.DefaultWidth;
        JsonObject document = new()
        {
            ["tasks"] = Tasks(options.Tasks),
            ["method"] = method,
            ["optimizer"] = options.Optimizer.ToNativeOptimizer(),
            ["schedule"] = options.Optimizer.ToNativeSchedule(),
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

    /// <summary>Whether native options have processes that train together.</summary>
    public static bool HasGroup(JsonObject options) =>
        options[ParallelKey] is { } group && (group is not JsonObject || (group["name"] as JsonValue)?.ToString() is not "none");

    /// <summary>Those of a network that is not trained.</summary>
    /// <param name="options">Those that it was trained with.</param>
    /// <param name="isSeparate">Whether there is a network for each task.</param>
    public static TrainerOptions OfTheNetwork(TrainerOptions options, bool isSeparate)
    {
        JsonObject document = options.NativeOptions is { } more ? Parse(more, nameof(TrainerOptions.NativeOptions)) : [];
        foreach (string key in _ofTraining)
            document.Remove(key);
        JsonObject? method = MethodsOf(options).FirstOrDefault(m => JtrRuntime.FindMethod(NameOf(m)) is { IsOfNetwork: true });
        if (method is not null)
            document["method"] = method.DeepClone();
        return options with
        {
            // The method with nothing beside the network, or beside the networks.
            Method =
                isSeparate ? "single_task"
                : method is null ? "supervised"
                : NameOf(method),
            EmaDecay = null,
            Accumulate = 1,
            Parallel = null,
            Constraints = [],
            TaskGraph = null,
            Domains = new DomainOptions(),
            NativeOptions = document.Count == 0 ? null : document.ToJsonString(),
        };
    }

    private static IEnumerable<JsonObject> MethodsOf(TrainerOptions options)
    {
        JsonObject document = Parse(Trainer(options), nameof(options));
        return [document["method"]!.AsObject(), .. document["beside"]!.AsArray().Select(m => m!.AsObject())];
    }

    private static string NameOf(JsonObject method) => method["name"]!.GetValue<string>();

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
        if (!options.Inputs.IsRgb)
            array.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["name"] = InputSpec.Image,
                        ["kind"] = NativeJson.Word(InputKind.Planes),
                        ["channels"] = options.Inputs.ImageChannels,
                    }
            );
        foreach (InputSpec input in options.Inputs)
            array.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["name"] = input.Name,
                        ["kind"] = NativeJson.Word(input.Kind),
                        ["channels"] = input.Channels,
                        ["mean"] = NativeJson.Numbers(input.Mean),
                        ["deviation"] = NativeJson.Numbers(input.StandardDeviation),
                        ["fusion"] = options.Fusion.ToNative(input),
                    }
            );
        return array;
    }

    /// <summary>A method as libjtr reads it, with its options where there are some.</summary>
    private static JsonObject Method(TrainerOptions options, string name) =>
        Named(name, options.OfMethods.FirstOrDefault(m => m.Method == name).Options);

    private static JsonObject Named(string name, IMethodOptions? options)
    {
        JsonObject method = options?.ToNative() ?? [];
        method.Insert(0, "name", name);
        return method;
    }

    private static JsonArray Constraints(TrainerOptions options) =>
        new([.. options.Constraints.Select((c, i) => (JsonNode)c.ToNative(options.Tasks, $"{nameof(TrainerOptions.Constraints)}[{i}]"))]);

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
        document["precision"] = NativeJson.Word(precision);
        document["device"] = NativeJson.Word(device);
        document["device_index"] = deviceIndex;
        document["recomputation"] = NativeJson.Word(recomputation);
    }
}
