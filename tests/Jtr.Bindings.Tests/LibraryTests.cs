using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Jtr.Interop.Training;

namespace Jtr.Bindings.Tests;

public sealed unsafe class LibraryTests
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    [Test]
    public void The_library_exports_every_function_of_the_header_and_nothing_else() =>
        Assert.That(Exports(), Is.EquivalentTo(HeaderTests.Functions()));

    [Test]
    public void Every_import_is_an_export_of_the_library() => Assert.That(HeaderTests.Imports(), Is.SubsetOf(Exports()));

    [Test]
    public void Every_struct_has_the_size_and_the_field_offsets_that_the_library_says()
    {
        List<(string Struct, long Bytes, string Field, long Offset)> layouts = Layouts();
        Assert.Multiple(() =>
        {
            foreach (var fields in layouts.GroupBy(l => l.Struct))
            {
                Type? type = Struct(fields.Key);
                Assert.That(type, Is.Not.Null, $"{fields.Key} has no bindings");
                if (type is null)
                    continue;
                Assert.That(Marshal.SizeOf(type), Is.EqualTo(fields.First().Bytes), $"size of {fields.Key}");
                Dictionary<string, long> expected = fields.ToDictionary(f => f.Field, f => f.Offset);
                Dictionary<string, long> actual = type.GetFields(Fields)
                    .ToDictionary(f => f.Name, f => (long)Marshal.OffsetOf(type, f.Name));
                Assert.That(actual, Is.EquivalentTo(expected), fields.Key);
            }
        });
    }

    [Test]
    public void Every_struct_of_the_bindings_is_known_to_the_library()
    {
        HashSet<Type> known = [.. Layouts().Select(l => Struct(l.Struct)).OfType<Type>()];
        // Opaque types have an empty __Internal.
        IEnumerable<Type> structs = typeof(NativeMethods)
            .Assembly.GetTypes()
            .Where(t => t.Name == "__Internal" && t.DeclaringType != typeof(NativeMethods) && t.GetFields(Fields).Length > 0);
        Assert.That(structs, Is.Not.Empty.And.SubsetOf(known));
    }

    private static Type? Struct(string name) =>
        typeof(NativeMethods).Assembly.GetType($"Jtr.Bindings.{HeaderTests.Pascal(name["jtr_".Length..])}+__Internal");

    private static List<(string Struct, long Bytes, string Field, long Offset)> Layouts()
    {
        Assert.That(JtrRuntime.LibraryPath, Is.Not.Empty);
        List<(string, long, string, long)> layouts = [];
        int count = NativeMethods.__Internal.FieldLayoutCount();
        Assert.That(count, Is.GreaterThan(50));
        for (int i = 0; i < count; i++)
        {
            FieldLayout.__Internal layout = new() { struct_size = (ulong)sizeof(FieldLayout.__Internal) };
            Assert.That(NativeMethods.__Internal.GetFieldLayout(i, (nint)(&layout)), Is.EqualTo(Status.Ok));
            layouts.Add(
                (
                    Marshal.PtrToStringUTF8(layout.struct_name)!,
                    layout.struct_bytes,
                    Marshal.PtrToStringUTF8(layout.field_name)!,
                    layout.field_offset
                )
            );
        }
        return layouts;
    }

    /// <summary>Names of the symbols that libjtr defines for others, as nm tells them.</summary>
    private static string[] Exports()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Ignore("nm -D reads ELF files");
        ProcessStartInfo start = new("nm", ["-D", "--defined-only", JtrRuntime.LibraryPath]) { RedirectStandardOutput = true };
        using Process nm = Process.Start(start)!;
        string output = nm.StandardOutput.ReadToEnd();
        nm.WaitForExit();
        Assert.That(nm.ExitCode, Is.Zero, output);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[^1])];
    }
}
