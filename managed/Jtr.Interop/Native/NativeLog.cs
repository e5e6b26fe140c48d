using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Native;

/// <summary>Hands libjtr's messages to a logger.</summary>
internal static unsafe partial class NativeLog
{
    private static volatile ILogger? _logger;

    /// <summary>The receiver, or null.</summary>
    public static ILogger? Logger
    {
        get => _logger;
        set
        {
            NativeLibraryLoader.EnsureLoaded();
            _logger = value;
            Api.SetLogCallback(value is null ? 0 : (nint)Callback, 0);
        }
    }

    /// <summary>What libjtr calls: a jtr_log_callback.</summary>
    internal static delegate* unmanaged[Cdecl]<int, byte*, nint, void> Callback => &Receive;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Receive(int level, byte* message, nint user)
    {
        try
        {
            if (_logger is not { } logger)
                return;
            LogLevel managed = (Raw.LogLevel)level switch
            {
                Raw.LogLevel.Debug => LogLevel.Debug,
                Raw.LogLevel.Info => LogLevel.Information,
                _ => LogLevel.Warning,
            };
            if (!logger.IsEnabled(managed))
                return;
            string text = Marshal.PtrToStringUTF8((nint)message) ?? "";
            Message(logger, managed, text);
        }
#pragma warning disable CA1031 // No exception may run into native frames; a logger that throws loses its message.
        catch (Exception)
#pragma warning restore CA1031
        { }
    }

    [LoggerMessage(EventId = 100, Message = "libjtr: {Text}")]
    private static partial void Message(ILogger logger, LogLevel level, string text);
}
