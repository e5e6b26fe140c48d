using System.Runtime.InteropServices;
using System.Text;

namespace CppSharp.Runtime;

/// <summary>What the generated code asks of the namespace CppSharp.Runtime to read strings.</summary>
internal static unsafe class MarshalUtil
{
    /// <summary>Copies a NUL-terminated UTF-8 string.</summary>
    /// <param name="encoding">Always UTF-8: jtr.h has no other strings.</param>
    /// <param name="text">The string, or null.</param>
    public static string? GetString(Encoding encoding, nint text)
    {
        if (encoding is not UTF8Encoding)
            throw new NotSupportedException($"jtr.h has UTF-8 strings only, not {encoding.WebName}");
        return text == 0 ? null : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)text));
    }
}
