using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Jtr.Bindings.Tests;

public sealed partial class HeaderTests
{
    [Test]
    public void The_generated_file_carries_the_hash_of_the_header()
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Repository.Header)));
        Assert.That(
            File.ReadLines(Repository.Generated).First(),
            Is.EqualTo($"// jtr.h SHA-256 {hash}"),
            "jtr.h has changed since the bindings were generated: run bindings/Jtr.Bindings.Generator"
        );
    }

    [Test]
    public void Every_function_of_the_header_is_imported_and_nothing_else()
    {
        string[] declared = Functions();
        Assert.That(declared, Has.Length.GreaterThan(30));
        Assert.That(Imports(), Is.EquivalentTo(declared));
    }

    [Test]
    public void Every_import_is_from_libjtr_with_the_C_calling_convention()
    {
        Assert.Multiple(() =>
        {
            foreach (DllImportAttribute import in ImportAttributes())
            {
                Assert.That(import.Value, Is.EqualTo("jtr"), import.EntryPoint);
                Assert.That(import.CallingConvention, Is.EqualTo(CallingConvention.Cdecl), import.EntryPoint);
            }
        });
    }

    [Test]
    public void Every_enum_has_the_names_and_values_of_the_header()
    {
        string header = Comments().Replace(File.ReadAllText(Repository.Header), "");
        MatchCollection enums = Enums().Matches(header);
        Assert.That(enums, Has.Count.EqualTo(5));
        Assert.Multiple(() =>
        {
            foreach (Match declaration in enums)
            {
                string name = declaration.Groups["name"].Value;
                Type type = typeof(NativeMethods).Assembly.GetType($"Jtr.Bindings.{Pascal(name["jtr_".Length..])}", throwOnError: true)!;
                Dictionary<string, long> expected = Items()
                    .Matches(declaration.Groups["body"].Value)
                    .ToDictionary(
                        m => Pascal(m.Groups["item"].Value[(name.Length + 1)..].ToLowerInvariant()),
                        m => long.Parse(m.Groups["value"].Value)
                    );
                Dictionary<string, long> actual = Enum.GetNames(type).ToDictionary(n => n, n => Convert.ToInt64(Enum.Parse(type, n)));
                Assert.That(actual, Is.EquivalentTo(expected), name);
                Assert.That(Enum.GetUnderlyingType(type), Is.EqualTo(typeof(uint)), name);
            }
        });
    }

    /// <summary>The functions that the header declares.</summary>
    internal static string[] Functions() =>
        [.. FunctionNames().Matches(Comments().Replace(File.ReadAllText(Repository.Header), "")).Select(m => m.Groups[1].Value)];

    /// <summary>The entry points that the bindings import.</summary>
    internal static IEnumerable<string> Imports() => ImportAttributes().Select(a => a.EntryPoint!);

    /// <summary>step_result -> StepResult.</summary>
    internal static string Pascal(string name) => string.Concat(name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    private static IEnumerable<DllImportAttribute> ImportAttributes() =>
        typeof(NativeMethods.__Internal)
            .GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
            .Select(m => m.GetCustomAttribute<DllImportAttribute>())
            .OfType<DllImportAttribute>();

    [GeneratedRegex(@"JTR_API[^;(]*?\b(jtr_\w+)\s*\(")]
    private static partial Regex FunctionNames();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comments();

    [GeneratedRegex(@"typedef enum \w+ \{(?<body>[^}]*)\} (?<name>\w+);")]
    private static partial Regex Enums();

    [GeneratedRegex(@"(?<item>JTR_\w+) = (?<value>\d+)")]
    private static partial Regex Items();
}
