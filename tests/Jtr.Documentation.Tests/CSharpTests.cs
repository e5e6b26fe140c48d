using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Jtr.Documentation.Tests;

/// <summary>
/// Every block of C# compiles as it stands, as a file of a new console project, beside those blocks above it on its page that only
/// declare types. One with the remark "runs: PATTERN" is run too, and what it writes must match.
/// </summary>
public sealed class CSharpTests
{
    // What ImplicitUsings of a console project brings.
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    // Not this assembly itself, which has types that pages show too.
    private static readonly MetadataReference[] _references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(f =>
                !Path.GetFileName(f).StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal)
                && Path.GetFileName(f) != "Jtr.Documentation.Tests.dll"
            )
            .Select(f => MetadataReference.CreateFromFile(f)),
    ];

    private static IEnumerable<TestCaseData> Blocks() =>
        CodeBlock
            .All.Where(b => b.Language == "csharp" && !b.IsBuiltByItself)
            .Select(b => new TestCaseData(b).SetArgDisplayNames(b.ToString()));

    [TestCaseSource(nameof(Blocks))]
    public void It_compiles_and_does_what_the_page_says(object block)
    {
        CodeBlock code = (CodeBlock)block;
        byte[] assembly = Compile(code);
        if (code.After("runs") is not string pattern)
            return;
        string said = Run(assembly);
        TestContext.Out.WriteLine(said);
        Assert.That(Regex.IsMatch(said, pattern), $"{code}: it wrote\n{said}\nwhich does not match {pattern}");
        // The losses that the page's own trainer writes: it has to learn.
        double[] losses =
        [
            .. Regex
                .Matches(said, @"supervised (\d+\.\d+)")
                .Select(m => double.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)),
        ];
        if (losses.Length > 1)
            Assert.That(losses[^1], Is.LessThan(losses[0] * 0.9), "the loss falls");
    }

    [Test]
    public void Code_that_is_wrong_does_not_pass() =>
        Assert.That(
            () => Compile(new CodeBlock("none.md", 1, "csharp", "using Jtr.Interop.Training;\nTrainer trainer = new(42);\n", "")),
            Throws.TypeOf<AssertionException>().With.Message.Contains("CS1503")
        );

    private static byte[] Compile(CodeBlock block)
    {
        CSharpParseOptions options = new(LanguageVersion.Latest);
        SyntaxTree tree = CSharpSyntaxTree.ParseText(block.Text, options, block.ToString());
        SyntaxTree[] beside =
        [
            .. CodeBlock
                .All.Where(b => b.Language == "csharp" && b.Page == block.Page && b.Line < block.Line)
                .Select(b => CSharpSyntaxTree.ParseText(b.Text, options, b.ToString()))
                .Where(t => !IsProgram(t)),
        ];
        CSharpCompilation compilation = CSharpCompilation.Create(
            $"Block{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(ImplicitUsings, options), .. beside, tree],
            _references,
            new CSharpCompilationOptions(
                IsProgram(tree) ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
                nullableContextOptions: NullableContextOptions.Enable
            )
        );
        using MemoryStream bytes = new();
        Diagnostic[] wrong =
        [
            .. compilation
                .Emit(bytes)
                .Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning && d.Id is not "CS1701" and not "CS1702"),
        ];
        if (wrong.Length > 0)
            throw new AssertionException(
                string.Join(
                    '\n',
                    wrong.Select(d =>
                        $"{d.Location.SourceTree?.FilePath}, its line {d.Location.GetLineSpan().StartLinePosition.Line + 1}: {d.Id}: "
                        + $"{d.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}"
                    )
                )
            );
        return bytes.ToArray();
    }

    private static bool IsProgram(SyntaxTree tree) => tree.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any();

    private static string Run(byte[] assembly)
    {
        // Small arithmetic, on a machine that may be busy: threads that wait for each other would take most of the time.
        Jtr.Interop.Training.JtrRuntime.Threads = 1;
        MethodInfo main = Assembly.Load(assembly).EntryPoint!;
        string folder = Directory.CreateTempSubdirectory("jtr-docs-").FullName,
            here = Directory.GetCurrentDirectory();
        TextWriter before = Console.Out;
        using StringWriter output = new();
        Console.SetOut(TextWriter.Synchronized(output));
        Directory.SetCurrentDirectory(folder);
        try
        {
            main.Invoke(null, main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(before);
            Directory.SetCurrentDirectory(here);
            Directory.Delete(folder, recursive: true);
        }
        return output.ToString();
    }
}
