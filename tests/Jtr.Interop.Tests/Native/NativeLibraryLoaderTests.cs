using Jtr.Interop.Native;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Native;

public sealed class NativeLibraryLoaderTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("jtr-loader-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_loaded_library_is_a_file_and_speaks_the_expected_interface()
    {
        Assert.That(JtrRuntime.LibraryPath, Does.EndWith(NativeLibraryLoader.FileName));
        Assert.That(JtrRuntime.LibraryPath, Is.EqualTo(NativeLibraryLoader.EnsureLoaded()));
    }

    [Test]
    public void A_library_that_is_nowhere_is_told_with_every_place_and_the_command_that_mends_it()
    {
        string[] places =
        [
            Path.Combine(_folder, "a", NativeLibraryLoader.FileName),
            Path.Combine(_folder, "b", NativeLibraryLoader.FileName),
        ];
        Assert.That(
            () => NativeLibraryLoader.Load(places),
            Throws
                .TypeOf<JtrNativeLibraryException>()
                .With.Message.Contains(places[0])
                .And.Message.Contains(places[1])
                .And.Message.Contains("not there")
                .And.Message.Contains("./build.sh native")
                .And.Message.Contains("JTR_NATIVE")
        );
    }

    [Test]
    public void That_JTR_NATIVE_was_the_only_place_is_told() =>
        Assert.That(
            () => NativeLibraryLoader.Load(["/nowhere"], "/nowhere"),
            Throws.TypeOf<JtrNativeLibraryException>().With.Message.Contains("JTR_NATIVE is set")
        );

    [Test]
    public void An_empty_list_of_places_is_told() =>
        Assert.That(
            () => NativeLibraryLoader.Load([]),
            Throws.TypeOf<JtrNativeLibraryException>().With.Message.Contains("list of places is empty")
        );

    [Test]
    public void A_file_that_is_no_library_is_told_with_the_reason_of_the_system()
    {
        string file = Path.Combine(_folder, NativeLibraryLoader.FileName);
        File.WriteAllText(file, "this is not a shared library, whatever its name says");
        Assert.That(
            () => NativeLibraryLoader.Load([file]),
            Throws
                .TypeOf<JtrNativeLibraryException>()
                .With.Message.Contains(file)
                .And.Message.Contains("apt-get install libtorch-dev")
                .And.Message.Not.Contains("not there")
        );
    }

    [Test]
    public void A_library_that_is_not_libjtr_is_refused()
    {
        (nint handle, string path) = NativeLibraryLoader.Load([OperatingSystem.IsLinux() ? "libc.so.6" : NativeLibraryLoader.FileName]);
        Assume.That(path, Is.EqualTo("libc.so.6"));
        Assert.That(
            () => NativeLibraryLoader.CheckAbi(handle, path),
            Throws.TypeOf<JtrNativeLibraryException>().With.Message.Contains("is not libjtr")
        );
    }

    [Test]
    public void JTR_NATIVE_may_name_the_file_or_its_folder_and_is_the_only_place_then()
    {
        string file = Path.Combine(_folder, NativeLibraryLoader.FileName);
        Assert.That(NativeLibraryLoader.Places(_folder, ["/elsewhere"]), Is.EqualTo(new[] { file }));
        Assert.That(NativeLibraryLoader.Places(file, ["/elsewhere"]), Is.EqualTo(new[] { file }));
    }

    [Test]
    public void Without_JTR_NATIVE_the_places_are_beside_the_assembly_its_runtimes_folder_and_the_system(
        [Values(null, "")] string? chosen
    ) =>
        Assert.That(
            NativeLibraryLoader.Places(chosen, [_folder + "/", "", _folder]),
            Is.EqualTo(
                new[]
                {
                    Path.Combine(_folder, NativeLibraryLoader.FileName),
                    Path.Combine(_folder, "runtimes", NativeLibraryLoader.Rid, "native", NativeLibraryLoader.FileName),
                    NativeLibraryLoader.FileName,
                }
            )
        );

    [Test]
    public void The_folders_of_native_assets_come_after_the_applications_own() =>
        Assert.That(
            NativeLibraryLoader.Places(null, [_folder], ["/packages/jtr.interop.runtime/native"]).TakeLast(2),
            Is.EqualTo(
                new[] { Path.Combine("/packages/jtr.interop.runtime/native", NativeLibraryLoader.FileName), NativeLibraryLoader.FileName }
            )
        );

    [Test]
    public void In_a_checkout_its_artifacts_are_looked_at_before_the_system()
    {
        string deep = Directory.CreateDirectory(Path.Combine(_folder, "tests", "x", "bin")).FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "native", "include", "jtr"));
        File.WriteAllText(Path.Combine(_folder, "native", "include", "jtr", "jtr.h"), "");
        string artifact = Path.Combine(_folder, "artifacts", "native", NativeLibraryLoader.Rid, NativeLibraryLoader.FileName);

        Assert.That(NativeLibraryLoader.Places(null, [deep]), Has.None.EqualTo(artifact), "there is no build.sh yet");
        File.WriteAllText(Path.Combine(_folder, "build.sh"), "");
        Assert.That(NativeLibraryLoader.Places(null, [deep]).TakeLast(2), Is.EqualTo(new[] { artifact, NativeLibraryLoader.FileName }));
    }
}
