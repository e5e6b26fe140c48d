using System.Security.Cryptography;
using CppSharp;
using CppSharp.AST;
using CppSharp.AST.Extensions;
using CppSharp.Generators;
using CppSharp.Parser;
using CppSharp.Passes;

namespace Jtr.Bindings.Generator;

/// <summary>Tells CppSharp what to read, how to name things, and what to leave out.</summary>
internal sealed class JtrLibrary(string root) : ILibrary
{
    public const string HeaderPath = "native/include/jtr/jtr.h";

    private const string Prefix = "jtr_";
    private readonly string _header = Path.Combine(root, HeaderPath);
    private readonly string _outputFolder = Path.Combine(root, "bindings/Jtr.Bindings");

    public void Setup(Driver driver)
    {
        // As C99 the structs would get no constructors.
        driver.ParserOptions.LanguageVersion = LanguageVersion.CPP17_GNU;

        DriverOptions options = driver.Options;
        options.GeneratorKind = GeneratorKind.CSharp;
        options.OutputDir = _outputFolder;
        options.OutputNewLineType = NewLineType.LF;
        options.ZeroAllocatedMemory = _ => true;
        options.GenerateFreeStandingFunctionsClassName = _ => "NativeMethods";
        options.GenerateName = _ => "Jtr.Generated";

        Module module = options.AddModule("jtr");
        module.SharedLibraryName = "jtr";
        module.OutputNamespace = "Jtr.Bindings";
        module.IncludeDirs.Add(Path.GetDirectoryName(_header)!);
        module.Headers.Add(Path.GetFileName(_header));
    }

    public void SetupPasses(Driver driver)
    {
        // It would write a C++ file that instantiates inline functions; a C header has none.
        driver.Context.TranslationUnitPasses.Passes.RemoveAll(pass => pass is GenerateSymbolsPass);
        RenameTargets all = RenameTargets.Function | RenameTargets.Enum | RenameTargets.Class | RenameTargets.Delegate;
        driver.AddTranslationUnitPass(new RegexRenamePass($"^{Prefix}", "", all));
        driver.AddTranslationUnitPass(new CaseRenamePass(all, RenameCasePattern.UpperCamelCase));
    }

    public void Preprocess(Driver driver, ASTContext context)
    {
        foreach (TranslationUnit unit in context.TranslationUnits.Where(u => u.IsValid && !u.IsSystemHeader))
        {
            // Read as C++, structs have implicit copy constructors, imports of which would name symbols that no C library has.
            foreach (
                Method method in unit
                    .Classes.SelectMany(c => c.Methods)
                    .Where(m => m.IsCopyConstructor || m.IsMoveConstructor || m.IsOperator)
            )
                method.ExplicitlyIgnore();

            // Pointers to numbers are arrays here, not references to one number.
            foreach (Function function in unit.Functions)
                function.ExcludeFromPasses.Add(typeof(MarshalPrimitivePointersAsRefTypePass));

            // "typedef struct x {} x": the typedef is not written, but its comment would be, in front of the next declaration.
            foreach (TypedefDecl typedef in unit.Typedefs.Where(t => t.Type.Desugar() is TagType))
                typedef.Comment = null;

            foreach (Enumeration enumeration in unit.Enums)
                StripItemPrefix(enumeration);
        }
    }

    public void Postprocess(Driver driver, ASTContext context)
    {
        // None of the enums is a set of flags; CppSharp guesses from the values that some are.
        foreach (Enumeration enumeration in context.TranslationUnits.SelectMany(u => u.Enums))
            enumeration.Modifiers &= ~Enumeration.EnumModifiers.Flags;
    }

    public void GenerateCode(Driver driver, List<GeneratorOutput> outputs) =>
        outputs.RemoveAll(o => o.TranslationUnit.Module == driver.Options.SystemModule);

    /// <summary>Puts the header's hash into the first line; says whether there was a file to put it into.</summary>
    public bool Finish()
    {
        string path = Path.Combine(_outputFolder, "Jtr.Generated.cs");
        if (!File.Exists(path))
            return false;
        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_header)));
        string text = string.Join('\n', File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()))
            .TrimEnd('\n');
        File.WriteAllText(path, $"// jtr.h SHA-256 {hash}\n{text}\n");
        Console.WriteLine($"{path}: {hash}");
        return true;
    }

    /// <summary>JTR_TASK_KIND_DEPTH of jtr_task_kind -> Depth.</summary>
    private static void StripItemPrefix(Enumeration enumeration)
    {
        string prefix = enumeration.Name.ToUpperInvariant() + "_";
        foreach (Enumeration.Item item in enumeration.Items.Where(i => i.Name.StartsWith(prefix, StringComparison.Ordinal)))
            item.Name = string.Concat(item.Name[prefix.Length..].Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));
    }
}
