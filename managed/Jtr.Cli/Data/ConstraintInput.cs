using System.Globalization;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Data;

/// <summary>Constraints as --constraint says them.</summary>
internal static class ConstraintInput
{
    /// <summary>Reads them.</summary>
    /// <exception cref="UsageException">One of them is none.</exception>
    public static IReadOnlyList<ConstraintOptions> Parse(IReadOnlyList<string>? texts) => [.. (texts ?? []).Select(Parse)];

    /// <summary>Tells how often labels that a network has made violate constraints.</summary>
    /// <param name="people">The photographs and labels of people.</param>
    /// <param name="folder">The labels that a network has made.</param>
    /// <param name="constraints">The constraints.</param>
    /// <param name="console">Where it is told.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UsageException">A constraint is about a task or class that there is not.</exception>
    public static void Report(
        FolderDataset people,
        string folder,
        IReadOnlyList<ConstraintOptions> constraints,
        CliConsole console,
        CancellationToken cancellationToken
    )
    {
        if (constraints.Count == 0)
            return;
        IReadOnlyList<LabelViolations> found;
        try
        {
            found = new PseudoLabelDataset(people, folder).Check(constraints, cancellationToken);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--constraint: {e.Message}");
        }
        foreach (LabelViolations each in found)
            console.Line(
                each.Places == 0
                    ? $"{each.Name}: no labels tell whether they violate it"
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"{each.Name}: violated at {each.Violated} of {each.Places} places ({each.Share:P1})"
                    )
            );
        if (found.Any(f => f.Violated > 0))
            console.Line("Training leaves these out with the same --constraint and --drop-violations.");
    }

    private static ConstraintOptions Parse(string text)
    {
        try
        {
            return ConstraintOptions.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"--constraint {text}: {e.Message}.");
        }
    }
}
