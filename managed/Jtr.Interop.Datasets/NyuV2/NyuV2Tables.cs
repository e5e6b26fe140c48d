using System.Globalization;
using System.Text.Json;

namespace Jtr.Interop.Datasets.NyuV2;

/// <summary>
/// The tables that NYU-v2's users keep beside its .mat file: which label is which class, which sample belongs to which part.
/// </summary>
internal static class NyuV2Tables
{
    private const int LargestText = 1 << 20;

    /// <summary>
    /// The class, from 1 up, of every label from 1 up (0: none): the tables of the files, each applied to the classes of the one
    /// before.
    /// </summary>
    /// <param name="paths">One or more files.</param>
    /// <param name="classCount">Number of classes that the last table may give.</param>
    /// <exception cref="JtrFormatException">A file is damaged, or does not fit the one before it or the number of classes.</exception>
    public static int[] ReadClassMapping(IReadOnlyList<string> paths, int classCount)
    {
        int[]? mapping = null;
        foreach (string path in paths)
        {
            int[] table = ReadClassTable(path);
            if (mapping is null)
            {
                mapping = table;
                continue;
            }
            for (int i = 0; i < mapping.Length; i++)
            {
                if (mapping[i] > table.Length)
                    throw new JtrFormatException(path, $"a table of {table.Length} classes, but the one before it has class {mapping[i]}");
                mapping[i] = mapping[i] == 0 ? 0 : table[mapping[i] - 1];
            }
        }
        int wrong = Array.FindIndex(mapping!, c => c > classCount);
        return wrong < 0
            ? mapping!
            : throw new JtrFormatException(
                paths[^1],
                $"label {wrong + 1} is class {mapping![wrong]}, where there are {classCount} classes"
            );
    }

    /// <summary>The class mapping beside a .mat file.</summary>
    /// <exception cref="JtrFormatException">There is none.</exception>
    public static IReadOnlyList<string> FindClassMapping(string matPath, int classCount)
    {
        string forty = Beside(matPath, "classMapping40.mat");
        string direct = Beside(matPath, "classMapping13.mat");
        string further = Beside(matPath, "class13Mapping.mat");
        if (classCount == 40 && File.Exists(forty))
            return [forty];
        if (classCount == 13 && File.Exists(direct))
            return [direct];
        if (classCount == 13 && File.Exists(forty) && File.Exists(further))
            return [forty, further];
        string needed = classCount == 40 ? "classMapping40.mat" : "classMapping40.mat and class13Mapping.mat (or classMapping13.mat)";
        throw new JtrFormatException(
            matPath,
            $"which of its labels is which of the {classCount} classes is unknown: put {needed} beside "
                + $"it, or set {nameof(NyuV2Options.ClassMapping)}"
        );
    }

    /// <summary>The numbers, from 0 up, of a part's samples, in the file's order.</summary>
    /// <param name="path">splits.mat, or a text file of numbers from 1 up.</param>
    /// <param name="split">The part.</param>
    /// <param name="count">Number of samples there are.</param>
    /// <exception cref="JtrFormatException">The file is damaged, or a number is not 1 to count, or there twice.</exception>
    public static int[] ReadSplit(string path, NyuV2Split split, int count)
    {
        int[] numbers;
        if (IsMat(path))
        {
            string name = split == NyuV2Split.Train ? "trainNdxs" : "testNdxs";
            numbers =
                MatV5Reader.Read(path).TryGetValue(name, out MatValue? found) && found.Numbers.Length > 0
                    ? Whole(path, found.Numbers, name)
                    : throw new JtrFormatException(path, $"the array '{name}' is missing");
        }
        else
        {
            numbers = Whole(
                path,
                [
                    .. Lines(path)
                        .SelectMany(l =>
                            l.Text.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries).Select(w => Number(path, w, l.Number))
                        ),
                ],
                "the split"
            );
            if (numbers.Length == 0)
                throw new JtrFormatException(path, "the split has no sample");
        }
        HashSet<int> seen = [];
        foreach (int number in numbers)
        {
            if (number < 1 || number > count)
                throw new JtrFormatException(path, $"sample {number}, where there are samples 1 to {count}");
            if (!seen.Add(number))
                throw new JtrFormatException(path, $"sample {number} is there twice");
        }
        return [.. numbers.Select(n => n - 1)];
    }

    /// <summary>The split beside a .mat file.</summary>
    /// <exception cref="JtrFormatException">There is none.</exception>
    public static string FindSplit(string matPath)
    {
        string path = Beside(matPath, "splits.mat");
        return File.Exists(path)
            ? path
            : throw new JtrFormatException(
                matPath,
                $"which samples are for training is unknown: put splits.mat beside it, or set {nameof(NyuV2Options.SplitFile)}"
            );
    }

    private static int[] ReadClassTable(string path)
    {
        double[] values;
        if (IsMat(path))
        {
            Dictionary<string, MatValue> variables = MatV5Reader.Read(path);
            MatValue? table =
                variables.GetValueOrDefault("mapClass")
                ?? variables.GetValueOrDefault("classMapping13")?.Fields.GetValueOrDefault("labels13");
            values = table is { Numbers.Length: > 0 }
                ? table.Numbers
                : throw new JtrFormatException(path, "neither 'mapClass' nor 'classMapping13.labels13' is there");
        }
        else if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            values = Json(path);
        }
        else
        {
            // "40", or "book, 40".
            values =
            [
                .. Lines(path)
                    .Select(l => Number(path, l.Text.Split([' ', '\t', ',', ';'], StringSplitOptions.RemoveEmptyEntries)[^1], l.Number)),
            ];
        }
        int[] classes = Whole(path, values, "the class table");
        if (classes.Length == 0)
            throw new JtrFormatException(path, "the class table is empty");
        int wrong = Array.FindIndex(classes, c => c < 0);
        return wrong < 0
            ? classes
            : throw new JtrFormatException(path, $"label {wrong + 1} is class {classes[wrong]}; classes count from 1, and 0 is none");
    }

    private static double[] Json(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(ReadText(path));
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                throw new JtrFormatException(path, "no array of numbers");
            return
            [
                .. document
                    .RootElement.EnumerateArray()
                    .Select(e =>
                        e.ValueKind == JsonValueKind.Number && e.TryGetDouble(out double value)
                            ? value
                            : throw new JtrFormatException(path, $"'{e.GetRawText()}' is no number")
                    ),
            ];
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, $"no JSON: {e.Message}", innerException: e);
        }
    }

    private static IEnumerable<(string Text, int Number)> Lines(string path) =>
        ReadText(path).Split('\n').Select((line, i) => (line.Trim(), i + 1)).Where(l => l.Item1.Trim(' ', '\t', ',', ';').Length > 0);

    private static string ReadText(string path)
    {
        FileInfo info = new(path);
        if (info.Exists && info.Length > LargestText)
            throw new JtrFormatException(path, $"a table of {info.Length} bytes; up to {LargestText} are read");
        return File.ReadAllText(path);
    }

    private static double Number(string path, string word, int line) =>
        double.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new JtrFormatException(path, $"'{word}' in line {line} is no whole number");

    private static int[] Whole(string path, double[] values, string what)
    {
        int wrong = Array.FindIndex(values, v => !(Math.Abs(v) <= int.MaxValue) || v != Math.Floor(v));
        return wrong < 0
            ? [.. values.Select(v => (int)v)]
            : throw new JtrFormatException(
                path,
                string.Create(CultureInfo.InvariantCulture, $"{what} has {values[wrong]}, which is no whole number")
            );
    }

    private static bool IsMat(string path) => path.EndsWith(".mat", StringComparison.OrdinalIgnoreCase);

    private static string Beside(string matPath, string name) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(matPath))!, name);
}
