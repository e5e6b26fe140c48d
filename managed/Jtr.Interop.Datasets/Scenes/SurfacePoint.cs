using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>What a ray hit: the surface, its normal and its colour.</summary>
internal struct SurfacePoint
{
    /// <summary>
    /// Faces of one primitive, at most; <see cref="Face"/> is primitive * FacesPerPrimitive + face, and below 0 for the room.
    /// </summary>
    public const int FacesPerPrimitive = 8;

    public int Face;
    public Vector3 Normal;
    public Vector3 Albedo;

    /// <summary>The class of a face.</summary>
    public static SceneClass ClassOf(SceneModel model, int face)
    {
        if (face >= 0)
            return model.Primitives[face / FacesPerPrimitive].Class;
        return (face + FacesPerPrimitive) switch
        {
            2 => SceneClass.Floor,
            3 => SceneClass.Ceiling,
            _ => SceneClass.Wall,
        };
    }

    /// <summary>Works out what a ray of the camera hit.</summary>
    /// <param name="model">The scene.</param>
    /// <param name="primitive">Which primitive, -1 for the room.</param>
    /// <param name="d">The ray's direction in the world, 1 long along the camera's axis.</param>
    /// <param name="t">The ray's length in directions, so the planar depth in metres.</param>
    public static SurfacePoint At(SceneModel model, int primitive, Vector3 d, float t)
    {
        SurfacePoint s = default;
        Vector3 place;
        int axis,
            material;
        if (primitive < 0)
        {
            s.Face = RoomFace(model, d, out s.Normal) - FacesPerPrimitive;
            axis = (s.Face + FacesPerPrimitive) / 2;
            place = model.Camera.Position + t * d;
            material = model.RoomMaterials[s.Face + FacesPerPrimitive];
        }
        else
        {
            ref readonly Primitive p = ref model.Primitives[primitive];
            Vector3 local = p.DirectionToLocal(d);
            place = p.Camera + t * local;
            int face = p.Kind switch
            {
                PrimitiveKind.Box => BoxFace(p, local, out s.Normal),
                PrimitiveKind.Ellipsoid => EllipsoidFace(p, place, out s.Normal),
                _ => FrustumFace(p, place, local, out s.Normal),
            };
            // Rounding at a silhouette must not turn the normal away from the camera.
            float facing = Vector3.Dot(s.Normal, local);
            if (facing > 0)
                s.Normal = Vector3.Normalize(s.Normal - local * (facing / local.LengthSquared()));
            Vector3 size = Vector3.Abs(s.Normal);
            axis =
                size.X > size.Y && size.X > size.Z ? 0
                : size.Y > size.Z ? 1
                : 2;
            s.Normal = p.DirectionToWorld(s.Normal);
            s.Face = primitive * FacesPerPrimitive + face;
            material = p.Material;
        }
        float cosine = -Vector3.Dot(s.Normal, d) / d.Length();
        float footprint = t / (model.Camera.FocalLength * MathF.Sqrt(MathF.Max(cosine, 0.05f)));
        (float u, float v) = axis switch
        {
            0 => (place.Z, place.Y),
            1 => (place.X, place.Z),
            _ => (place.X, place.Y),
        };
        s.Albedo = model.Materials[material].Albedo(u, v, footprint);
        return s;
    }

    private static int RoomFace(SceneModel model, Vector3 d, out Vector3 normal)
    {
        Vector3 o = model.Camera.Position;
        float x = ((d.X > 0 ? model.Room.X : 0) - o.X) / d.X,
            y = ((d.Y > 0 ? model.Room.Y : 0) - o.Y) / d.Y,
            z = ((d.Z > 0 ? model.Room.Z : 0) - o.Z) / d.Z;
        x = d.X == 0 ? float.MaxValue : x;
        y = d.Y == 0 ? float.MaxValue : y;
        z = d.Z == 0 ? float.MaxValue : z;
        if (x < y && x < z)
        {
            normal = new(d.X > 0 ? -1 : 1, 0, 0);
            return d.X > 0 ? 1 : 0;
        }
        if (y < z)
        {
            normal = new(0, d.Y > 0 ? -1 : 1, 0);
            return d.Y > 0 ? 3 : 2;
        }
        normal = new(0, 0, d.Z > 0 ? -1 : 1);
        return d.Z > 0 ? 5 : 4;
    }

    /// <summary>The face through which the ray enters: of the three that look at it, the one crossed last.</summary>
    private static int BoxFace(in Primitive p, Vector3 d, out Vector3 normal)
    {
        Vector3 o = p.Camera;
        float x = d.X == 0 ? float.MinValue : ((d.X > 0 ? -p.Half.X : p.Half.X) - o.X) / d.X;
        float y = d.Y == 0 ? float.MinValue : ((d.Y > 0 ? -p.Half.Y : p.Half.Y) - o.Y) / d.Y;
        float z = d.Z == 0 ? float.MinValue : ((d.Z > 0 ? -p.Half.Z : p.Half.Z) - o.Z) / d.Z;
        if (x > y && x > z)
        {
            normal = new(d.X > 0 ? -1 : 1, 0, 0);
            return d.X > 0 ? 0 : 1;
        }
        if (y > z)
        {
            normal = new(0, d.Y > 0 ? -1 : 1, 0);
            return d.Y > 0 ? 2 : 3;
        }
        normal = new(0, 0, d.Z > 0 ? -1 : 1);
        return d.Z > 0 ? 4 : 5;
    }

    private static int EllipsoidFace(in Primitive p, Vector3 place, out Vector3 normal)
    {
        normal = Vector3.Normalize(place / (p.Half * p.Half));
        return 6;
    }

    private static int FrustumFace(in Primitive p, Vector3 place, Vector3 d, out Vector3 normal)
    {
        float slope = (p.Half.Z - p.Half.X) / (2 * p.Half.Y),
            radius = (p.Half.X + p.Half.Z) * 0.5f + slope * place.Y;
        float across = MathF.Sqrt(place.X * place.X + place.Z * place.Z);
        bool faced = place.Y > 0 ? d.Y < 0 : d.Y > 0;
        if (faced && p.Half.Y - MathF.Abs(place.Y) < MathF.Abs(radius - across))
        {
            normal = new(0, place.Y > 0 ? 1 : -1, 0);
            return place.Y > 0 ? 3 : 2;
        }
        normal = Vector3.Normalize(new(place.X, -slope * across, place.Z));
        return 6;
    }
}
