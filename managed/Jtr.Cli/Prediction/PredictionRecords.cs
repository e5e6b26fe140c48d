using System.Globalization;
using System.Text;
using System.Text.Json;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Prediction;

/// <summary>Summaries of predictions as JSON and as lines of a table.</summary>
internal static class PredictionRecords
{
    /// <summary>The table's heading.</summary>
    public const string Heading = "photograph,task,measure,value";

    /// <summary>A photograph's summary as JSON.</summary>
    public static string Json(PredictedPhotograph photograph, IReadOnlyList<TaskSummary> tasks)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("photograph", photograph.Source);
            json.WriteNumber("height", photograph.Prediction.Height);
            json.WriteNumber("width", photograph.Prediction.Width);
            json.WriteStartObject("tasks");
            foreach (TaskSummary task in tasks)
                Write(json, task, photograph.DepthScale);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    /// <summary>A photograph's lines of the table.</summary>
    public static string Lines(PredictedPhotograph photograph, IReadOnlyList<TaskSummary> tasks)
    {
        StringBuilder lines = new();
        foreach (TaskSummary task in tasks)
        {
            foreach ((string measure, double value) in Measures(task))
            {
                lines.Append(
                    CultureInfo.InvariantCulture,
                    $"{Csv.Field(photograph.Name)},{Csv.Field(task.Task.Name)},{Csv.Field(measure)},{value:G7}\n"
                );
            }
        }
        return lines.ToString();
    }

    private static void Write(Utf8JsonWriter json, TaskSummary task, double depthScale)
    {
        json.WriteStartObject(task.Task.Name);
        json.WriteString("kind", task.Task.Kind.ToString().ToLowerInvariant());
        if (task.Task.Kind.Unit(task.Task) is { } unit)
            json.WriteString("unit", unit);
        if (task.Classes.Count > 0)
        {
            json.WriteStartObject("shares");
            foreach ((string name, double share) in task.Classes)
                json.WriteNumber(name, Math.Round(share, 6));
            json.WriteEndObject();
        }
        if (task.Probabilities.Count > 0)
        {
            Numbers(json, "chosen", task.Chosen);
            Numbers(json, "probabilities", task.Probabilities);
        }
        if (task.Values.Count > 0)
            Numbers(json, "values", task.Values);
        if (task.Channels.Count > 0)
        {
            json.WriteStartArray("channels");
            foreach (ChannelSummary channel in task.Channels)
            {
                json.WriteStartObject();
                Number(json, "minimum", channel.Minimum);
                Number(json, "maximum", channel.Maximum);
                Number(json, "mean", channel.Mean);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (task.MeanConfidence is double confidence)
        {
            json.WriteStartObject("confidence");
            Number(json, "mean", confidence);
            json.WriteString("unit", task.ConfidenceUnit);
            if (task.Task.Kind.Extent == TaskExtent.Pixel)
                json.WriteNumber("png_step", PredictionFiles.ConfidenceStep(task.Task, depthScale));
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Numbers(Utf8JsonWriter json, string name, IReadOnlyList<(string Name, double Number)> numbers)
    {
        json.WriteStartObject(name);
        foreach ((string key, double number) in numbers)
            Number(json, key, number);
        json.WriteEndObject();
    }

    // JSON has no NaN.
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, Math.Round(value, 6));
        else
            json.WriteNull(name);
    }

    private static IEnumerable<(string, double)> Measures(TaskSummary task)
    {
        foreach ((string name, double share) in task.Classes)
            yield return ($"share of {name}", share);
        foreach ((string name, double probability) in task.Probabilities)
            yield return ($"probability of {name}", probability);
        foreach ((string name, double value) in task.Values)
            yield return ($"value of {name}", value);
        for (int c = 0; c < task.Channels.Count; c++)
        {
            string channel = task.Channels.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" of channel {c}") : "";
            yield return ($"minimum{channel}", task.Channels[c].Minimum);
            yield return ($"maximum{channel}", task.Channels[c].Maximum);
            yield return ($"mean{channel}", task.Channels[c].Mean);
        }
        if (task.MeanConfidence is double confidence)
            yield return ("mean confidence", confidence);
    }
}
