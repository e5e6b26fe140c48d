using System.Globalization;
using System.Text;

namespace Jtr.Interop.Tasks;

/// <summary>What a task may be called: names become those of files, folders and tensors.</summary>
internal static class TaskName
{
    /// <summary>The most bytes of a name in UTF-8: a file's may have 255, of which more than the name is needed.</summary>
    public const int MaxBytes = 100;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Throws unless a task may be called so.</summary>
    /// <exception cref="ArgumentException">It may not; the message says why.</exception>
    public static void Check(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        if (Fault(name) is { } fault)
            throw new ArgumentException($"'{Printable(name)}' cannot be the name of a task: {fault}", parameter);
    }

    /// <summary>Why a task may not be called so, or null.</summary>
    public static string? Fault(string name)
    {
        if (name is "." or "..")
            return "it stands for a folder";
        foreach (char c in name)
        {
            if (c is '/' or '\\' or ':')
                return $"it has '{c}', and names become those of files";
            if (char.IsControl(c))
                return string.Create(CultureInfo.InvariantCulture, $"it has the control character U+{(int)c:X4}");
        }
        try
        {
            int bytes = _strict.GetByteCount(name);
            return bytes > MaxBytes ? $"it has {bytes} bytes in UTF-8, more than {MaxBytes}" : null;
        }
        catch (EncoderFallbackException)
        {
            return "it is not Unicode: half of a pair of surrogates stands alone";
        }
    }

    /// <summary>The name as it can be shown: short, and of characters that print.</summary>
    private static string Printable(string name)
    {
        string shown = string.Concat(name.Take(MaxBytes).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return shown.Length < name.Length ? shown + "..." : shown;
    }
}
