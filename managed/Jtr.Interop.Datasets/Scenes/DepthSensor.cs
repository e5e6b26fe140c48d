namespace Jtr.Interop.Datasets.Scenes;

/// <summary>
/// What a depth camera with a light source beside it does not see: places that the source, some centimetres to the right
/// of the lens, does not reach behind nearer things; surfaces seen at a grazing angle; dark and far ones; and spots.
/// </summary>
internal static class DepthSensor
{
    /// <summary>Metres between lens and light source.</summary>
    private const float Baseline = 0.075f;

    /// <summary>Writes planar depth in metres, 0 where the sensor has none.</summary>
    public static void Measure(SceneFrame frame, CounterRandom random, Span<float> depth)
    {
        (int height, int width) = (frame.Height, frame.Width);
        float focal = frame.Model.Camera.FocalLength,
            cx = width * 0.5f,
            cy = height * 0.5f;
        uint key = (uint)random.NextUInt64();
        // Spots have the same share of the image at every size.
        float frequency = 7 / MathF.Sqrt((float)height * width);
        for (int y = 0; y < height; y++)
        {
            int row = y * width;
            // Columns as the source sees them must grow along the row; what does not is behind something.
            float least = float.MaxValue;
            for (int x = width - 1; x >= 0; x--)
            {
                int i = row + x;
                float z = frame.Depth[i],
                    column = x - focal * Baseline / z;
                bool hidden = column > least - 0.4f;
                least = MathF.Min(least, column);
                depth[i] =
                    hidden || IsLost(frame, i, (x + 0.5f - cx) / focal, (y + 0.5f - cy) / focal, Spots(x * frequency, y * frequency, key))
                        ? 0
                        : z;
            }
        }
    }

    private static float Spots(float x, float y, uint key) =>
        0.65f * ValueNoise.At(x, y, key) + 0.35f * ValueNoise.At(x * 2.7f, y * 2.7f, key + 1);

    private static bool IsLost(SceneFrame frame, int i, float dx, float dy, float spots)
    {
        float cosine = -(frame.NormalX[i] * dx + frame.NormalY[i] * dy + frame.NormalZ[i]) / MathF.Sqrt(dx * dx + dy * dy + 1);
        float grazing = MathF.Max(0, 0.3f - cosine) * (1 / 0.3f);
        float dark = MathF.Max(0, 0.2f - frame.Luma[i]) * (1 / 0.2f);
        float far = MathF.Max(0, frame.Depth[i] - 5) * (1 / 4f);
        return spots + 0.45f * grazing + 0.35f * dark + 0.35f * far > 0.82f;
    }
}
