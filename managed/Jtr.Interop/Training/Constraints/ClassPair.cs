using System.Globalization;
using System.Text.Json.Nodes;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>A class of one task and a class of another.</summary>
/// <param name="First">Name or number of a class or tag of the first task.</param>
/// <param name="Second">Of the second task.</param>
public sealed record ClassPair(string First, string Second);

/// <summary>Classes by name as their numbers.</summary>
internal static class ClassNumbers
{
    /// <summary>Writes pairs of classes of two tasks; null pairs: those that have one name.</summary>
    /// <exception cref="ArgumentException">There is no such task or class, or no name that both tasks have.</exception>
    public static void WritePairs(
        JsonObject native,
        (string Key, string Classes, string Task) first,
        (string Key, string Classes, string Task) second,
        IReadOnlyList<ClassPair>? pairs,
        TaskSet tasks,
        string property
    )
    {
        (int A, int B)[] numbers = Pairs(tasks, first.Task, second.Task, pairs, property);
        native[first.Key] = first.Task;
        native[second.Key] = second.Task;
        native[first.Classes] = new JsonArray([.. numbers.Select(p => (JsonNode)p.A)]);
        native[second.Classes] = new JsonArray([.. numbers.Select(p => (JsonNode)p.B)]);
    }

    /// <summary>The numbers of pairs of classes of two tasks; null pairs: those that have one name.</summary>
    /// <exception cref="ArgumentException">There is no such task or class, or no name that both tasks have.</exception>
    public static (int First, int Second)[] Pairs(
        TaskSet tasks,
        string first,
        string second,
        IReadOnlyList<ClassPair>? pairs,
        string property
    )
    {
        VisionTask a = Task(tasks, first, property),
            b = Task(tasks, second, property);
        IReadOnlyList<string> namesOfA = Names(a, property),
            namesOfB = Names(b, property);
        (int, int)[] numbers = pairs is null
            ? [.. namesOfA.Select((name, i) => (i, Find(namesOfB, name))).Where(p => p.Item2 >= 0)]
            : [.. pairs.Select(p => (Number(a, p.First, property), Number(b, p.Second, property)))];
        return numbers.Length > 0
            ? numbers
            : throw new ArgumentException(
                $"{property}: no class of '{a.Name}' has the name of one of '{b.Name}'; name the classes, or say which belong together "
                    + "(classes)",
                property
            );
    }

    /// <summary>Numbers of classes of a task.</summary>
    public static JsonArray Of(string task, IReadOnlyList<string> classes, TaskSet tasks, string property) =>
        new([.. NumbersOf(task, classes, tasks, property).Select(n => (JsonNode)n)]);

    /// <summary>Numbers of classes of a task.</summary>
    public static int[] NumbersOf(string task, IReadOnlyList<string> classes, TaskSet tasks, string property) =>
        [.. classes.Select(c => Number(Task(tasks, task, property), c, property))];

    private static VisionTask Task(TaskSet tasks, string name, string property) =>
        tasks.IndexOf(name) is >= 0 and int i
            ? tasks[i]
            : throw new ArgumentException($"{property}: there is no task '{name}' (known: {tasks})", property);

    private static IReadOnlyList<string> Names(VisionTask task, string property) =>
        task.Kind.ClassNames(task) is { Count: > 0 } names
            ? names
            : throw new ArgumentException($"{property}: task '{task.Name}' has neither classes nor tags: it is {task.Kind.Name}", property);

    private static int Number(VisionTask task, string nameOrNumber, string property)
    {
        IReadOnlyList<string> names = Names(task, property);
        int found = Find(names, nameOrNumber);
        if (found >= 0)
            return found;
        return int.TryParse(nameOrNumber, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < names.Count
            ? number
            : throw new ArgumentException(
                $"{property}: task '{task.Name}' has no class '{nameOrNumber}' (known: {string.Join(", ", names)})",
                property
            );
    }

    private static int Find(IReadOnlyList<string> names, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
                return i;
        }
        return -1;
    }
}
