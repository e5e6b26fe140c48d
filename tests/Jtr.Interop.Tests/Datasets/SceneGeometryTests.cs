using System.Numerics;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Scenes;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>The fast search for the nearest surface against a plain one, in double precision and over everything.</summary>
public class SceneGeometryTests
{
    private const int Height = 40,
        Width = 56;

    [Test]
    public void The_nearest_surface_is_the_one_that_a_plain_search_finds()
    {
        SceneWorkspace work = new(new SceneOptions { Height = Height, Width = Width });
        float[] image = new float[3 * Height * Width];
        int off = 0,
            furniture = 0,
            pixels = 0;
        for (ulong scene = 0; scene < 12; scene++)
        {
            work.Layout.Draw(7, scene);
            work.Frame.Render(new(7, RandomUse.Scene, scene, 2), image);
            SceneCamera camera = work.Model.Camera;
            for (int i = 0; i < Height * Width; i++, pixels++)
            {
                Vector3 d =
                    camera.Forward
                    + camera.Right * ((i % Width + 0.5f - Width / 2f) / camera.FocalLength)
                    + camera.Down * ((i / Width + 0.5f - Height / 2f) / camera.FocalLength);
                (double depth, SceneClass kind) = Nearest(work.Model, d);
                if (kind > SceneClass.Ceiling)
                    furniture++;
                bool same =
                    Math.Abs(depth - work.Frame.Depth[i]) < 1e-4 * depth && kind == SurfacePoint.ClassOf(work.Model, work.Frame.Face[i]);
                if (!same)
                    off++;
            }
        }
        // Only rays within rounding of an edge, or of two surfaces in one place, may differ.
        Assert.That(off, Is.LessThan(0.002 * pixels));
        Assert.That(furniture, Is.GreaterThan(pixels / 8));
    }

    [Test]
    public void Lights_and_camera_stand_in_the_open()
    {
        SceneModel model = new();
        SceneLayout layout = new(model, new SceneVariety(1));
        for (ulong scene = 0; scene < 200; scene++)
        {
            layout.Draw(5, scene);
            foreach (Vector3 place in new[] { model.Camera.Position, model.Light0.Position, model.Light1.Position })
            {
                Assert.That(
                    place.X > 0 && place.Y > 0 && place.Z > 0 && place.X < model.Room.X && place.Y < model.Room.Y && place.Z < model.Room.Z
                );
                Assert.That(model.IsOccupied(place, 0), Is.False, $"scene {scene}");
            }
        }
    }

    private static (double Depth, SceneClass Class) Nearest(SceneModel model, Vector3 d)
    {
        Vector3 o = model.Camera.Position;
        double best = double.MaxValue;
        SceneClass kind = SceneClass.Wall;
        for (int axis = 0; axis < 3; axis++)
        {
            double t = ((d[axis] > 0 ? model.Room[axis] : 0) - (double)o[axis]) / d[axis];
            if (t >= best)
                continue;
            best = t;
            kind =
                axis != 1 ? SceneClass.Wall
                : d.Y > 0 ? SceneClass.Ceiling
                : SceneClass.Floor;
        }
        foreach (ref readonly Primitive p in model.Primitives)
        {
            double t = Enter(p, p.ToLocal(o), p.DirectionToLocal(d));
            if (t < best)
                (best, kind) = (t, p.Class);
        }
        return (best, kind);
    }

    private static double Enter(in Primitive p, Vector3 o, Vector3 d)
    {
        double near = double.NegativeInfinity,
            far = double.PositiveInfinity;
        if (p.Kind == PrimitiveKind.Ellipsoid)
        {
            double a = 0,
                b = 0,
                c = -1;
            for (int axis = 0; axis < 3; axis++)
            {
                double h = p.Half[axis];
                a += d[axis] / h * (d[axis] / h);
                b += o[axis] / h * (d[axis] / h);
                c += o[axis] / h * (o[axis] / h);
            }
            if (b * b < a * c)
                return double.MaxValue;
            near = (-b - Math.Sqrt(b * b - a * c)) / a;
            return near > 0 ? near : double.MaxValue;
        }
        for (int axis = p.Kind == PrimitiveKind.Box ? 0 : 1; axis < (p.Kind == PrimitiveKind.Box ? 3 : 2); axis++)
        {
            double t0 = (-p.Half[axis] - (double)o[axis]) / d[axis],
                t1 = (p.Half[axis] - (double)o[axis]) / d[axis];
            near = Math.Max(near, Math.Min(t0, t1));
            far = Math.Min(far, Math.Max(t0, t1));
        }
        if (p.Kind == PrimitiveKind.Box)
            return near <= far && near > 0 ? near : double.MaxValue;

        // A frustum is where the distance from the axis is below the radius of the height: f < 0. Between the two ends, f
        // along the ray is a parabola; look where it first is not above 0.
        double slope = ((double)p.Half.Z - p.Half.X) / (2 * p.Half.Y),
            mean = ((double)p.Half.X + p.Half.Z) / 2;
        double r = mean + slope * o.Y,
            rd = slope * d.Y;
        double qa = (double)d.X * d.X + (double)d.Z * d.Z - rd * rd,
            qb = (double)o.X * d.X + (double)o.Z * d.Z - r * rd,
            qc = (double)o.X * o.X + (double)o.Z * o.Z - r * r;
        double F(double t) => (qa * t + 2 * qb) * t + qc;
        near = Math.Max(near, 0);
        if (near > far)
            return double.MaxValue;
        if (F(near) <= 0)
            return near > 0 ? near : double.MaxValue;
        if (qb * qb < qa * qc)
            return double.MaxValue;
        double root = Math.Sqrt(qb * qb - qa * qc),
            first = Math.Min((-qb - root) / qa, (-qb + root) / qa),
            second = Math.Max((-qb - root) / qa, (-qb + root) / qa);
        return first > near && first <= far ? first
            : second > near && second <= far ? second
            : double.MaxValue;
    }
}
