using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Jtr.Interop.Training;

namespace Jtr.Interop.Reporting;

/// <summary>The machine and the libraries that a run had.</summary>
internal static class RunEnvironment
{
    /// <summary>File name in the folder of a run.</summary>
    public const string FileName = "environment.json";

    /// <summary>Names and values, as they are now.</summary>
    public static IReadOnlyList<(string Name, string Value)> Now() =>
        [
            ("Jtr.Interop", typeof(RunEnvironment).Assembly.GetName().Version!.ToString(3)),
            ("libjtr", $"{JtrRuntime.Version}, {JtrRuntime.LibraryPath}"),
            ("libtorch", $"{JtrRuntime.TorchVersion} ({JtrRuntime.CpuCapability}), {JtrRuntime.TorchPath}"),
            ("GPU", JtrRuntime.CudaDeviceCount == 0 ? "none" : string.Join(", ", JtrRuntime.CudaDeviceNames)),
            (".NET", RuntimeInformation.FrameworkDescription),
            ("system", $"{RuntimeInformation.OSDescription} ({RuntimeInformation.ProcessArchitecture})"),
            (
                "processors",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Environment.ProcessorCount}; {JtrRuntime.Threads} threads for the arithmetic"
                )
            ),
            (
                "memory",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024):F1} GiB"
                )
            ),
            ("machine", Environment.MachineName),
            ("written", DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
        ];

    /// <summary>Writes them into the folder of a run.</summary>
    public static void Write(string folder)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach ((string name, string value) in Now())
                json.WriteString(name, value);
            json.WriteEndObject();
        }
        AtomicFile.Write(Path.Combine(folder, FileName), buffer.WrittenSpan);
    }

    /// <summary>Reads those of a run; empty where there are none.</summary>
    /// <exception cref="JtrFormatException">The file is damaged.</exception>
    public static IReadOnlyList<(string Name, string Value)> Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return [];
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. json.RootElement.EnumerateObject().Select(p => (p.Name, p.Value.GetString() ?? ""))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new JtrFormatException(path, $"is not the JSON object of texts that a run writes: {e.Message}", innerException: e);
        }
    }
}
