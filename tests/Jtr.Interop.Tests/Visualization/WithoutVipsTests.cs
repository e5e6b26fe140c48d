using System.Reflection;
using System.Runtime.Loader;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Visualization;

/// <summary>The library on a machine that lacks libvips.</summary>
public sealed class WithoutVipsTests
{
    [Test]
    public void A_picture_that_cannot_be_written_says_that_libvips_is_missing_and_what_brings_it()
    {
        LackingContext context = new();
        try
        {
            Type type = context.LoadFromAssemblyPath(typeof(RgbImage).Assembly.Location).GetType(typeof(RgbImage).FullName!)!;
            object picture = Activator.CreateInstance(type, 2, 2)!;
            Exception e = Assert.Throws<TargetInvocationException>(() =>
                type.GetMethod(nameof(RgbImage.ToPng))!.Invoke(picture, null))!.InnerException!;
            Assert.That(e.GetType().FullName, Is.EqualTo(typeof(JtrNativeLibraryException).FullName), e.ToString());
            Assert.That(e.Message, Does.Contain("libvips").And.Contain("NetVips.Native"));
        }
        finally
        {
            context.Unload();
        }
    }

    /// <summary>The same assemblies once more, for which there is no libvips.</summary>
    private sealed class LackingContext() : AssemblyLoadContext("without libvips", isCollectible: true)
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            string file = Path.Combine(Path.GetDirectoryName(typeof(RgbImage).Assembly.Location)!, assemblyName.Name + ".dll");
            return assemblyName.Name is "NetVips" ? LoadFromAssemblyPath(file) : null;
        }

        protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
            unmanagedDllName.Contains("vips", StringComparison.OrdinalIgnoreCase) ? throw new DllNotFoundException(unmanagedDllName) : 0;
    }
}
