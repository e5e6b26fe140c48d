using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Jtr.Interop.Native;

/// <summary>Turns what libjtr says went wrong into an exception that says the same.</summary>
internal static unsafe class NativeError
{
    /// <summary>Throws unless a call succeeded.</summary>
    /// <param name="status">What the call returned.</param>
    /// <param name="token">The token behind the call's cancel flag.</param>
    public static void Check(Raw.Status status, CancellationToken token = default)
    {
        if (status != Raw.Status.Ok)
            throw Last(token);
    }

    /// <summary>Throws unless a call succeeded; a tensor at fault is called as the caller's parameter is.</summary>
    public static void Check(Raw.Status status, string tensor, string parameter)
    {
        if (status == Raw.Status.Ok)
            return;
        Exception last = Last();
        throw last is ArgumentException { ParamName: { } field } && field == tensor
            ? new ArgumentException(last.Message, parameter, last)
            : last;
    }

    /// <summary>The handle that a creating function returned; throws if it returned none.</summary>
    public static nint CheckHandle(nint handle) => handle != 0 ? handle : throw Last();

    /// <summary>The calling thread's last failure.</summary>
    public static Exception Last(CancellationToken token = default)
    {
        Raw.Error.__Internal error = new() { struct_size = (ulong)sizeof(Raw.Error.__Internal) };
        Api.LastError((nint)(&error));
        Raw.Status status = (Raw.Status)error.status;
        if (status == Raw.Status.NonFinite)
        {
            int[] samples = new int[error.sample_count];
            for (int i = 0; i < samples.Length; i++)
                samples[i] = (int)((long*)error.samples)[i];
            return new JtrNonFiniteException(Text(error.message), Text(error.term), samples);
        }
        return Create(status, Text(error.message), Text(error.field), Text(error.path), error.offset, token);
    }

    /// <summary>The exception for a failure.</summary>
    public static Exception Create(
        Raw.Status status,
        string message,
        string field,
        string path,
        long offset,
        CancellationToken token = default
    ) =>
        status switch
        {
            Raw.Status.InvalidArgument => new ArgumentException(message, field.Length == 0 ? null : field),
            Raw.Status.InvalidState => new InvalidOperationException(message),
            Raw.Status.Io => Io(message, path),
            Raw.Status.Format => new JtrFormatException(path, message, offset),
            Raw.Status.OutOfMemory => new JtrOutOfMemoryException(message),
            Raw.Status.Cancelled => new OperationCanceledException(message, token),
            Raw.Status.Device => new JtrDeviceException(message),
            Raw.Status.NonFinite => new JtrNonFiniteException(message),
            Raw.Status.Internal => new JtrException($"a fault inside libjtr: {message}"),
            Raw.Status.Ok => throw new UnreachableException("a call of libjtr failed without leaving an error"),
            _ => new JtrException($"libjtr failed with the unknown status {(uint)status}: {message}"),
        };

    private static IOException Io(string message, string path)
    {
        string text = path.Length == 0 || message.Contains(path, StringComparison.Ordinal) ? message : $"{path}: {message}";
        if (path.Length == 0 || Path.Exists(path))
            return new IOException(text);
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        return folder is null || Directory.Exists(folder) ? new FileNotFoundException(text, path) : new DirectoryNotFoundException(text);
    }

    private static string Text(nint utf8) => Marshal.PtrToStringUTF8(utf8) ?? "";
}
