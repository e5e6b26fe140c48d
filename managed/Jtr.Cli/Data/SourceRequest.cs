namespace Jtr.Cli.Data;

/// <summary>One of several data sets that are joined.</summary>
internal sealed record SourceRequest
{
    /// <summary>A name, different from the others'.</summary>
    public required string Name { get; init; }

    /// <summary>The data. Size and <see cref="DataRequest.SkipBad"/> are those of the joined data instead.</summary>
    public required DataRequest Data { get; init; }

    /// <summary>How often an epoch has a sample of it.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Other names for its tasks, or null.</summary>
    public IReadOnlyDictionary<string, string>? Rename { get; init; }

    /// <summary>The file of the labels that training may see of it, instead of the scenario, or null.</summary>
    public string? Labels { get; init; }

    /// <summary>Sources of data that are named without further words, each named as its file or folder.</summary>
    /// <param name="data">As after --data.</param>
    /// <param name="weights">One for each, or null.</param>
    /// <exception cref="UsageException">There are not as many weights.</exception>
    public static IReadOnlyList<SourceRequest> Of(IReadOnlyList<string> data, IReadOnlyList<double>? weights)
    {
        if (weights is not null && weights.Count != data.Count)
            throw new UsageException($"--data-weights has {weights.Count} numbers, where {data.Count} data sets are joined.");
        List<SourceRequest> sources = [];
        for (int i = 0; i < data.Count; i++)
        {
            DataLocation at = DataLocation.Parse(data[i]);
            if (at.Kind == DataKind.Joined)
                throw new UsageException($"{at.Path} joins data sets itself: add to its \"sources\" instead.");
            string name = Distinct(DefaultName(at), sources);
            sources.Add(
                new SourceRequest
                {
                    Name = name,
                    Data = new DataRequest { Data = at.ToString(), Size = default },
                    Weight = weights?[i] ?? 1,
                }
            );
        }
        return sources;
    }

    /// <summary>The last part of a path.</summary>
    public static string DefaultName(DataLocation at)
    {
        string name = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(at.Path));
        return name.Length > 0 ? name : DataRequest.Scenes;
    }

    private static string Distinct(string name, List<SourceRequest> others)
    {
        string distinct = name;
        for (int n = 2; others.Any(o => o.Name == distinct); n++)
            distinct = $"{name}-{n}";
        return distinct;
    }
}
