using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>
/// The one-channel maps: edges and corners of the image and of the geometry, all in [0, 1]. Their scales are fixed, so
/// that a value means the same in every scene.
/// </summary>
internal sealed class FeatureMaps
{
    /// <summary>Brightness per pixel at which the edge and corner maps of the image reach 63 %.</summary>
    private const float EdgeScale = 0.1f,
        CornerScale = 0.025f;

    /// <summary>The same for geometry: length of normal (and part of log depth) per pixel.</summary>
    private const float GeometryScale = 0.2f;

    /// <summary>Share of the larger eigenvalue that is taken off the smaller: what a slanting edge leaves there is no corner.</summary>
    private const float EdgeShare = 0.06f;

    private readonly int _height,
        _width;
    private readonly float[] _a,
        _b,
        _xx,
        _xy,
        _yy;

    public FeatureMaps(int height, int width)
    {
        (_height, _width) = (height, width);
        int plane = height * width;
        _a = new float[plane];
        _b = new float[plane];
        _xx = new float[plane];
        _xy = new float[plane];
        _yy = new float[plane];
    }

    /// <summary>Gradient magnitude of the smoothed image without noise: 1 - exp(-|g| / 0.1).</summary>
    public void TextureEdges(SceneFrame frame, Span<float> map)
    {
        Smooth3(frame.Luma, _a);
        for (int y = 0; y < _height; y++)
        {
            for (int x = 0; x < _width; x++)
            {
                (float gx, float gy) = Gradient(_a, y, x);
                map[y * _width + x] = Saturate(MathF.Sqrt(gx * gx + gy * gy), EdgeScale);
            }
        }
    }

    /// <summary>
    /// Depth steps: how far each of two neighbouring points lies off the other's tangent plane, along the ray, the lesser
    /// of the two, so that a crease or a slanted plane is none. A step s at depth z gives 1 - exp(-s / (0.1 + 0.03 z)).
    /// </summary>
    public void OcclusionEdges(SceneFrame frame, Span<float> map)
    {
        Array.Clear(_a);
        for (int y = 0; y < _height; y++)
        {
            for (int x = 0; x < _width; x++)
            {
                int i = y * _width + x;
                if (x + 1 < _width)
                    Step(frame, i, i + 1, x, y, 1, 0);
                if (y + 1 < _height)
                    Step(frame, i, i + _width, x, y, 0, 1);
            }
        }
        Smooth3(_a, map);
    }

    /// <summary>
    /// Corners of the image without noise (Shi and Tomasi): 1 - exp(-sqrt(s) / 0.025), s the smaller eigenvalue of the
    /// structure tensor less 6 % of the larger.
    /// </summary>
    public void ImageCorners(SceneFrame frame, Span<float> map)
    {
        ClearTensor();
        Smooth3(frame.Luma, _a);
        AddToTensor(_a, 1);
        Corners(map, CornerScale);
    }

    /// <summary>The same of the geometry (normals, and 1.5 times the logarithm of depth), with 0.2 in the place of 0.025.</summary>
    public void GeometryCorners(SceneFrame frame, Span<float> map)
    {
        ClearTensor();
        Smooth3(frame.NormalX, _a);
        AddToTensor(_a, 1);
        Smooth3(frame.NormalY, _a);
        AddToTensor(_a, 1);
        Smooth3(frame.NormalZ, _a);
        AddToTensor(_a, 1);
        for (int i = 0; i < _a.Length; i++)
            _a[i] = MathF.Log(frame.Depth[i]);
        Smooth3(_a, _a);
        AddToTensor(_a, 1.5f);
        Corners(map, GeometryScale);
    }

    private static float Saturate(float value, float scale) => 1 - MathF.Exp(-value / scale);

    private void Step(SceneFrame frame, int i, int j, int x, int y, int right, int down)
    {
        float f = 1 / frame.Model.Camera.FocalLength;
        Vector3 ray = new((x + 0.5f - _width * 0.5f) * f, (y + 0.5f - _height * 0.5f) * f, 1),
            other = ray + new Vector3(right * f, down * f, 0);
        float z = frame.Depth[i],
            w = frame.Depth[j];
        float ahead = OnPlane(frame, i, ray, z, other),
            back = OnPlane(frame, j, other, w, ray);
        // Two planes that meet between the pixels differ by no more than half of the difference of their slopes.
        float step = MathF.Min(MathF.Abs(ahead - w), MathF.Abs(back - z)) - 0.5f * MathF.Abs(ahead - z - (w - back));
        if (step < 0.002f)
            return;
        float value = Saturate(step, 0.1f + 0.03f * MathF.Min(z, w));
        _a[i] = MathF.Max(_a[i], value);
        _a[j] = MathF.Max(_a[j], value);
    }

    /// <summary>Depth at which the other ray meets the tangent plane of this one's point.</summary>
    private static float OnPlane(SceneFrame frame, int i, Vector3 ray, float z, Vector3 other)
    {
        Vector3 normal = new(frame.NormalX[i], frame.NormalY[i], frame.NormalZ[i]);
        float along = Vector3.Dot(normal, other);
        return along > -1e-3f ? z : Vector3.Dot(normal, ray) * z / along;
    }

    private void ClearTensor()
    {
        Array.Clear(_xx);
        Array.Clear(_xy);
        Array.Clear(_yy);
    }

    private void AddToTensor(ReadOnlySpan<float> plane, float weight)
    {
        float square = weight * weight;
        for (int y = 0; y < _height; y++)
        {
            for (int x = 0; x < _width; x++)
            {
                int i = y * _width + x;
                (float gx, float gy) = Gradient(plane, y, x);
                _xx[i] += square * gx * gx;
                _xy[i] += square * gx * gy;
                _yy[i] += square * gy * gy;
            }
        }
    }

    private void Corners(Span<float> map, float scale)
    {
        Spread(_xx);
        Spread(_xy);
        Spread(_yy);
        for (int i = 0; i < map.Length; i++)
        {
            float mean = (_xx[i] + _yy[i]) * 0.5f,
                half = (_xx[i] - _yy[i]) * 0.5f;
            float root = MathF.Sqrt(half * half + _xy[i] * _xy[i]);
            float corner = mean - root - EdgeShare * (mean + root);
            map[i] = Saturate(MathF.Sqrt(MathF.Max(corner, 0)), scale);
        }
    }

    /// <summary>Half the difference of the neighbours; at the border, of pixel and neighbour.</summary>
    private (float X, float Y) Gradient(ReadOnlySpan<float> plane, int y, int x)
    {
        int row = y * _width,
            left = Math.Max(x - 1, 0),
            right = Math.Min(x + 1, _width - 1);
        int up = Math.Max(y - 1, 0) * _width,
            down = Math.Min(y + 1, _height - 1) * _width;
        return (0.5f * (plane[row + right] - plane[row + left]), 0.5f * (plane[down + x] - plane[up + x]));
    }

    private void Spread(float[] plane)
    {
        Smooth3(plane, plane);
        Smooth3(plane, plane);
        Smooth3(plane, plane);
    }

    /// <summary>The weights 1, 2, 1 across and down, the border repeated. Both may be the same plane.</summary>
    private void Smooth3(ReadOnlySpan<float> from, Span<float> to)
    {
        for (int y = 0; y < _height; y++)
        {
            ReadOnlySpan<float> row = from.Slice(y * _width, _width);
            Span<float> result = _b.AsSpan(y * _width, _width);
            int last = _width - 1;
            for (int x = 1; x < last; x++)
                result[x] = 0.25f * (row[x - 1] + row[x + 1]) + 0.5f * row[x];
            result[0] = 0.75f * row[0] + 0.25f * row[1];
            result[last] = 0.75f * row[last] + 0.25f * row[last - 1];
        }
        for (int y = 0; y < _height; y++)
        {
            ReadOnlySpan<float> above = _b.AsSpan(Math.Max(y - 1, 0) * _width, _width),
                here = _b.AsSpan(y * _width, _width);
            ReadOnlySpan<float> below = _b.AsSpan(Math.Min(y + 1, _height - 1) * _width, _width);
            Span<float> result = to.Slice(y * _width, _width);
            for (int x = 0; x < _width; x++)
                result[x] = 0.25f * (above[x] + below[x]) + 0.5f * here[x];
        }
    }
}
