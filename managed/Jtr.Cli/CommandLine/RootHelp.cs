using System.CommandLine;
using Jtr.Cli.Output;

namespace Jtr.Cli.CommandLine;

/// <summary>What `jtr --help` prints.</summary>
internal static class RootHelp
{
    public static IReadOnlyList<(string Term, string Meaning)> ExitCodes { get; } =
    [
        ("0", "It did what it was asked to."),
        ("1", "It could not; the last line says why."),
        ("2", "The command line is wrong; nothing was done."),
        ("130", "It was stopped by Ctrl-C, SIGTERM or the end of its terminal, after saving what it had."),
    ];

    public static void Apply(RootCommand root, CliConsole console)
    {
        HelpPage page = new()
        {
            Usage = "jtr <command> [options]",
            Text =
            [
                "Trains one network for many vision tasks when most labels are missing: segmentation, depth, normals and maps; classes, "
                    + "tags and values of whole photographs. It learns from labels alone, or also by Joint-Task Regularization (JTR, "
                    + "CVPR 2024) and other methods; 'jtr compare' says whether one of them pays.",
            ],
            Sections = [("Commands", [.. root.Subcommands.Select(c => (c.Name, c.Description ?? ""))]), ("Exit codes", ExitCodes)],
            General = [("--version", "Show the version.")],
            Examples =
            [
                new("Is everything there that training needs?", "jtr doctor"),
                new("Supervised training against JTR on built-in scenes, in minutes:", "jtr demo --quick"),
                new("What do my data hold?", "jtr inspect photos"),
                new("Which photographs to label next?", "jtr suggest photos --count 20"),
                new("How to train, and with which options:", "jtr train --help"),
            ],
        };
        page.Apply(root, console);
        root.SetAction(_ =>
        {
            page.Write(console.Output, console.Width);
            return ExitCode.Usage;
        });
    }
}
