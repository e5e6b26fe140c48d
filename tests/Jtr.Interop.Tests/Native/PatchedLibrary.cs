using System.Text;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Native;

/// <summary>
/// Copies of libjtr with another name in place of one that it needs: the system's loader then misses what no machine has.
/// </summary>
internal static class PatchedLibrary
{
    /// <summary>Copies libjtr to a file.</summary>
    /// <param name="to">The file.</param>
    /// <param name="name">A name in its table of strings.</param>
    /// <param name="replacement">Another, of the same length.</param>
    public static void Copy(string to, string name, string replacement)
    {
        byte[] bytes = File.ReadAllBytes(JtrRuntime.LibraryPath);
        Assert.That(replacement, Has.Length.EqualTo(name.Length));
        byte[] wanted = Encoding.ASCII.GetBytes($"{name}\0");
        int at = bytes.AsSpan().IndexOf(wanted);
        Assume.That(at, Is.Positive, $"this libjtr does not need {name}");
        Encoding.ASCII.GetBytes(replacement).CopyTo(bytes, at);
        File.WriteAllBytes(to, bytes);
    }

    /// <summary>The largest version of the C++ runtime that libjtr asks for.</summary>
    public static string RuntimeVersion()
    {
        string text = Encoding.Latin1.GetString(File.ReadAllBytes(JtrRuntime.LibraryPath));
        return text.Split('\0')
            .Where(s => s.StartsWith("GLIBCXX_3.4.", StringComparison.Ordinal) && s.Length < 20)
            .MaxBy(s => int.Parse(s["GLIBCXX_3.4.".Length..].Split('.')[0]))!;
    }
}
