using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Jtr.ApiDocs;
using Jtr.Interop.Diagnostics;

namespace Jtr.Documentation.Tests;

public sealed class PageTests
{
    [Test]
    public void The_API_reference_is_that_of_the_library()
    {
        string folder = Path.Combine(Repository.Root, "docs", "api");
        const string Mend = "./build.sh docs writes it anew";
        IReadOnlyList<(string Name, string Text)> pages = ApiReference.Pages();
        Assert.That(Directory.GetFiles(folder, "*.md").Select(Path.GetFileName), Is.EquivalentTo(pages.Select(p => p.Name)), Mend);
        foreach ((string name, string text) in pages)
            if (File.ReadAllText(Path.Combine(folder, name)) != text)
                Assert.Fail($"docs/api/{name} is out of date: {Mend}");
    }

    [Test]
    public void Every_public_type_and_member_says_what_it_is()
    {
        // The compiler insists on it; that the reference found the text is tested here: no type is without, and those that people need are
        // there.
        (_, string index) = ApiReference.Pages().Single(p => p.Name == "README.md");
        Assert.That(index.Split('\n').Where(l => l.EndsWith("|  |", StringComparison.Ordinal)), Is.Empty, "types without a summary");
        (_, string training) = ApiReference.Pages().Single(p => p.Name == "Jtr.Interop.Training.md");
        Assert.That(
            training,
            Does.Contain("public Task<FitResult> FitAsync(")
                .And.Contain("public required TaskSet Tasks { get; init; }")
                .And.Contain("- throws `JtrDeviceException`: ")
        );
    }

    [Test]
    public void Links_between_pages_lead_somewhere()
    {
        List<string> dead = [];
        foreach (string page in CodeBlock.Pages.Append("CHANGELOG.md"))
        {
            string text = Regex.Replace(File.ReadAllText(Path.Combine(Repository.Root, page)), "```.*?```", "", RegexOptions.Singleline);
            // Package pages are shown away from the checkout.
            foreach (Match link in Regex.Matches(text, @"\]\(\s*([^)\s]+)\s*\)"))
            {
                string[] target = link.Groups[1].Value.Split('#', 2);
                if (target[0].Contains(':', StringComparison.Ordinal))
                    continue;
                string file =
                    target[0].Length == 0
                        ? Path.Combine(Repository.Root, page)
                        : Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, target[0]));
                if (!File.Exists(file))
                    dead.Add($"{page}: {link.Groups[1].Value}");
                else if (
                    target.Length == 2
                    && !File.ReadLines(file).Any(l => l.StartsWith('#') && Anchor(l.TrimStart('#').Trim()) == target[1])
                )
                    dead.Add($"{page}: {link.Groups[1].Value} (no such heading)");
            }
        }
        Assert.That(dead, Is.Empty);
    }

    [Test]
    public void The_page_about_deployment_has_every_instrument_and_its_unit()
    {
        List<string> instruments = [];
        using (MeterListener listener = new())
        {
            listener.InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == JtrMetrics.MeterName)
                    instruments.Add($"| `{instrument.Name}` | {(instrument.Unit is null ? "-" : $"`{instrument.Unit}`")} |");
            };
            listener.Start();
            RuntimeHelpers.RunClassConstructor(typeof(JtrMetrics).TypeHandle);
        }
        string[] lines =
        [
            .. File.ReadLines(Path.Combine(Repository.Root, "docs", "deployment.md"))
                .Where(l => l.StartsWith("| `jtr.", StringComparison.Ordinal)),
        ];
        Assert.That(instruments, Is.Not.Empty);
        Assert.That(lines.Select(l => string.Join('|', l.Split('|')[..3]) + "|"), Is.EquivalentTo(instruments));
    }

    [Test]
    public void Blocks_of_JSON_and_XML_parse_and_those_from_a_file_are_in_it() =>
        Assert.Multiple(() =>
        {
            foreach (CodeBlock block in CodeBlock.All)
            {
                if (block.Language == "json")
                    Assert.That(() => JsonDocument.Parse(block.Text), Throws.Nothing, block.ToString());
                if (block.Language == "xml")
                    Assert.That(() => XDocument.Parse(block.Text), Throws.Nothing, block.ToString());
                if (block.After("from") is string file)
                    Assert.That(File.ReadAllText(Path.Combine(Repository.Root, file)), Does.Contain(block.Text), block.ToString());
                Assert.That(
                    block.Language,
                    Is.AnyOf("csharp", "sh", "json", "xml", "cpp", "csv", "text", ""),
                    $"{block}: a language that no test knows"
                );
                if (block.Language == "cpp")
                    Assert.That(block.After("from"), Is.Not.Null, $"{block}: C++ is shown from files that are built");
            }
        });

    [TestCase("IMultiTaskDataset")]
    [TestCase("IViewStep")]
    [TestCase("ITaskMetric")]
    public void A_part_of_your_own_takes_at_most_40_lines(string part)
    {
        CodeBlock[] own =
        [
            .. CodeBlock.All.Where(b => b.Page == "docs/your-own-task-and-method.md" && Regex.IsMatch(b.Text, $@"class [^\n]*: {part}\n")),
        ];
        Assert.That(own, Is.Not.Empty);
        foreach (CodeBlock block in own)
            Assert.That(block.Text.Count(c => c == '\n'), Is.LessThanOrEqualTo(40), block.ToString());
    }

    [Test]
    public void A_method_of_your_own_is_a_file_of_at_most_40_lines_and_an_option_of_training()
    {
        const string file = "docs/examples/entropy.cpp";
        CodeBlock[] page = [.. CodeBlock.All.Where(b => b.Page == "docs/your-own-task-and-method.md")];
        CodeBlock method = page.Single(b => b.After("from") == file);
        Assert.That(method.Text, Is.EqualTo(File.ReadAllText(Path.Combine(Repository.Root, file))), "the file is shown whole");
        Assert.That(method.Text.Count(c => c == '\n'), Is.LessThanOrEqualTo(40));
        // ShellTests runs them with the library that has the method.
        string commands = string.Concat(page.Where(b => b.Language == "sh").Select(b => b.Text));
        Assert.That(commands, Does.Contain("jtr train --help-all | grep entropy").And.Match("--method entropy --entropy-weight [0-9]"));
    }

    private static string Anchor(string heading) =>
        new([.. heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is '-' or '_' or ' ').Select(c => c == ' ' ? '-' : c)]);
}
