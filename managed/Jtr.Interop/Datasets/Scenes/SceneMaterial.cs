using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>The patterns of surfaces.</summary>
internal enum TextureKind
{
    Plain = 0,
    Stripes = 1,
    Checks = 2,
    Planks = 3,
    Dots = 4,
    Clouds = 5,
}

/// <summary>
/// Colour and pattern of a surface. Every surface of every class draws from one distribution, so that neither says
/// anything about the class.
/// </summary>
internal struct SceneMaterial
{
    private const int Kinds = 6;

    private TextureKind _kind;
    private Vector3 _first, _second;
    private float _frequency, _offsetU, _offsetV;
    private bool _swap;
    private uint _hash;

    /// <summary>Draws a material.</summary>
    public static SceneMaterial Draw(ref CounterRandom random)
    {
        SceneMaterial m = default;
        m._kind = random.NextSingle() < 0.2f ? TextureKind.Plain : (TextureKind)random.NextInt32(Kinds);
        // Moderate contrast within a texture: shading has to stay visible.
        float value = random.NextSingle(0.25f, 0.9f);
        float change = random.NextSingle(0.08f, 0.3f);
        float hue = random.NextSingle(), u = random.NextSingle(), saturation = 0.7f * u * MathF.Sqrt(u);
        float hue2 = hue + random.NextSingle(-0.1f, 0.1f), saturation2 = Math.Clamp(saturation + random.NextSingle(-0.12f, 0.12f), 0, 0.7f);
        float value2 = random.NextSingle() < 0.5f ? value * (1 - change) : Math.Min(value * (1 + change), 0.92f);
        m._first = Hsv(hue, saturation, value);
        m._second = Hsv(hue2, saturation2, value2);
        m._frequency = 1 / random.NextSingle(0.14f, 0.55f);
        m._offsetU = random.NextSingle();
        m._offsetV = random.NextSingle();
        m._swap = random.NextSingle() < 0.5f;
        m._hash = (uint)random.NextUInt64();
        return m;
    }

    /// <summary>The share of light that a point sends back, averaged over about a pixel.</summary>
    /// <param name="u">Metres along the surface.</param>
    /// <param name="v">Metres along the surface, across u.</param>
    /// <param name="footprint">Metres of surface that a pixel sees.</param>
    public readonly Vector3 Albedo(float u, float v, float footprint)
    {
        if (_kind == TextureKind.Plain) return _first;
        if (_swap) (u, v) = (v, u);
        u = u * _frequency + _offsetU;
        v = v * _frequency + _offsetV;
        float blur = MathF.Max(footprint * _frequency, 0.02f);
        float weight = _kind switch
        {
            TextureKind.Stripes => Square(u, blur),
            TextureKind.Checks => Exclusive(Square(u * 0.5f, blur * 0.5f), Square(v * 0.5f, blur * 0.5f)),
            TextureKind.Planks => Planks(u, v, blur),
            TextureKind.Dots => Dots(u, v, blur),
            _ => Clouds(u, v, blur),
        };
        return Vector3.Lerp(_first, _second, weight);
    }

    /// <summary>A square wave of period 1 seen through a window as wide as <paramref name="blur"/>.</summary>
    private static float Square(float x, float blur)
    {
        x -= MathF.Floor(x);
        float edge = 0.25f - MathF.Abs(x - 0.5f);
        return Fade(Math.Clamp(0.5f + edge / blur, 0, 1), 0.5f, blur);
    }

    private static float Exclusive(float a, float b) => a + b - 2 * a * b;

    private readonly float Planks(float u, float v, float blur)
    {
        float row = MathF.Floor(v);
        float along = u * 0.3f + Hash((int)row, 0);
        float plank = MathF.Floor(along);
        float tone = Hash((int)row, (int)plank + 1);
        float y = v - row, x = (along - plank) / 0.3f;
        float joint = MathF.Min(MathF.Min(y, 1 - y), MathF.Min(x, 1 / 0.3f - x));
        float line = Math.Clamp(0.5f + (0.05f - joint) / blur, 0, 1);
        return Fade(MathF.Max(0.7f * tone, line), 0.4f, blur * 0.7f);
    }

    private static float Dots(float u, float v, float blur)
    {
        float x = u - MathF.Floor(u) - 0.5f, y = v - MathF.Floor(v) - 0.5f;
        return Fade(Math.Clamp(0.5f + (0.3f - MathF.Sqrt(x * x + y * y)) / blur, 0, 1), 0.28f, blur);
    }

    private readonly float Clouds(float u, float v, float blur)
    {
        float coarse = ValueNoise.At(u, v, _hash), fine = ValueNoise.At(u * 2.3f, v * 2.3f, _hash + 1);
        return Fade(Math.Clamp(1.6f * (0.65f * coarse + 0.35f * fine) - 0.3f, 0, 1), 0.5f, blur * 0.5f);
    }

    /// <summary>Goes over to the mean where a pixel sees a period or more.</summary>
    private static float Fade(float weight, float mean, float blur) => weight + (mean - weight) * Math.Clamp((blur - 0.4f) * 1.6f, 0, 1);

    private readonly float Hash(int x, int y) => ValueNoise.Hash(x, y, _hash) * (1f / 4294967296f);

    private static Vector3 Hsv(float hue, float saturation, float value) =>
        value * new Vector3(Channel(hue, saturation), Channel(hue + 2f / 3, saturation), Channel(hue + 1f / 3, saturation));

    private static float Channel(float hue, float saturation)
    {
        hue -= MathF.Floor(hue);
        float full = Math.Clamp(MathF.Abs(hue * 6 - 3) - 1, 0, 1);
        return 1 - saturation * (1 - full);
    }
}
