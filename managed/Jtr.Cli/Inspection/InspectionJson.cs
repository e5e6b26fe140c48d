using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Labels;

namespace Jtr.Cli.Inspection;

/// <summary>The JSON form of an inspection.</summary>
internal static class InspectionJson
{
    /// <summary>As text.</summary>
    public static string Write(string data, IEnumerable<DataInspection> parts, DataCheckReport checks) =>
        JsonSerializer.Serialize(
            new InspectionDocument(
                data,
                [
                    .. parts.Select(p => new PartDocument(
                        p.Part.ToString().ToLowerInvariant(),
                        p.Data.Count,
                        p.Data.Height,
                        p.Data.Width,
                        p.Read,
                        p.Bad,
                        [.. p.Sizes.OrderByDescending(s => s.Value).Select(s => new SizeDocument(s.Key.Height, s.Key.Width, s.Value))],
                        p.Data.Inputs.ImageChannels,
                        Sources(p.Data),
                        p.Domains.Count == 0 ? null : [.. p.Domains.Select(d => Domain(d, p.Data))],
                        Inputs(p),
                        p.LabelCounts,
                        [.. p.Tasks.Select((t, i) => Task(t, p.Labeled[i]))],
                        [.. p.Problems.Select(f => new ProblemDocument(f.Path, f.Message))]
                    )),
                ],
                new ChecksDocument(
                    checks.Labels,
                    checks.Photographs,
                    [
                        .. checks.Findings.Select(f => new FindingDocument(
                            f.Level.ToString().ToLowerInvariant(),
                            f.Check,
                            f.Task,
                            f.File,
                            f.Count,
                            f.Looked,
                            f.Message,
                            f.Advice
                        )),
                    ]
                )
            ),
            InspectionJsonContext.Default.InspectionDocument
        ) + "\n";

    private static SourceDocument[]? Sources(IMultiTaskDataset data)
    {
        if (data is not JoinedDataset joined)
            return null;
        int[] samples = new int[joined.Sources.Count];
        for (int i = 0; i < joined.Count; i++)
            samples[joined.GetSource(i).Source]++;
        return [.. joined.Sources.Select((s, i) => new SourceDocument(s.Name, s.Data.Count, s.Weight, samples[i]))];
    }

    private static DomainDocument Domain(DomainInspection domain, IMultiTaskDataset data) =>
        new(
            domain.Name,
            domain.Samples,
            data.Tasks.Select((t, i) => (t.Name, Count: domain.Labeled[i])).ToDictionary(t => t.Name, t => t.Count),
            domain.HasColors ? [.. domain.Mean] : null,
            domain.HasColors ? [.. domain.Deviation] : null
        );

    private static InputDocument[]? Inputs(DataInspection part) =>
        part.Data.Inputs.Count == 0
            ? null
            :
            [
                .. part.Data.Inputs.Select(
                    (input, i) =>
                        new InputDocument(input.Name, input.IsPlanes ? "planes" : "vector", input.Channels, input.Unit, part.Present[i])
                ),
            ];

    private static TaskDocument Task(LabelStatistics t, int labeled) =>
        new(
            t.Task.Name,
            t.Task.Kind.Word,
            t.Task.Kind.Unit(t.Task),
            labeled,
            t.Read,
            t.Pixels,
            t.Invalid,
            t.Classes.Count > 0
                ? [.. t.Task.Kind.ClassNames(t.Task).Zip(t.Classes, (name, pixels) => new ClassDocument(name, pixels))]
                : null,
            t.Lowest,
            t.Highest,
            t.Mean,
            t.Values.Count > 0
                ? [.. t.Values.Select(v => new ValueDocument(v.Name, v.Count, v.Lowest, v.Highest, v.Mean, v.Deviation))]
                : null
        );
}

internal sealed record InspectionDocument(string Data, PartDocument[] Parts, ChecksDocument Checks);

/// <param name="Labels">That were looked at.</param>
/// <param name="Photographs">That were compared.</param>
internal sealed record ChecksDocument(int Labels, int Photographs, FindingDocument[] Findings);

internal sealed record FindingDocument(
    string Level,
    string Check,
    string? Task,
    string? File,
    int Count,
    int Looked,
    string Message,
    string Advice
);

internal sealed record PartDocument(
    string Part,
    int Samples,
    int Height,
    int Width,
    int Read,
    int Bad,
    SizeDocument[] Photographs,
    int Channels,
    SourceDocument[]? Sources,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DomainDocument[]? Domains,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] InputDocument[]? Inputs,
    int[] SamplesByLabels,
    TaskDocument[] Tasks,
    ProblemDocument[] Problems
);

internal sealed record TaskDocument(
    string Name,
    string Kind,
    string? Unit,
    [property: JsonPropertyName("labelled")] int Labeled,
    int Read,
    long Pixels,
    long InvalidPixels,
    ClassDocument[]? Classes,
    float? Lowest,
    float? Highest,
    double? Mean,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ValueDocument[]? Values
);

/// <param name="Count">Labels in which it is known.</param>
internal sealed record ValueDocument(string Name, long Count, float? Lowest, float? Highest, double? Mean, double? Deviation);

/// <param name="Pixels">Of a class; of a class or tag of whole photographs, the photographs that have it.</param>
internal sealed record ClassDocument(string Name, long Pixels);

/// <param name="Samples">That have it.</param>
internal sealed record InputDocument(string Name, string Kind, int Channels, string? Unit, int Samples);

/// <param name="Samples">Of the source.</param>
/// <param name="Epoch">Of it in an epoch.</param>
internal sealed record SourceDocument(string Name, int Samples, double Weight, int Epoch);

/// <param name="Labeled">Samples that have a label, by task.</param>
/// <param name="Mean">Of red, green and blue, in [0, 1].</param>
/// <param name="Deviation">Of the same.</param>
internal sealed record DomainDocument(
    string Name,
    int Samples,
    [property: JsonPropertyName("labelled")] Dictionary<string, int> Labeled,
    double[]? Mean,
    double[]? Deviation
);

internal sealed record SizeDocument(int Height, int Width, int Count);

internal sealed record ProblemDocument(string Path, string Message);

[JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n", PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(InspectionDocument))]
internal sealed partial class InspectionJsonContext : JsonSerializerContext;
