using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;

namespace Jtr.Cli.Data;

/// <summary>Reads the file of --labels: a published assignment (.pth, .npy), or the labels.json of a run.</summary>
internal static class LabelsFile
{
    /// <summary>Reads an assignment for a data set. Further frames of NYU-v2 keep the labels that they have.</summary>
    /// <exception cref="JtrFormatException">The file is damaged, or for another data set.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static LabelAssignment Read(string path, IMultiTaskDataset data)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"--labels: there is no file '{path}'", path);
        int count = data.Count - (data is NyuV2Dataset nyu ? nyu.ExtraCount : 0);
        LabelAssignment labels = IsJson(path) ? LabelAssignment.Load(path, data.Tasks) : LabelAssignment.Import(path, data.Tasks, count);
        // A run's own file has the further frames already.
        if (labels.Count == data.Count)
            return labels;
        if (labels.Count != count)
            throw new JtrFormatException(path, $"an assignment for {labels.Count} samples, where the data have {count}");
        return labels.ExtendedTo(data);
    }

    private static bool IsJson(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        int first;
        // Blanks, and the marks of encodings: of UTF-8, and of UTF-16 and UTF-32, which have zeros between characters.
        do first = stream.ReadByte();
        while (first is ' ' or '\n' or '\r' or '\t' or 0xEF or 0xBB or 0xBF or 0xFE or 0xFF or 0);
        return first == '{';
    }
}
