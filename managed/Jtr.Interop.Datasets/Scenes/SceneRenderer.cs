using System.Numerics;
using System.Runtime.CompilerServices;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>
/// Casts rays into a scene: the nearest surface, its colour and its light. A packet of rays fills a vector; the results
/// of the last packet stay in this object.
/// </summary>
internal sealed class SceneRenderer(SceneModel model)
{
    /// <summary>Rays of a packet.</summary>
    public static readonly int Lanes = Vector<float>.Count;

    public readonly float[] Red = new float[Lanes],
        Green = new float[Lanes],
        Blue = new float[Lanes];

    /// <summary>Planar depth, metres.</summary>
    public readonly float[] Depth = new float[Lanes];

    /// <summary>Normals in the world.</summary>
    public readonly float[] NormalX = new float[Lanes],
        NormalY = new float[Lanes],
        NormalZ = new float[Lanes];

    /// <summary>As <see cref="SurfacePoint.Face"/>.</summary>
    public readonly int[] Face = new int[Lanes];

    private readonly int[] _primitive = new int[Lanes];
    private readonly float[] _dx = new float[Lanes],
        _dy = new float[Lanes],
        _dz = new float[Lanes];

    /// <summary>Casts a packet of rays through points of the image.</summary>
    /// <param name="px">Columns, in pixels from the left edge.</param>
    /// <param name="py">Rows, in pixels from the upper edge.</param>
    /// <param name="bounds">A rectangle around these points.</param>
    public void Cast(Vector<float> px, Vector<float> py, in ScreenRect bounds)
    {
        ref readonly SceneCamera camera = ref model.Camera;
        Vector<float> x = (px - new Vector<float>(camera.CenterX)) / new Vector<float>(camera.FocalLength);
        Vector<float> y = (py - new Vector<float>(camera.CenterY)) / new Vector<float>(camera.FocalLength);
        Vector<float> dx = x * camera.Right.X + y * camera.Down.X + new Vector<float>(camera.Forward.X);
        Vector<float> dy = x * camera.Right.Y + y * camera.Down.Y + new Vector<float>(camera.Forward.Y);
        Vector<float> dz = x * camera.Right.Z + y * camera.Down.Z + new Vector<float>(camera.Forward.Z);

        Vector<float> t = Vector.Min(
            Vector.Min(Leave(model.Room.X, camera.Position.X, dx), Leave(model.Room.Y, camera.Position.Y, dy)),
            Leave(model.Room.Z, camera.Position.Z, dz)
        );
        Vector<int> nearest = new(-1);
        foreach (ref readonly SceneObject o in model.Objects)
        {
            if (!o.Screen.Touches(bounds))
                continue;
            for (int i = o.First; i < o.End; i++)
            {
                ref readonly Primitive p = ref model.Primitives[i];
                if (!p.Screen.Touches(bounds))
                    continue;
                Vector<float> hit = RayPacket.Enter(p, p.Camera, dx, dy, dz);
                Vector<int> closer = Vector.LessThan(hit, t);
                t = Vector.ConditionalSelect(closer, hit, t);
                nearest = Vector.ConditionalSelect(closer, new(i), nearest);
            }
        }

        t.CopyTo(Depth);
        nearest.CopyTo(_primitive);
        dx.CopyTo(_dx);
        dy.CopyTo(_dy);
        dz.CopyTo(_dz);
        for (int i = 0; i < Lanes; i++)
        {
            SurfacePoint s = SurfacePoint.At(model, _primitive[i], new(_dx[i], _dy[i], _dz[i]), Depth[i]);
            Face[i] = s.Face;
            (NormalX[i], NormalY[i], NormalZ[i]) = (s.Normal.X, s.Normal.Y, s.Normal.Z);
            (Red[i], Green[i], Blue[i]) = (s.Albedo.X, s.Albedo.Y, s.Albedo.Z);
        }
        Light(t, dx, dy, dz);
    }

    /// <summary>Turns the surfaces' colours into the light that they send to the camera.</summary>
    private void Light(in Vector<float> t, in Vector<float> dx, in Vector<float> dy, in Vector<float> dz)
    {
        const float Lift = 0.003f;
        Vector3 o = model.Camera.Position;
        Vector<float> nx = new(NormalX),
            ny = new(NormalY),
            nz = new(NormalZ);
        Vector<float> x = dx * t + new Vector<float>(o.X) + nx * Lift,
            y = dy * t + new Vector<float>(o.Y) + ny * Lift,
            z = dz * t + new Vector<float>(o.Z) + nz * Lift;

        Vector<float> around = Vector<float>.One;
        around *= Nook(x, nx) * Nook(new Vector<float>(model.Room.X) - x, -nx);
        around *= Nook(y, ny) * Nook(new Vector<float>(model.Room.Y) - y, -ny);
        around *= Nook(z, nz) * Nook(new Vector<float>(model.Room.Z) - z, -nz);
        Vector3 g = model.AmbientDirection;
        Vector<float> ambient = around * (new Vector<float>(model.Ambient) + nx * g.X + ny * g.Y + nz * g.Z);
        Vector<float> red = ambient,
            green = ambient,
            blue = ambient;
        for (int i = 0; i < model.LightCount; i++)
        {
            PointLight light = i == 0 ? model.Light0 : model.Light1;
            Vector<float> lx = x - new Vector<float>(light.Position.X),
                ly = y - new Vector<float>(light.Position.Y),
                lz = z - new Vector<float>(light.Position.Z);
            Vector<float> square = lx * lx + ly * ly + lz * lz;
            Vector<float> cosine = -(nx * lx + ny * ly + nz * lz) / Vector.SquareRoot(square);
            if (!Vector.GreaterThanAny(cosine, Vector<float>.Zero))
                continue;
            Vector<float> strength = Vector.Max(cosine, Vector<float>.Zero) / (Vector<float>.One + square * 0.12f);
            strength = Vector.ConditionalSelect(Shadow(i, light.Position, lx, ly, lz, square), Vector<float>.Zero, strength);
            red += strength * light.Color.X;
            green += strength * light.Color.Y;
            blue += strength * light.Color.Z;
        }
        (red * new Vector<float>(Red)).CopyTo(Red);
        (green * new Vector<float>(Green)).CopyTo(Green);
        (blue * new Vector<float>(Blue)).CopyTo(Blue);
    }

    /// <summary>Which of the ways from a light to the points are blocked.</summary>
    private Vector<int> Shadow(
        int which,
        Vector3 light,
        in Vector<float> dx,
        in Vector<float> dy,
        in Vector<float> dz,
        in Vector<float> square
    )
    {
        Vector<int> blocked = Vector<int>.Zero;
        Vector<float> limit = new(0.999f),
            inverse = Vector<float>.One / square;
        foreach (ref readonly SceneObject o in model.Objects)
        {
            Vector3 c = o.Center - light;
            Vector<float> along = Vector.Min(Vector.Max((dx * c.X + dy * c.Y + dz * c.Z) * inverse, Vector<float>.Zero), Vector<float>.One);
            Vector<float> ox = dx * along - new Vector<float>(c.X),
                oy = dy * along - new Vector<float>(c.Y),
                oz = dz * along - new Vector<float>(c.Z);
            if (!Vector.LessThanAny(ox * ox + oy * oy + oz * oz, new(o.Radius * o.Radius)))
                continue;
            for (int i = o.First; i < o.End; i++)
            {
                ref readonly Primitive p = ref model.Primitives[i];
                blocked |= Vector.LessThan(RayPacket.Enter(p, p.Origin(which + 1), dx, dy, dz), limit);
            }
            if (Vector.EqualsAll(blocked, new Vector<int>(-1)))
                break;
        }
        return blocked;
    }

    /// <summary>Less light comes from around where another face of the room is near.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Nook(in Vector<float> distance, in Vector<float> normal)
    {
        Vector<float> near = Vector<float>.One / (Vector<float>.One + distance * distance * 30);
        return Vector<float>.One - near * 0.35f * (Vector<float>.One - Vector.Max(normal, Vector<float>.Zero));
    }

    /// <summary>Where rays from inside leave the room between 0 and <paramref name="length"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Leave(float length, float o, in Vector<float> d)
    {
        Vector<float> wall = Vector.ConditionalSelect(Vector.GreaterThan(d, Vector<float>.Zero), new(length), Vector<float>.Zero);
        Vector<float> t = (wall - new Vector<float>(o)) / d;
        return Vector.ConditionalSelect(Vector.Equals(d, Vector<float>.Zero), new(float.MaxValue), t);
    }
}
