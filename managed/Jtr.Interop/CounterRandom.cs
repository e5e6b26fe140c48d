namespace Jtr.Interop;

/// <summary>What a stream of random numbers is for; streams of different uses are independent.</summary>
internal enum RandomUse : ulong
{
    Scene = 1,
    Assignment = 2,
    Shuffle = 3,
    Crop = 4,
    Color = 5,
    Flip = 6,
    Source = 7,
    Limit = 8,
    Rotation = 9,
    Blur = 10,
    Noise = 11,
    Jitter = 12,
    Erase = 13,
    Appearance = 14,
    Suggestion = 15,
    CutMix = 16,

    /// <summary>The first of the steps that users add; each has the number behind the one before.</summary>
    ViewStep = 1UL << 32,
}

/// <summary>
/// Counter-based random numbers: a stream is fixed by its key (seed, use and up to two indices), so that no result
/// depends on the order in which threads ask. SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over a hashed key. A copy goes on by
/// itself from where the original was: pass it on by reference.
/// </summary>
public struct CounterRandom
{
    private ulong _state;

    internal CounterRandom(ulong seed, RandomUse use, ulong a = 0, ulong b = 0)
    {
        ulong h = Mix(seed + 0x9E3779B97F4A7C15UL);
        h = Mix(h ^ (ulong)use + 0xD1B54A32D192ED03UL);
        h = Mix(h ^ a + 0x8CB92BA72F3D8DD7UL);
        _state = Mix(h ^ b + 0xABC98388FB8FAC03UL);
    }

    /// <summary>64 uniform bits.</summary>
    public ulong NextUInt64() => Mix(_state += 0x9E3779B97F4A7C15UL);

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, 1).</summary>
    public float NextSingle() => (NextUInt64() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [low, high).</summary>
    /// <param name="low">The lowest.</param>
    /// <param name="high">Above the highest.</param>
    public float NextSingle(float low, float high) => low + (high - low) * NextSingle();

    /// <summary>Uniform in 0..count-1 (multiply-shift; the bias is below count / 2^64).</summary>
    /// <param name="count">How many numbers, 1 or more.</param>
    public int NextInt32(int count) => (int)Math.BigMul(NextUInt64(), (ulong)count, out _);

    private static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ z >> 27) * 0x94D049BB133111EBUL;
        return z ^ z >> 31;
    }
}
