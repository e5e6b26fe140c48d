using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Jtr.Documentation.Tests;

/// <summary>Texts of the library are the same whatever the language of the machine: "depth 0.5", never "depth 0,5".</summary>
public sealed class CultureTests
{
    private static readonly SpecialType[] _numbers = [SpecialType.System_Single, SpecialType.System_Double, SpecialType.System_Decimal];

    // What ImplicitUsings brings.
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    [Test]
    public void No_text_in_managed_code_writes_a_fraction_in_the_language_of_the_machine()
    {
        CSharpCompilation compilation = Compile([.. Sources()]);
        List<string> faults = [];
        foreach (SyntaxTree tree in compilation.SyntaxTrees)
        {
            SemanticModel model = compilation.GetSemanticModel(tree);
            foreach (SyntaxNode node in tree.GetRoot().DescendantNodes())
            {
                if (Fault(model, node) is not { } fault)
                    continue;
                FileLinePositionSpan at = tree.GetLineSpan(node.Span);
                faults.Add($"{Path.GetRelativePath(Repository.Root, at.Path)}:{at.StartLinePosition.Line + 1}: {fault}: {node}");
            }
        }
        Assert.That(
            faults,
            Is.Empty,
            "string.Create(CultureInfo.InvariantCulture, $\"...\") writes it the same everywhere:\n" + string.Join('\n', faults)
        );
    }

    [TestCase("string A(double x) => $\"depth {x}\";", true)]
    [TestCase("string A(float? x) => $\"depth {x:F2}\";", true)]
    [TestCase("string A(double x) => \"depth \" + x;", true)]
    [TestCase("string A(object x) => $\"depth {x}\";", false)]
    [TestCase("string A(int x) => $\"depth {x}\";", false)]
    [TestCase("string A(double x) => $\"depth {x.ToString(System.Globalization.CultureInfo.InvariantCulture)}\";", false)]
    [TestCase("string A(double x) => x.ToString();", true)]
    [TestCase("string A(double x) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $\"depth {x}\");", false)]
    [TestCase("System.Exception A(double x) => new System.ArgumentOutOfRangeException(nameof(x), x, \"depth\");", true)]
    [TestCase("System.Exception A(double x) => new System.ArgumentOutOfRangeException(nameof(x), (1, 2), \"depth\");", false)]
    [TestCase("void A(double x) => System.ArgumentOutOfRangeException.ThrowIfNegative(x);", true)]
    [TestCase("void A(System.Text.StringBuilder b, double x) => b.Append($\"depth {x}\");", true)]
    [TestCase(
        "void A(System.Text.StringBuilder b, double x) => b.Append(System.Globalization.CultureInfo.InvariantCulture, $\"depth {x}\");",
        false
    )]
    [TestCase("void A(System.Text.StringBuilder b, double x) => b.Append(x);", true)]
    [TestCase("string A(double[] x) => string.Join(',', x);", true)]
    [TestCase("string A((int, double) x) => $\"{x}\";", true)]
    [TestCase("string A<T>(T x) => $\"{x}\";", true)]
    public void What_the_search_finds(string member, bool found)
    {
        CSharpCompilation compilation = Compile([CSharpSyntaxTree.ParseText($"class C {{ {member} }}")]);
        SyntaxTree tree = compilation.SyntaxTrees[^1];
        Assert.That(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error), Is.Empty);
        Assert.That(tree.GetRoot().DescendantNodes().Any(n => Fault(compilation.GetSemanticModel(tree), n) is not null), Is.EqualTo(found));
    }

    private static string? Fault(SemanticModel model, SyntaxNode node)
    {
        switch (node)
        {
            case InterpolationSyntax hole when IsFraction(model, hole.Expression) && !HasProvider(model, hole):
                return "an interpolated fraction";
            case BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression } sum
                when model.GetTypeInfo(sum).Type?.SpecialType == SpecialType.System_String
                    && (IsFraction(model, sum.Left) || IsFraction(model, sum.Right)):
                return "a fraction added to a text";
            case BaseObjectCreationExpressionSyntax made
                when model.GetTypeInfo(made).Type?.Name == nameof(ArgumentOutOfRangeException)
                    && made.ArgumentList?.Arguments.Count > 2
                    && IsFraction(model, made.ArgumentList.Arguments[1].Expression):
                return "a fraction as the actual value";
            case InvocationExpressionSyntax call
                when model.GetSymbolInfo(call).Symbol is IMethodSymbol method
                    && IsCultural(method)
                    && call.ArgumentList.Arguments is var arguments:
                bool ofNumber =
                    method.Name == nameof(ToString)
                    && call.Expression is MemberAccessExpressionSyntax access
                    && IsFraction(model, access.Expression);
                return ofNumber || arguments.Any(a => IsFraction(model, a.Expression))
                    ? $"{method.ContainingType.Name}.{method.Name} without a culture"
                    : null;
            default:
                return null;
        }
    }

    /// <summary>Whether a method writes a number and takes no culture for it.</summary>
    private static bool IsCultural(IMethodSymbol method) =>
        !method.Parameters.Any(p => p.Type.Name is nameof(IFormatProvider) or nameof(CultureInfo))
        && (
            method.Name switch
            {
                nameof(ToString) => true,
                "Append" or "AppendLine" or "AppendJoin" or "Insert" => method.ContainingType.Name == "StringBuilder",
                "Join" or "Concat" or "Format" => method.ContainingType.SpecialType == SpecialType.System_String,
                "Write" or "WriteLine" => method.ContainingType.Name is "TextWriter" or "StreamWriter" or "StringWriter" or "Console",
                _ => method.Name.StartsWith("ThrowIf", StringComparison.Ordinal)
                    && method.ContainingType.Name == nameof(ArgumentOutOfRangeException),
            }
        );

    private static bool HasProvider(SemanticModel model, InterpolationSyntax hole)
    {
        InterpolatedStringExpressionSyntax text = hole.FirstAncestorOrSelf<InterpolatedStringExpressionSyntax>()!;
        if (model.GetTypeInfo(text).ConvertedType is { Name: nameof(FormattableString) or nameof(IFormattable) })
            return true;
        // Interpolated strings that are added go to one handler; a plain string among them would not compile.
        SyntaxNode whole = text;
        while (whole.Parent is BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression } sum)
            whole = sum;
        return whole.Parent is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax call }
            && model.GetSymbolInfo(call).Symbol is IMethodSymbol method
            && method.Parameters.Any(p => p.Type.Name is nameof(IFormatProvider));
    }

    private static bool IsFraction(SemanticModel model, ExpressionSyntax expression) => IsFraction(model.GetTypeInfo(expression).Type);

    private static bool IsFraction(ITypeSymbol? type) =>
        type switch
        {
            null => false,
            // Whatever it stands for.
            ITypeParameterSymbol => true,
            IArrayTypeSymbol array => IsFraction(array.ElementType),
            INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable => IsFraction(
                nullable.TypeArguments[0]
            ),
            INamedTypeSymbol { IsTupleType: true } tuple => tuple.TupleElements.Any(e => IsFraction(e.Type)),
            INamedTypeSymbol { IsGenericType: true } many
                when many
                    .AllInterfaces.Append(many)
                    .Any(i => i.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IEnumerable_T) =>
                many.TypeArguments.Any(IsFraction),
            _ => _numbers.Contains(type.SpecialType) || type.Name == nameof(Half),
        };

    private static IEnumerable<SyntaxTree> Sources() =>
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "managed"), "*.cs", SearchOption.AllDirectories)
        where !file.Split(Path.DirectorySeparatorChar).Any(f => f is "obj" or "bin")
        select CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file);

    // What the compiler generates is not there, so that some calls stay unknown; the types of what is written do not depend on it.
    private static CSharpCompilation Compile(IReadOnlyList<SyntaxTree> trees) =>
        CSharpCompilation.Create(
            "Managed",
            [CSharpSyntaxTree.ParseText(ImplicitUsings), .. trees],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
                .Split(Path.PathSeparator)
                .Where(f =>
                    trees.Count == 1
                    || !Path.GetFileName(f).StartsWith("Jtr.", StringComparison.Ordinal)
                    || Path.GetFileName(f) == "Jtr.Bindings.dll"
                )
                .Select(f => MetadataReference.CreateFromFile(f)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                allowUnsafe: true,
                nullableContextOptions: NullableContextOptions.Enable
            )
        );
}
