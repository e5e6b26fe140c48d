using System.Text.Json;

namespace Jtr.Interop.Datasets.Cityscapes;

/// <summary>What a camera file says of the stereo camera.</summary>
/// <param name="Baseline">Metres between the cameras (<c>extrinsic.baseline</c>).</param>
/// <param name="FocalLength">Horizontal focal length in pixels (<c>intrinsic.fx</c>).</param>
internal sealed record CityscapesCamera(double Baseline, double FocalLength)
{
    // The files have a few hundred bytes.
    private const long LongestFile = 1 << 20;

    /// <summary>Reads a camera file.</summary>
    /// <exception cref="JtrFormatException">It is damaged, or one of the two numbers is missing or not above 0.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CityscapesCamera Read(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > LongestFile)
            throw new JtrFormatException(path, $"{length} bytes, where a camera file has a few hundred");
        try
        {
            using JsonDocument document = JsonDocument.Parse(Json.JsonFile.ReadBytes(path));
            return new CityscapesCamera(
                Number(path, document.RootElement, "extrinsic", "baseline"),
                Number(path, document.RootElement, "intrinsic", "fx")
            );
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, $"no camera file: {e.Message}", innerException: e);
        }
    }

    private static double Number(string path, JsonElement root, string group, string name)
    {
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty(group, out JsonElement values)
            || values.ValueKind != JsonValueKind.Object
            || !values.TryGetProperty(name, out JsonElement value)
            || value.ValueKind != JsonValueKind.Number
        )
            throw new JtrFormatException(path, $"the number '{group}.{name}' of a camera file is missing");
        double number = value.GetDouble();
        return number > 0 && double.IsFinite(number)
            ? number
            : throw new JtrFormatException(path, $"'{group}.{name}' is {value.GetRawText()}; it has to be above 0");
    }
}
