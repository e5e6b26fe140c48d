using System.Numerics;
using System.Runtime.CompilerServices;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>Rays of one origin against primitives, as many at once as a vector holds.</summary>
internal static class RayPacket
{
    // Added to directions: no component is zero then, and no other changes.
    private const float Tiny = 1e-20f;

    /// <summary>Where rays enter a primitive.</summary>
    /// <param name="p">The primitive; the rays begin outside of it.</param>
    /// <param name="o">The rays' origin in its local coordinates.</param>
    /// <param name="dx">World directions, of any length.</param>
    /// <param name="dy">World directions, of any length.</param>
    /// <param name="dz">World directions, of any length.</param>
    /// <returns>The distance in lengths of the direction, above 0; infinite where a ray misses.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Enter(in Primitive p, Vector3 o, in Vector<float> dx, in Vector<float> dy, in Vector<float> dz)
    {
        Vector<float> lx = dx * p.Cos - dz * p.Sin,
            lz = dx * p.Sin + dz * p.Cos;
        return p.Kind switch
        {
            PrimitiveKind.Box => Box(p.Half, o, lx, dy, lz),
            PrimitiveKind.Ellipsoid => Ellipsoid(p.Half, o, lx, dy, lz),
            _ => Frustum(p.Half, o, lx, dy, lz),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Box(Vector3 half, Vector3 o, in Vector<float> dx, in Vector<float> dy, in Vector<float> dz)
    {
        Vector<float> near,
            far;
        Slab(half.X, o.X, dx, out near, out far);
        Slab(half.Y, o.Y, dy, out Vector<float> nearY, out Vector<float> farY);
        Slab(half.Z, o.Z, dz, out Vector<float> nearZ, out Vector<float> farZ);
        near = Vector.Max(near, Vector.Max(nearY, nearZ));
        far = Vector.Min(far, Vector.Min(farY, farZ));
        return Valid(near, Vector.LessThanOrEqual(near, far));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Slab(float half, float o, in Vector<float> d, out Vector<float> near, out Vector<float> far)
    {
        Vector<float> inverse = Vector<float>.One / (d + new Vector<float>(Tiny));
        Vector<float> a = (-half - o) * inverse,
            b = (half - o) * inverse;
        near = Vector.Min(a, b);
        far = Vector.Max(a, b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Ellipsoid(Vector3 half, Vector3 o, in Vector<float> dx, in Vector<float> dy, in Vector<float> dz)
    {
        Vector3 s = Vector3.One / half;
        o *= s;
        Vector<float> x = dx * s.X,
            y = dy * s.Y,
            z = dz * s.Z;
        Vector<float> a = x * x + y * y + z * z,
            b = x * o.X + y * o.Y + z * o.Z;
        float c = o.LengthSquared() - 1;
        Vector<float> discriminant = b * b - a * c;
        Vector<float> near = (-b - Vector.SquareRoot(Vector.Max(discriminant, Vector<float>.Zero))) / a;
        return Valid(near, Vector.GreaterThan(discriminant, Vector<float>.Zero));
    }

    /// <summary>The nearest of the valid crossings with the side (two) and the ends.</summary>
    private static Vector<float> Frustum(Vector3 half, Vector3 o, in Vector<float> dx, in Vector<float> dy, in Vector<float> dz)
    {
        float height = half.Y,
            mean = (half.X + half.Z) * 0.5f,
            slope = (half.Z - half.X) / (2 * height);
        float r = mean + slope * o.Y;
        Vector<float> rd = dy * slope;
        Vector<float> a = dx * dx + dz * dz - rd * rd + new Vector<float>(Tiny),
            b = dx * o.X + dz * o.Z - rd * r;
        float c = o.X * o.X + o.Z * o.Z - r * r;
        Vector<float> discriminant = b * b - a * c;
        Vector<int> real = Vector.GreaterThan(discriminant, Vector<float>.Zero);
        Vector<float> root = Vector.SquareRoot(Vector.Max(discriminant, Vector<float>.Zero));
        Vector<float> inverse = Vector<float>.One / a;
        Vector<float> limit = new(height);

        Vector<float> t0 = (-b - root) * inverse,
            t1 = (root - b) * inverse;
        Vector<float> y0 = dy * t0 + new Vector<float>(o.Y),
            y1 = dy * t1 + new Vector<float>(o.Y);
        t0 = Valid(t0, real & Vector.LessThanOrEqual(Vector.Abs(y0), limit));
        t1 = Valid(t1, real & Vector.LessThanOrEqual(Vector.Abs(y1), limit));

        Vector<float> inverseY = Vector<float>.One / (dy + new Vector<float>(Tiny));
        Vector<float> bottom = (-height - o.Y) * inverseY,
            top = (height - o.Y) * inverseY;
        bottom = Valid(bottom, InCircle(half.X, o, dx, dz, bottom));
        top = Valid(top, InCircle(half.Z, o, dx, dz, top));
        return Vector.Min(Vector.Min(t0, t1), Vector.Min(bottom, top));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> InCircle(float radius, Vector3 o, in Vector<float> dx, in Vector<float> dz, in Vector<float> t)
    {
        Vector<float> x = dx * t + new Vector<float>(o.X),
            z = dz * t + new Vector<float>(o.Z);
        return Vector.LessThanOrEqual(x * x + z * z, new(radius * radius));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Valid(in Vector<float> t, in Vector<int> hit) =>
        Vector.ConditionalSelect(hit & Vector.GreaterThan(t, Vector<float>.Zero), t, new(float.PositiveInfinity));
}
