namespace Jtr.Interop.Tasks;

/// <summary>Names of the channels of a task: classes, tags or values.</summary>
internal static class NameList
{
    /// <summary>The names, or numbered ones where there are none.</summary>
    /// <param name="task">Name of the task, for messages.</param>
    /// <param name="word">What one of them is, such as "tag".</param>
    /// <param name="names">The names, or null.</param>
    /// <param name="count">How many there have to be.</param>
    /// <param name="parameter">Name of the caller's parameter.</param>
    /// <exception cref="ArgumentException">There are not as many, one is empty, or one is there twice.</exception>
    public static IReadOnlyList<string> Of(string task, string word, IReadOnlyList<string>? names, int count, string parameter)
    {
        if (names is null)
            return [.. Enumerable.Range(0, count).Select(i => Numbered(word, i))];
        if (names.Count != count)
            throw new ArgumentException($"task '{task}' has {count} channels but {names.Count} {word} names", parameter);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (string.IsNullOrWhiteSpace(name))
                throw new ArgumentException($"task '{task}': a {word} name is empty", parameter);
            if (!seen.Add(name))
                throw new ArgumentException($"task '{task}': the {word} name '{name}' is there twice", parameter);
        }
        return [.. names];
    }

    /// <summary>Whether names are other than numbers.</summary>
    public static bool AreOwn(string word, IReadOnlyList<string> names) => names.Where((name, i) => name != Numbered(word, i)).Any();

    /// <summary>The first difference of two lists in words; null where there is none, or one of them is only numbered.</summary>
    public static string? Difference(string word, IReadOnlyList<string> first, IReadOnlyList<string> second)
    {
        if (!AreOwn(word, first) || !AreOwn(word, second))
            return null;
        for (int i = 0; i < Math.Min(first.Count, second.Count); i++)
        {
            if (first[i] != second[i])
                return $"{word} {i} is '{second[i]}' and '{first[i]}'";
        }
        return null;
    }

    private static string Numbered(string word, int index) => $"{word} {index}";
}
