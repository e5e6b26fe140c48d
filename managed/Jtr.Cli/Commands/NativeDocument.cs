using System.Text.Json.Nodes;
using Jtr.Cli.Configuration;
using Jtr.Cli.Specialists;
using Jtr.Interop.Json;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>What settings say of native options, as the JSON object <see cref="TrainerOptions.NativeOptions"/>.</summary>
internal static class NativeDocument
{
    /// <summary>The option of domain techniques over whose steps their weight grows: where nothing is said, those of the run.</summary>
    public const string RampSteps = "ramp_steps";

    /// <summary>The object; null where nothing is said that <see cref="TrainerOptions"/> does not say otherwise.</summary>
    /// <param name="configuration">The run.</param>
    /// <param name="table">The settings that there are.</param>
    /// <param name="steps">Steps of the run.</param>
    /// <exception cref="UsageException">One of --option is no PATH=VALUE, or two contradict each other.</exception>
    public static string? Of(RunConfiguration configuration, SettingsTable table, long steps)
    {
        JsonObject document = [];
        JsonObject[] methods = [.. MethodsOf(configuration).Select(m => Variant(configuration, table, "method", m))];
        if (methods.Any(IsMore))
        {
            document["method"] = methods[0];
            if (methods.Length > 1)
                document["beside"] = new JsonArray([.. methods.Skip(1)]);
        }
        foreach (string slot in (string[])["balancing", "optimizer", "schedule"])
        {
            JsonObject variant = Variant(configuration, table, slot, SettingsTable.InUse(configuration, slot)[0]);
            if (IsMore(variant) || !IsOfOptions(slot, (string)variant["name"]!))
                document[slot] = variant;
        }
        JsonObject[] domains =
        [
            .. SettingsTable
                .InUse(configuration, "domain_techniques")
                .Where(d => !LookSettings.IsExchange(d))
                .Select(d => Variant(configuration, table, "domain_techniques", d)),
        ];
        foreach (JsonObject technique in domains)
        {
            string ramp = $"{(string)technique["name"]!}.rampSteps";
            if (table.Find(ramp) is not null && !technique.ContainsKey(RampSteps))
                technique[RampSteps] = steps;
        }
        if (domains.Length > 0)
            document["domain_techniques"] = new JsonArray([.. domains]);
        if (NativeOption.Parse(configuration.Training.Options) is { } said)
            JsonMerge.Into(document, said);
        return document.Count == 0 ? null : document.ToJsonString();
    }

    /// <summary>The methods of a run's network, first the one that the others are beside.</summary>
    public static IReadOnlyList<string> MethodsOf(RunConfiguration configuration)
    {
        string method = SpecialistStages.StudentOf(configuration.Training.Method ?? "");
        return method.Length == 0 ? []
            : JtrRuntime.FindMethod(method) is { } found ? [.. found.Parts.Select(p => p.Name)]
            : [method];
    }

    /// <summary>Whether <see cref="TrainerOptions"/> has the declared settings of a variant as properties.</summary>
    public static bool IsOfOptions(string slot, string variant) =>
        slot switch
        {
            "balancing" => true,
            "optimizer" => variant is "adam" or "adamw",
            "schedule" => Enum.TryParse<LearningRateSchedule>(variant, ignoreCase: true, out _),
            _ => false,
        };

    private static bool IsMore(JsonObject variant) => variant.Count > 1;

    private static JsonObject Variant(RunConfiguration configuration, SettingsTable table, string slot, string name)
    {
        JsonObject variant = new() { ["name"] = name };
        foreach (Setting setting in table.All)
        {
            if (setting.Get(configuration) is not { } value)
                continue;
            // What the trainer's options say, and what they leave as it is.
            if (IsOfOptions(slot, name) && (!setting.IsOfSchema || SettingValue.Same(value, setting.Default)))
                continue;
            foreach (NativeSetting native in setting.Natives.Where(n => n.Path.Slot == slot && n.Path.Steps[0].Variant == name))
                Put(variant, native.Path, value);
        }
        return variant;
    }

    private static void Put(JsonObject place, NativePath path, object value)
    {
        foreach ((string name, string? variant) in path.Steps.Skip(1))
        {
            if (variant is null)
                place[name] = SettingValue.ToNode(value);
            else
                place = (JsonObject)(place[name] ??= new JsonObject { ["name"] = variant });
        }
    }
}
