using System.Text;
using System.Text.Json;
using Jtr.Interop.Json;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels;

/// <summary>
/// The file of an assignment: <c>{"tasks": ["seg", "depth"], "labels_weights": [[1, 0], [0, 1], ...]}</c>, one row a
/// line. The matrix bears the name that the published assignments give it.
/// </summary>
internal static class LabelAssignmentFile
{
    public static void Write(string path, TaskSet tasks, ReadOnlySpan<TaskMask> samples)
    {
        StringBuilder text = new("{\n  \"tasks\": [");
        text.AppendJoin(", ", tasks.Select(t => $"\"{JsonEncodedText.Encode(t.Name)}\"")).Append("],\n  \"labels_weights\": [");
        for (int i = 0; i < samples.Length; i++)
        {
            text.Append(i == 0 ? "\n    [" : ",\n    [");
            for (int t = 0; t < tasks.Count; t++)
                text.Append(t == 0 ? "" : ", ").Append(samples[i][t] ? '1' : '0');
            text.Append(']');
        }
        text.Append("\n  ]\n}\n");

        string temporary = path + ".tmp";
        try
        {
            File.WriteAllText(temporary, text.ToString());
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
            throw;
        }
    }

    public static TaskMask[] Read(string path, TaskSet tasks)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(JsonFile.ReadBytes(path));
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, $"no JSON: {e.Message}", innerException: e);
        }
        try
        {
            using (document)
                return Read(path, document.RootElement, tasks);
        }
        catch (InvalidOperationException e)
        {
            // Strings are decoded late: only when they are asked for does it show that they are no Unicode.
            throw new JtrFormatException(path, $"no JSON: {e.Message}", innerException: e);
        }
    }

    private static TaskMask[] Read(string path, JsonElement root, TaskSet tasks)
    {
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("tasks", out JsonElement names)
            || names.ValueKind != JsonValueKind.Array
        )
            throw new JtrFormatException(path, "no label assignment: the array 'tasks' is missing");
        if (!root.TryGetProperty("labels_weights", out JsonElement rows) || rows.ValueKind != JsonValueKind.Array)
            throw new JtrFormatException(path, "no label assignment: the array 'labels_weights' is missing");

        string[] named = [.. names.EnumerateArray().Select(n => n.ValueKind == JsonValueKind.String ? n.GetString()! : n.GetRawText())];
        if (!named.SequenceEqual(tasks.Select(t => t.Name)))
            throw new JtrFormatException(path, $"an assignment for the tasks {string.Join(", ", named)}, not for {tasks}");

        TaskMask[] samples = new TaskMask[rows.GetArrayLength()];
        int i = 0;
        foreach (JsonElement row in rows.EnumerateArray())
        {
            if (row.ValueKind != JsonValueKind.Array || row.GetArrayLength() != tasks.Count)
                throw new JtrFormatException(path, $"labels_weights[{i}] is not an array of {tasks.Count} numbers");
            int t = 0;
            foreach (JsonElement value in row.EnumerateArray())
            {
                if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double weight) || weight is not (0 or 1))
                    throw new JtrFormatException(path, $"labels_weights[{i}][{t}] is {value.GetRawText()}; it has to be 0 or 1");
                if (weight == 1)
                    samples[i] = samples[i].With(t);
                t++;
            }
            i++;
        }
        return samples;
    }
}
