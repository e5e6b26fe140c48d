using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>
/// A pinhole camera without roll. Camera axes: x right, y down, z forward. The focal length is the same share of the
/// square root of the image's area at every size, so that about the same part of the room is seen at any shape of image.
/// </summary>
internal struct SceneCamera
{
    /// <summary>Focal length over the square root of height times width: 89 x 67 degrees at 3 : 2.</summary>
    public const float Focal = 0.62f;

    public Vector3 Position;
    public Vector3 Right;
    public Vector3 Down;
    public Vector3 Forward;

    /// <summary>Radians to the right of the world's z axis.</summary>
    public float Yaw;

    /// <summary>Degrees above the horizon.</summary>
    public float Pitch;

    /// <summary>Pixels.</summary>
    public float FocalLength;

    /// <summary>The principal point, in pixels from the corner.</summary>
    public float CenterX,
        CenterY;

    /// <summary>Sets the axes from <see cref="Yaw"/> and <see cref="Pitch"/>.</summary>
    public void Aim()
    {
        (float sy, float cy) = MathF.SinCos(Yaw);
        (float sp, float cp) = MathF.SinCos(Pitch * (MathF.PI / 180));
        Right = new(cy, 0, -sy);
        Down = new(sy * sp, -cp, cy * sp);
        Forward = new(sy * cp, sp, cy * cp);
    }

    /// <summary>Sets what depends on the image's size.</summary>
    public void Fit(int height, int width)
    {
        FocalLength = Focal * MathF.Sqrt((float)height * width);
        CenterX = width * 0.5f;
        CenterY = height * 0.5f;
    }

    /// <summary>A world vector in camera axes.</summary>
    public readonly Vector3 ToCamera(Vector3 v) => new(Vector3.Dot(v, Right), Vector3.Dot(v, Down), Vector3.Dot(v, Forward));

    /// <summary>Pixels that the box around a primitive covers.</summary>
    public readonly ScreenRect Project(in Primitive p)
    {
        const float Near = 0.02f;
        Vector3 bounds = p.Bounds;
        Vector3 x = p.DirectionToWorld(new(bounds.X, 0, 0)),
            z = p.DirectionToWorld(new(0, 0, bounds.Z)),
            y = new(0, bounds.Y, 0);
        ScreenRect rect = ScreenRect.Empty;
        int behind = 0;
        for (int i = 0; i < 8; i++)
        {
            Vector3 corner = p.Center + ((i & 1) == 0 ? x : -x) + ((i & 2) == 0 ? y : -y) + ((i & 4) == 0 ? z : -z);
            Vector3 c = ToCamera(corner - Position);
            if (c.Z < Near)
                behind++;
            else
                rect.Add(c.X / c.Z * FocalLength + CenterX, c.Y / c.Z * FocalLength + CenterY);
        }
        return behind == 0 ? rect
            : behind == 8 ? ScreenRect.Empty
            : ScreenRect.Everything;
    }
}
