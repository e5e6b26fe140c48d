using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Jtr.Cli.Configuration;

/// <summary>
/// The settings of a run, section by section, as a JSON file holds them. What is null is not said. Each setting is declared once, in its
/// section; <see cref="SettingsTable"/> makes of them the options of `jtr train`, its help, the schema and the documentation.
/// </summary>
internal sealed class RunConfiguration
{
    // Quotes and the like as they are: the file is no web page.
    private static readonly JsonSerializerOptions _indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Section("Data and labels")]
    public DataSection Data { get; set; } = new();

    [Section("How the files of benchmarks are read")]
    public BenchmarkSection Benchmark { get; set; } = new();

    [Section("Backbone, decoder and their weights")]
    public NetworkSection Network { get; set; } = new();

    [Section("Training")]
    public TrainingSection Training { get; set; } = new();

    [Section("Changes of samples beside crops, flips and the published colors")]
    public AugmentationSection Augmentation { get; set; } = new();

    [Section("Sources that differ")]
    public DomainSection Domain { get; set; } = new();

    [Section("The optimizer, its rate, clipping and average")]
    public OptimizerSection Optimizer { get; set; } = new();

    [Section("Joint-Task Regularization (method jtr)")]
    public JointTaskSection JointTask { get; set; } = new();

    [Section("The other methods")]
    public MethodsSection Methods { get; set; } = new();

    [Section("The method teacher")]
    public TeacherSection Teacher { get; set; } = new();

    [Section("Weights of the tasks' losses")]
    public BalancingSection Balancing { get; set; } = new();

    [Section("Scores and checkpoints on the way")]
    public RunSection Run { get; set; } = new();

    [Section("Where and with what to compute")]
    public MachineSection Machine { get; set; } = new();

    /// <summary>Values of the settings that are made of the native library's schema, by key.</summary>
    public SortedDictionary<string, object> Native { get; private set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The same settings, to be changed.</summary>
    public RunConfiguration Copy()
    {
        RunConfiguration copy = new() { Native = new(Native, StringComparer.OrdinalIgnoreCase) };
        foreach (Setting setting in SettingsTable.Declared)
            setting.Set(copy, setting.Get(this));
        return copy;
    }

    /// <summary>As JSON.</summary>
    public JsonObject ToNode()
    {
        JsonObject root = [];
        foreach (Setting setting in SettingsTable.Declared)
            Add(setting.Key, setting.Get(this));
        foreach ((string key, object value) in Native)
            Add(key, value);
        return root;

        void Add(string key, object? value)
        {
            if (value is null)
                return;
            string[] parts = key.Split('.');
            if (root[parts[0]] is not JsonObject section)
                root[parts[0]] = section = [];
            section[parts[1]] = SettingValue.ToNode(value);
        }
    }

    /// <summary>As a file.</summary>
    public string ToJson() => ToNode().ToJsonString(_indented) + "\n";

    /// <summary>What <see cref="ToNode"/> made, also where a setting of a native library that has more is in it.</summary>
    /// <exception cref="JsonException">It is not that.</exception>
    public static RunConfiguration FromNode(JsonElement root)
    {
        RunConfiguration configuration = new();
        foreach (JsonProperty section in root.EnumerateObject())
        {
            foreach (JsonProperty property in section.Value.EnumerateObject())
            {
                string key = $"{section.Name}.{property.Name}";
                if (SettingsTable.Declared.FirstOrDefault(s => s.HasKey(key)) is not { } setting)
                    configuration.Native[key] = SettingValue.Of(property.Value);
                else
                    setting.Set(
                        configuration,
                        setting.Convert(SettingValue.Texts(property.Value))
                            ?? throw new JsonException($"'{key}' cannot be {property.Value.GetRawText()}")
                    );
            }
        }
        return configuration;
    }
}
