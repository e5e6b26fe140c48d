using Jtr.Cli.Output;
using Spectre.Console;

namespace Jtr.Cli.Doctor;

/// <summary>How a check ended.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, but could be better.</summary>
    Slow,

    /// <summary>Training will not work.</summary>
    Wrong,
}

/// <summary>What a check found.</summary>
/// <param name="Verdict">How it ended.</param>
/// <param name="Text">What there is.</param>
/// <param name="Remedy">What mends it, or empty.</param>
internal sealed record Finding(Verdict Verdict, string Text, string Remedy = "");

/// <summary>One thing to look at.</summary>
/// <param name="Name">In a word.</param>
/// <param name="Look">Looks at it; an exception is a finding too.</param>
/// <param name="NeedsLibrary">Whether it makes no sense without libjtr.</param>
internal sealed record Check(string Name, Func<Finding> Look, bool NeedsLibrary = false);

/// <summary>Runs checks and prints what they find.</summary>
internal sealed class Diagnosis(CliConsole console)
{
    private const int Indent = 24;

    /// <summary>Runs checks in order. Once one is wrong, those that need the library are left out.</summary>
    /// <returns>Whether nothing is wrong.</returns>
    public bool Run(IReadOnlyList<Check> checks)
    {
        int wrong = 0,
            slow = 0;
        bool library = true;
        foreach (Check check in checks)
        {
            if (check.NeedsLibrary && !library)
                continue;
            Finding finding = Look(check);
            Print(check.Name, finding);
            wrong += finding.Verdict == Verdict.Wrong ? 1 : 0;
            slow += finding.Verdict == Verdict.Slow ? 1 : 0;
            library &= check.Name != Checks.LibraryName || finding.Verdict != Verdict.Wrong;
        }
        console.Line();
        console.Line(
            wrong > 0 ? $"{wrong} wrong: training does not work here yet."
            : slow > 0 ? $"Training works here; {slow} could be better."
            : "Training works here."
        );
        return wrong == 0;
    }

    private static Finding Look(Check check)
    {
        try
        {
            return check.Look();
        }
#pragma warning disable CA1031 // Whatever fails here is what the user wants to know.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new(Verdict.Wrong, ErrorText.Describe(e));
        }
    }

    private void Print(string name, Finding finding)
    {
        string verdict = finding.Verdict switch
        {
            Verdict.Ok => "ok",
            Verdict.Slow => "slow",
            _ => "wrong",
        };
        string[] lines =
        [
            .. finding.Text.Split('\n'),
            .. finding.Remedy.Length == 0 ? [] : finding.Remedy.Split('\n').Select(l => $"-> {l}"),
        ];
        for (int i = 0; i < lines.Length; i++)
        {
            string start = i == 0 ? $"  {verdict, -7}{name, -15}" : new string(' ', Indent);
            if (console.Terminal is null || i > 0)
                console.Line(start + lines[i]);
            else
                console.Terminal.MarkupLine(
                    $"[{Color(finding.Verdict)}]{start[..9].EscapeMarkup()}[/][bold]{start[9..].EscapeMarkup()}[/]{lines[i].EscapeMarkup()}"
                );
        }
    }

    private static string Color(Verdict verdict) =>
        verdict switch
        {
            Verdict.Ok => "green",
            Verdict.Slow => "yellow",
            _ => "red",
        };
}
