using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>
/// One image and what is known about its pixels, plane by plane. What the labels are made of is taken at the pixels'
/// centres; the image is averaged over four points of a pixel where two faces meet in it. Reused from scene to scene.
/// </summary>
internal sealed class SceneFrame
{
    private readonly SceneRenderer _renderer;
    private readonly int[] _edges;

    public SceneFrame(SceneModel model, int height, int width)
    {
        Model = model;
        Height = height;
        Width = width;
        _renderer = new(model);
        int plane = height * width;
        Depth = new float[plane];
        NormalX = new float[plane];
        NormalY = new float[plane];
        NormalZ = new float[plane];
        Luma = new float[plane];
        Face = new int[plane];
        _edges = new int[plane];
    }

    public SceneModel Model { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Planar depth, metres.</summary>
    public float[] Depth { get; }

    /// <summary>Unit normals in camera axes.</summary>
    public float[] NormalX { get; }

    /// <summary>Unit normals in camera axes.</summary>
    public float[] NormalY { get; }

    /// <summary>Unit normals in camera axes.</summary>
    public float[] NormalZ { get; }

    /// <summary>Brightness of the image without noise, in [0, 1].</summary>
    public float[] Luma { get; }

    /// <summary>As <see cref="SurfacePoint.Face"/>.</summary>
    public int[] Face { get; }

    /// <summary>Renders the model.</summary>
    /// <param name="noise">Where the noise of the image comes from.</param>
    /// <param name="image">[3, H, W] receives RGB in [0, 1].</param>
    public void Render(CounterRandom noise, Span<float> image)
    {
        Model.Prepare(Height, Width);
        CastCenters(image);
        Smooth(image);
        Develop(noise, image);
    }

    private void CastCenters(Span<float> image)
    {
        int plane = Height * Width,
            lanes = SceneRenderer.Lanes;
        Span<float> columns = stackalloc float[lanes];
        for (int i = 0; i < lanes; i++)
            columns[i] = i + 0.5f;
        Vector<float> step = new(columns),
            last = new(Width - 0.5f);
        SceneCamera camera = Model.Camera;
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x += lanes)
            {
                ScreenRect bounds = new()
                {
                    X0 = x,
                    X1 = x + lanes,
                    Y0 = y,
                    Y1 = y + 1,
                };
                _renderer.Cast(Vector.Min(step + new Vector<float>(x), last), new(y + 0.5f), bounds);
                int count = Math.Min(lanes, Width - x),
                    to = y * Width + x;
                for (int i = 0; i < count; i++)
                {
                    Vector3 normal = camera.ToCamera(new(_renderer.NormalX[i], _renderer.NormalY[i], _renderer.NormalZ[i]));
                    (NormalX[to + i], NormalY[to + i], NormalZ[to + i]) = (normal.X, normal.Y, normal.Z);
                }
                _renderer.Depth.AsSpan(0, count).CopyTo(Depth.AsSpan(to));
                _renderer.Face.AsSpan(0, count).CopyTo(Face.AsSpan(to));
                _renderer.Red.AsSpan(0, count).CopyTo(image[to..]);
                _renderer.Green.AsSpan(0, count).CopyTo(image[(plane + to)..]);
                _renderer.Blue.AsSpan(0, count).CopyTo(image[(2 * plane + to)..]);
            }
        }
    }

    /// <summary>Averages four points of each pixel whose face is not that of all its neighbours.</summary>
    private void Smooth(Span<float> image)
    {
        int plane = Height * Width,
            lanes = SceneRenderer.Lanes,
            together = lanes / 4,
            edges = FindEdges();
        Span<float> px = stackalloc float[lanes],
            py = stackalloc float[lanes];
        for (int first = 0; first < edges; first += together)
        {
            ScreenRect bounds = ScreenRect.Empty;
            for (int i = 0; i < lanes; i++)
            {
                int pixel = _edges[Math.Min(first + i / 4, edges - 1)];
                px[i] = pixel % Width + ((i & 1) == 0 ? 0.25f : 0.75f);
                py[i] = pixel / Width + ((i & 2) == 0 ? 0.25f : 0.75f);
                bounds.Add(px[i], py[i]);
            }
            _renderer.Cast(new(px), new(py), bounds);
            for (int i = 0; i < together && first + i < edges; i++)
            {
                int pixel = _edges[first + i];
                image[pixel] = Mean4(_renderer.Red.AsSpan(4 * i));
                image[plane + pixel] = Mean4(_renderer.Green.AsSpan(4 * i));
                image[2 * plane + pixel] = Mean4(_renderer.Blue.AsSpan(4 * i));
            }
        }
    }

    private static float Mean4(ReadOnlySpan<float> v) => 0.25f * (v[0] + v[1] + v[2] + v[3]);

    private int FindEdges()
    {
        int count = 0;
        ReadOnlySpan<int> face = Face;
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                int i = y * Width + x,
                    own = face[i];
                if (
                    (x > 0 && face[i - 1] != own)
                    || (x + 1 < Width && face[i + 1] != own)
                    || (y > 0 && face[i - Width] != own)
                    || (y + 1 < Height && face[i + Width] != own)
                )
                    _edges[count++] = i;
            }
        }
        return count;
    }

    /// <summary>Exposure, gamma curve (a square root) and noise; notes the brightness before the noise.</summary>
    private void Develop(CounterRandom noise, Span<float> image)
    {
        int plane = Height * Width;
        Span<float> red = image[..plane],
            green = image.Slice(plane, plane),
            blue = image.Slice(2 * plane, plane);
        double sum = 0;
        for (int i = 0; i < plane; i++)
            sum += Brightness(red[i], green[i], blue[i]);
        float gain = Model.Exposure / (float)Math.Max(sum / plane, 1e-6),
            sigma = 2 * Model.Noise;
        for (int i = 0; i < plane; i++)
        {
            float r = Curve(red[i] * gain),
                g = Curve(green[i] * gain),
                b = Curve(blue[i] * gain);
            Luma[i] = Brightness(r, g, b);
            ulong bits = noise.NextUInt64();
            red[i] = Math.Clamp(r + sigma * Bell(bits), 0, 1);
            green[i] = Math.Clamp(g + sigma * Bell(bits >> 21), 0, 1);
            blue[i] = Math.Clamp(b + sigma * Bell(bits >> 42), 0, 1);
        }
    }

    private static float Curve(float light) => MathF.Sqrt(Math.Clamp(light, 0, 1));

    private static float Brightness(float r, float g, float b) => 0.3f * r + 0.59f * g + 0.11f * b;

    /// <summary>Nearly normal, standard deviation 1/2: the sum of three uniform numbers of 7 bits.</summary>
    private static float Bell(ulong bits) => ((int)(bits & 127) + (int)(bits >> 7 & 127) + (int)(bits >> 14 & 127) - 190.5f) * (1f / 128);
}
