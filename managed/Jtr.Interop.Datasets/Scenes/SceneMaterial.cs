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

    private Vector3 _first,
        _second;
    private float _frequency,
        _offsetU,
        _offsetV;
    private bool _swap;
    private uint _hash;

    /// <summary>Its pattern.</summary>
    public TextureKind Kind { get; private set; }

    /// <summary>Its hue, in [0, 1), a circle.</summary>
    public float Hue { get; private init; }

    /// <summary>Draws a material.</summary>
    public static SceneMaterial Draw(ref CounterRandom random, SceneVariety variety) => Draw(ref random, variety, random.NextSingle());

    /// <summary>
    /// Draws a material whose hue differs from that of one or two others. As hues lie on a circle, it is uniform all the
    /// same when those of the others are.
    /// </summary>
    public static SceneMaterial DrawUnlike(ref CounterRandom random, SceneVariety variety, float first, float second)
    {
        const float Apart = 0.16f;
        while (true)
        {
            float hue = random.NextSingle();
            if (Distance(hue, first) >= Apart && Distance(hue, second) >= Apart)
                return Draw(ref random, variety, hue);
        }
    }

    /// <summary>Draws a material that stands out from this one, for another part of a thing; alone it looks like any other.</summary>
    public readonly SceneMaterial DrawPart(ref CounterRandom random, SceneVariety variety) =>
        Draw(ref random, variety, Wrap(Hue + random.NextSingle(0.3f, 0.7f)));

    private static SceneMaterial Draw(ref CounterRandom random, SceneVariety variety, float hue)
    {
        SceneMaterial m = new() { Hue = hue };
        m.Kind = random.NextSingle() < variety.PlainShare ? TextureKind.Plain : (TextureKind)(1 + random.NextInt32(Kinds - 1));
        // Brightness varies less than light does, and within a texture little: shading has to stay visible.
        float brightness = SceneVariety.Draw(ref random, 0.34f, 0.74f, variety.BrightnessSpread),
            change = random.NextSingle(0.08f, 0.2f);
        float saturation = random.NextSingle(0.4f, 0.9f) * variety.Saturation;
        m._first = Color(hue, saturation, brightness);
        m._second = Color(
            hue + random.NextSingle(-0.1f, 0.1f),
            saturation,
            random.NextSingle() < 0.5f ? brightness * (1 - change) : brightness * (1 + change)
        );
        m._frequency = 1 / random.NextSingle(0.14f, 0.55f);
        m._offsetU = random.NextSingle();
        m._offsetV = random.NextSingle();
        m._swap = random.NextSingle() < 0.5f;
        m._hash = (uint)random.NextUInt64();
        return m;
    }

    private static float Distance(float a, float b)
    {
        float d = MathF.Abs(a - b);
        return MathF.Min(d, 1 - d);
    }

    private static float Wrap(float hue) => hue - MathF.Floor(hue);

    /// <summary>The share of light that a point sends back, averaged over about a pixel.</summary>
    /// <param name="u">Metres along the surface.</param>
    /// <param name="v">Metres along the surface, across u.</param>
    /// <param name="footprint">Metres of surface that a pixel sees.</param>
    public readonly Vector3 Albedo(float u, float v, float footprint)
    {
        if (Kind == TextureKind.Plain)
            return _first;
        if (_swap)
            (u, v) = (v, u);
        u = u * _frequency + _offsetU;
        v = v * _frequency + _offsetV;
        float blur = MathF.Max(footprint * _frequency, 0.02f);
        float weight = Kind switch
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
        float y = v - row,
            x = (along - plank) / 0.3f;
        float joint = MathF.Min(MathF.Min(y, 1 - y), MathF.Min(x, 1 / 0.3f - x));
        float line = Math.Clamp(0.5f + (0.05f - joint) / blur, 0, 1);
        return Fade(MathF.Max(0.7f * tone, line), 0.4f, blur * 0.7f);
    }

    private static float Dots(float u, float v, float blur)
    {
        float x = u - MathF.Floor(u) - 0.5f,
            y = v - MathF.Floor(v) - 0.5f;
        return Fade(Math.Clamp(0.5f + (0.3f - MathF.Sqrt(x * x + y * y)) / blur, 0, 1), 0.28f, blur);
    }

    private readonly float Clouds(float u, float v, float blur)
    {
        float coarse = ValueNoise.At(u, v, _hash),
            fine = ValueNoise.At(u * 2.3f, v * 2.3f, _hash + 1);
        return Fade(Math.Clamp(1.6f * (0.65f * coarse + 0.35f * fine) - 0.3f, 0, 1), 0.5f, blur * 0.5f);
    }

    /// <summary>Goes over to the mean where a pixel sees a period or more.</summary>
    private static float Fade(float weight, float mean, float blur) => weight + (mean - weight) * Math.Clamp((blur - 0.4f) * 1.6f, 0, 1);

    private readonly float Hash(int x, int y) => ValueNoise.Hash(x, y, _hash) * (1f / 4294967296f);

    /// <summary>A colour of a hue and saturation whose brightness is given.</summary>
    private static Vector3 Color(float hue, float saturation, float brightness)
    {
        Vector3 pure = new(Channel(hue, saturation), Channel(hue + 2f / 3, saturation), Channel(hue + 1f / 3, saturation));
        return Vector3.Min(pure * (brightness / Vector3.Dot(pure, new(0.3f, 0.59f, 0.11f))), new(0.97f));
    }

    private static float Channel(float hue, float saturation)
    {
        float full = Math.Clamp(MathF.Abs(Wrap(hue) * 6 - 3) - 1, 0, 1);
        return 1 - saturation * (1 - full);
    }
}
