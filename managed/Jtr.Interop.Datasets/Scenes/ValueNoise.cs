namespace Jtr.Interop.Datasets.Scenes;

/// <summary>Smooth noise: random values at whole coordinates, blended between them.</summary>
internal static class ValueNoise
{
    /// <summary>About [0, 1), mean 1/2, features of size 1.</summary>
    public static float At(float x, float y, uint key)
    {
        float fx = MathF.Floor(x),
            fy = MathF.Floor(y);
        int ix = (int)fx,
            iy = (int)fy;
        float tx = x - fx,
            ty = y - fy;
        tx = tx * tx * (3 - 2 * tx);
        ty = ty * ty * (3 - 2 * ty);
        float a = Hash(ix, iy, key),
            b = Hash(ix + 1, iy, key),
            c = Hash(ix, iy + 1, key),
            d = Hash(ix + 1, iy + 1, key);
        float top = a + (b - a) * tx,
            bottom = c + (d - c) * tx;
        return (top + (bottom - top) * ty) * (1f / 4294967296f);
    }

    /// <summary>Uniform bits for a whole coordinate.</summary>
    public static uint Hash(int x, int y, uint key)
    {
        uint h = (uint)x * 0x9E3779B1u ^ (uint)y * 0x85EBCA77u ^ key * 0xC2B2AE3Du;
        h = (h ^ h >> 15) * 0x2C1B3C6Du;
        h = (h ^ h >> 12) * 0x297A2D39u;
        return h ^ h >> 15;
    }
}
