using System.Runtime.InteropServices;

namespace CppSharp.Runtime;

/// <summary>What the generated code asks of the namespace CppSharp.Runtime to pass strings: UTF-8, NUL-terminated.</summary>
internal sealed class UTF8Marshaller : ICustomMarshaler
{
    private static readonly UTF8Marshaller Instance = new();

    /// <summary>The runtime asks for the marshaller by this name.</summary>
    public static ICustomMarshaler GetInstance(string cookie) => Instance;

    public nint MarshalManagedToNative(object ManagedObj) => Marshal.StringToCoTaskMemUTF8((string?)ManagedObj);

    public object MarshalNativeToManaged(nint pNativeData) => Marshal.PtrToStringUTF8(pNativeData)!;

    public void CleanUpNativeData(nint pNativeData) => Marshal.FreeCoTaskMem(pNativeData);

    public void CleanUpManagedData(object ManagedObj) { }

    public int GetNativeDataSize() => -1;
}
