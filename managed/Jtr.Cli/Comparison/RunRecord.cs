using System.Text.Json;
using Jtr.Cli.Output;
using Jtr.Interop;

namespace Jtr.Cli.Comparison;

/// <summary>Headline scores after some steps.</summary>
internal sealed record ScorePoint
{
    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Each task's headline metric, tasks in order; null where it had no valid pixel.</summary>
    public required IReadOnlyList<double?> Headlines { get; init; }
}

/// <summary>What a run has done so far, kept beside its checkpoint. Time and memory count training alone.</summary>
internal sealed record RunRecord
{
    /// <summary>Scores in between and at the end.</summary>
    public IReadOnlyList<ScorePoint> Scores { get; init; } = [];

    /// <summary>Steps that were timed: all but those whose time was lost when the run was killed.</summary>
    public long TimedSteps { get; init; }

    /// <summary>How long they took.</summary>
    public double Seconds { get; init; }

    /// <summary>Processor time that they took, of all threads.</summary>
    public double ProcessorSeconds { get; init; }

    /// <summary>The most memory that the process held, in MiB; null where it is unknown.</summary>
    public double? PeakMebibytes { get; init; }

    /// <summary>What training added to the memory that the process held before, in MiB; null where it is unknown.</summary>
    public double? AddedMebibytes { get; init; }

    /// <summary>Reads a record; an empty one where there is no file.</summary>
    /// <exception cref="JtrFormatException">The file is damaged.</exception>
    public static RunRecord Read(string path)
    {
        if (!File.Exists(path))
            return new RunRecord();
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ComparisonJson.Default.RunRecord)
                ?? throw new JsonException("the record is null");
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, $"this is no record of a run: {e.Message}", innerException: e);
        }
    }

    /// <summary>Writes the record whole or not at all.</summary>
    public void Write(string path) => WholeFile.Write(path, JsonSerializer.Serialize(this, ComparisonJson.Default.RunRecord) + "\n");

    /// <summary>With what training some steps took.</summary>
    public RunRecord With(long steps, double seconds, double processorSeconds, double peakMebibytes, double heldMebibytes) =>
        this with
        {
            TimedSteps = TimedSteps + steps,
            Seconds = Seconds + seconds,
            ProcessorSeconds = ProcessorSeconds + processorSeconds,
            PeakMebibytes = double.IsNaN(peakMebibytes) ? PeakMebibytes : Math.Max(peakMebibytes, PeakMebibytes ?? 0),
            AddedMebibytes = double.IsNaN(peakMebibytes - heldMebibytes)
                ? AddedMebibytes
                : Math.Max(peakMebibytes - heldMebibytes, AddedMebibytes ?? 0),
        };

    /// <summary>With scores; those of the same or later steps, which a run that was killed may have left, give way.</summary>
    public RunRecord With(ScorePoint point) => this with { Scores = [.. Scores.Where(s => s.Step < point.Step), point] };
}
