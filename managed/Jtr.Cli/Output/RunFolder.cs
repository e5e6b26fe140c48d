using System.Globalization;
using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Output;

/// <summary>The files of a run.</summary>
internal sealed class RunFolder(string path)
{
    /// <summary>File name of the checkpoint.</summary>
    public const string CheckpointName = "checkpoint.safetensors";

    /// <summary>The folder.</summary>
    public string Path => path;

    /// <summary>Weights, optimiser state and settings.</summary>
    public string Checkpoint => File(CheckpointName);

    /// <summary>The checkpoint with the best scores in between.</summary>
    public string Best => File("best.safetensors");

    /// <summary>All settings of the run, which 'jtr train --config' repeats it with.</summary>
    public string Configuration => File("config.json");

    /// <summary>Scores.</summary>
    public string Results => File("results.json");

    /// <summary>Photographs, labels and predictions.</summary>
    public string Pictures => File("predictions.png");

    /// <summary>The labels that training saw.</summary>
    public string Labels => File("labels.json");

    /// <summary>All that was said, each line with its time.</summary>
    public string Log => File("log.txt");

    /// <summary>
    /// Makes the folder and keeps other processes from training into it until the result is disposed, or this process ends.
    /// </summary>
    /// <exception cref="UsageException">Another one does.</exception>
    public IDisposable Hold()
    {
        Directory.CreateDirectory(path);
        try
        {
            // The system lets go of it when the process ends, however it does.
            return new FileStream(File(".jtr-lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (e is not DirectoryNotFoundException and not PathTooLongException)
        {
            throw new UsageException($"{path} is in use: another jtr trains into it. --output names another folder. ({e.Message})");
        }
    }

    /// <summary>Makes the folder, so that a place that cannot be written to shows before training.</summary>
    public void Create()
    {
        Directory.CreateDirectory(path);
        string probe = File($".jtr-{Environment.ProcessId}");
        System.IO.File.WriteAllBytes(probe, []);
        System.IO.File.Delete(probe);
    }

    /// <summary>Writes scores as CSV and, last and whole, as JSON, by which a run is known to be finished.</summary>
    public void SaveResults(EvaluationResult result)
    {
        WholeFile.Write(File("results.csv"), result.ToCsv());
        result.SaveJson(Results);
    }

    /// <summary>
    /// Adds the headline scores after some steps to history.csv. Those of this and later steps, which a run that was killed may have left,
    /// give way.
    /// </summary>
    public void AppendHistory(long step, EvaluationResult result)
    {
        string file = File("history.csv");
        IEnumerable<string> before = System.IO.File.Exists(file)
            ? System.IO.File.ReadAllLines(file).Skip(1).Where(line => StepOf(line) < step)
            : [];
        IEnumerable<string> now = result.Tasks.Select(t =>
            string.Create(CultureInfo.InvariantCulture, $"{step},{Csv.Field(t.Name)},{Csv.Field(t.Headline.Name)},{t.Headline.Value:R}")
        );
        WholeFile.Write(file, string.Join('\n', ["step,task,metric,value", .. before, .. now]) + "\n");
    }

    /// <summary>The step that a line begins with; of one that a crash has cut, the largest number.</summary>
    private static long StepOf(string line) =>
        long.TryParse(
            line.AsSpan(0, Math.Max(0, line.IndexOf(',', StringComparison.Ordinal))),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out long step
        )
            ? step
            : long.MaxValue;

    private string File(string name) => System.IO.Path.Combine(path, name);
}
