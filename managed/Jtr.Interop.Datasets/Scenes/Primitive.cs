using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>The solids that scenes are made of, each turned about the vertical axis only.</summary>
internal enum PrimitiveKind
{
    /// <summary>Half sizes in <see cref="Primitive.Half"/>.</summary>
    Box,

    /// <summary>Half axes in <see cref="Primitive.Half"/>; a sphere where they are equal.</summary>
    Ellipsoid,

    /// <summary>Upright; Half = (radius at the bottom, half height, radius at the top); a cylinder where the radii are equal.</summary>
    Frustum,
}

/// <summary>A convex solid. World axes: x right, y up, z into the room; metres.</summary>
internal struct Primitive
{
    public PrimitiveKind Kind;
    public SceneClass Class;
    public int Material;
    public Vector3 Center;
    public Vector3 Half;

    /// <summary>Cosine and sine of the turn: the local z axis points to (Sin, 0, Cos) in the world.</summary>
    public float Cos,
        Sin;

    /// <summary>The camera and the lights in local coordinates.</summary>
    public Vector3 Camera,
        Light0,
        Light1;

    /// <summary>Pixels that its box covers, for the camera.</summary>
    public ScreenRect Screen;

    /// <summary>The origin of a bundle of rays in local coordinates.</summary>
    public readonly Vector3 Origin(int which) =>
        which switch
        {
            0 => Camera,
            1 => Light0,
            _ => Light1,
        };

    /// <summary>World to local.</summary>
    public readonly Vector3 ToLocal(Vector3 point) => DirectionToLocal(point - Center);

    /// <summary>World to local, without the shift.</summary>
    public readonly Vector3 DirectionToLocal(Vector3 d) => new(Cos * d.X - Sin * d.Z, d.Y, Sin * d.X + Cos * d.Z);

    /// <summary>Local to world, without the shift.</summary>
    public readonly Vector3 DirectionToWorld(Vector3 d) => new(Cos * d.X + Sin * d.Z, d.Y, Cos * d.Z - Sin * d.X);

    /// <summary>Half sizes of the box around it in local coordinates.</summary>
    public readonly Vector3 Bounds
    {
        get
        {
            if (Kind != PrimitiveKind.Frustum)
                return Half;
            float radius = MathF.Max(Half.X, Half.Z);
            return new(radius, Half.Y, radius);
        }
    }
}

/// <summary>Primitives that lie together: a sofa, a window. Rays are tried against its bounds first.</summary>
internal struct SceneObject
{
    public int First,
        End;
    public Vector3 Center;
    public float Radius;
    public ScreenRect Screen;
}

/// <summary>Pixel columns X0..X1 and rows Y0..Y1, the bounds included, as pixel coordinates.</summary>
internal struct ScreenRect
{
    public float X0,
        Y0,
        X1,
        Y1;

    public static ScreenRect Empty =>
        new()
        {
            X0 = float.MaxValue,
            Y0 = float.MaxValue,
            X1 = float.MinValue,
            Y1 = float.MinValue,
        };

    public static ScreenRect Everything =>
        new()
        {
            X0 = float.MinValue,
            Y0 = float.MinValue,
            X1 = float.MaxValue,
            Y1 = float.MaxValue,
        };

    public void Add(float x, float y)
    {
        X0 = MathF.Min(X0, x);
        X1 = MathF.Max(X1, x);
        Y0 = MathF.Min(Y0, y);
        Y1 = MathF.Max(Y1, y);
    }

    public void Add(in ScreenRect other)
    {
        X0 = MathF.Min(X0, other.X0);
        X1 = MathF.Max(X1, other.X1);
        Y0 = MathF.Min(Y0, other.Y0);
        Y1 = MathF.Max(Y1, other.Y1);
    }

    public readonly bool Touches(in ScreenRect other) => X0 <= other.X1 && X1 >= other.X0 && Y0 <= other.Y1 && Y1 >= other.Y0;
}

/// <summary>A point light.</summary>
internal struct PointLight
{
    public Vector3 Position;
    public Vector3 Color;
}
