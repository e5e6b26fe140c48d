namespace Jtr.Interop.Datasets.Taskonomy;

/// <summary>
/// The published lists of buildings (<c>train_val_test_tiny.csv</c>, <c>_medium</c>, <c>_full</c>, <c>_fullplus</c> of
/// splits_taskonomy.zip): a header <c>id,train,val,test</c>, then a building a line with a 1 in its part's column.
/// </summary>
public static class TaskonomySplit
{
    private const string Id = "id";

    /// <summary>Reads the buildings of one part, in the order of the file.</summary>
    /// <param name="path">The .csv file. Lines end as on any system; the published ones end in a lone carriage return.</param>
    /// <param name="part">"train", "val" or "test": a name of the header.</param>
    /// <exception cref="JtrFormatException">The file has another form, no such part, a building twice, or none in the part.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<string> Read(string path, string part)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentException.ThrowIfNullOrWhiteSpace(part);
        string[] lines = File.ReadAllText(path).Split(["\r\n", "\r", "\n"], StringSplitOptions.None);
        string[] header = Fields(lines[0]);
        int column = Array.IndexOf(header, part);
        if (header[0] != Id || column < 1)
            throw new JtrFormatException(
                path,
                $"the header '{Start(lines[0])}', where a list of buildings has 'id,train,val,test' and so a column '{part}'"
            );

        List<string> buildings = [];
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 1; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
                continue;
            string[] fields = Fields(lines[i]);
            if (fields.Length != header.Length || fields[0].Length == 0 || fields.Skip(1).Any(f => f is not ("0" or "1")))
                throw new JtrFormatException(
                    path,
                    $"line {i + 1}: '{Start(lines[i])}', where a building's name and {header.Length - 1} times 0 or 1 are expected"
                );
            if (!seen.Add(fields[0]))
                throw new JtrFormatException(path, $"line {i + 1}: the building '{fields[0]}' is there twice");
            if (fields[column] == "1")
                buildings.Add(fields[0]);
        }
        return buildings.Count > 0 ? buildings : throw new JtrFormatException(path, $"no building is in the part '{part}'");
    }

    private static string[] Fields(string line) => line.TrimStart('\uFEFF').Split(',', StringSplitOptions.TrimEntries);

    private static string Start(string line) => line.Length <= 80 ? line : line[..80] + "...";
}
