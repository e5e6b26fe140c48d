using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>A place on the floor, or on a wall: the foot's middle and the turn (the front looks along (sin, cos) of it).</summary>
internal record struct Pose(float X, float Z, float Yaw)
{
    /// <summary>The pose that lies right of and before this one, as its owner sees it.</summary>
    public readonly Pose Move(float right, float front, float turn = 0)
    {
        (float s, float c) = MathF.SinCos(Yaw);
        return new(X + c * right + s * front, Z + c * front - s * right, Yaw + turn);
    }
}

/// <summary>
/// Keeps account of the free floor and the free parts of the walls, and looks for places that the camera sees. Walls:
/// 0 opposite the camera, 1 left, 2 right, 3 behind it.
/// </summary>
internal sealed class FloorPlan
{
    private const int Attempts = 40;

    /// <summary>Half of the horizontal angle in which things are put, radians; less than images of usual shape show.</summary>
    private const float HalfView = 40 * MathF.PI / 180;

    private readonly Vector4[] _floor = new Vector4[64];
    private readonly (int Wall, Vector4 Part)[] _walls = new (int, Vector4)[64];
    private int _floorCount,
        _wallCount;
    private Vector3 _room,
        _camera;
    private float _yaw;

    /// <summary>Starts with an empty room.</summary>
    public void Clear(Vector3 room, Vector3 camera, float yaw)
    {
        (_room, _camera, _yaw) = (room, camera, yaw);
        _floorCount = _wallCount = 0;
    }

    /// <summary>Looks for a place against a wall for a thing that stands on the floor, and takes it.</summary>
    public bool TryStandAtWall(ref CounterRandom random, float width, float depth, float height, out Pose pose) =>
        TryStandAtWall(ref random, width, depth, height, depth * 0.5f + 0.01f, out pose);

    /// <summary>Looks for a free part of a wall, and takes it.</summary>
    /// <param name="random">The stream to draw from.</param>
    /// <param name="width">Metres along the wall.</param>
    /// <param name="low">Height of its lower edge.</param>
    /// <param name="high">Height of its upper edge.</param>
    /// <param name="floor">Depth of the floor before it that must be and stay free, or 0.</param>
    /// <param name="pose">Receives the middle on the wall, its front into the room.</param>
    public bool TryHang(ref CounterRandom random, float width, float low, float high, float floor, out Pose pose)
    {
        pose = default;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            (int wall, float u) = WallInView(ref random);
            if (u - width * 0.5f < 0.12f || u + width * 0.5f > WallLength(wall) - 0.12f)
                continue;
            Vector4 part = new(u - width * 0.5f, low, u + width * 0.5f, high);
            if (!IsWallFree(wall, part, 0.06f))
                continue;
            pose = OnWall(wall, u);
            if (Distance(pose) < 1.3f)
                continue;
            if (floor > 0)
            {
                Vector4 rect = Footprint(pose.Move(0, floor * 0.5f), width, floor);
                if (!IsFloorFree(rect))
                    continue;
                Take(rect);
            }
            _walls[_wallCount++] = (wall, part);
            return true;
        }
        return false;
    }

    /// <summary>Looks for a place anywhere on the floor, and takes it.</summary>
    public bool TryStand(ref CounterRandom random, float width, float depth, float height, bool square, out Pose pose)
    {
        pose = default;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            float angle = _yaw + random.NextSingle(-HalfView, HalfView);
            float distance = random.NextSingle(1.1f, 3.8f);
            float turn = square ? random.NextInt32(4) * (MathF.PI / 2) : random.NextSingle(-MathF.PI, MathF.PI);
            // A thing in the middle of the room turns its front or a side to the camera.
            if (MathF.Cos(turn - angle) > 0.5f)
                turn += MathF.PI;
            pose = new(_camera.X + distance * MathF.Sin(angle), _camera.Z + distance * MathF.Cos(angle), turn);
            if (TryTake(pose, width, depth, height))
                return true;
        }
        return false;
    }

    /// <summary>Takes a given place on the floor if it is free.</summary>
    public bool TryTake(Pose pose, float width, float depth, float height)
    {
        Vector4 rect = Footprint(pose, width, depth);
        if (!IsFloorFree(rect) || !IsApart(pose, rect, height))
            return false;
        Take(rect);
        return true;
    }

    /// <summary>A part of a wall that the camera sees, each direction being as likely as another.</summary>
    public (int Wall, float Along) WallInView(ref CounterRandom random)
    {
        float angle = _yaw + random.NextSingle(-HalfView, HalfView);
        (float dx, float dz) = MathF.SinCos(angle);
        float tx =
            dx > 0 ? (_room.X - _camera.X) / dx
            : dx < 0 ? -_camera.X / dx
            : float.MaxValue;
        float tz =
            dz > 0 ? (_room.Z - _camera.Z) / dz
            : dz < 0 ? -_camera.Z / dz
            : float.MaxValue;
        return tz < tx ? (dz > 0 ? 0 : 3, _camera.X + tz * dx) : (dx > 0 ? 2 : 1, _camera.Z + tx * dz);
    }

    /// <summary>The pose at a point of a wall, its front into the room.</summary>
    public Pose OnWall(int wall, float along) =>
        wall switch
        {
            0 => new(along, _room.Z, MathF.PI),
            1 => new(0, along, MathF.PI / 2),
            2 => new(_room.X, along, -MathF.PI / 2),
            _ => new(along, 0, 0),
        };

    private bool TryStandAtWall(ref CounterRandom random, float width, float depth, float height, float offset, out Pose pose)
    {
        pose = default;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            (int wall, float u) = WallInView(ref random);
            float length = WallLength(wall),
                half = width * 0.5f + 0.02f;
            if (length < 2 * half)
                continue;
            u = Math.Clamp(u, half, length - half);
            Vector4 part = new(u - half, 0, u + half, MathF.Max(height - 0.12f, 0.1f));
            if (!IsWallFree(wall, part, -0.03f))
                continue;
            pose = OnWall(wall, u).Move(0, offset);
            if (!TryTake(pose, width, depth, height))
                continue;
            _walls[_wallCount++] = (wall, part);
            return true;
        }
        return false;
    }

    private float WallLength(int wall) => wall is 0 or 3 ? _room.X : _room.Z;

    private void Take(Vector4 rect) => _floor[_floorCount++] = rect;

    private bool IsFloorFree(Vector4 rect)
    {
        if (_floorCount == _floor.Length || _wallCount == _walls.Length)
            return false;
        const float Slack = 0.005f;
        if (rect.X < -Slack || rect.Y < -Slack || rect.Z > _room.X + Slack || rect.W > _room.Z + Slack)
            return false;
        foreach (Vector4 other in _floor.AsSpan(0, _floorCount))
            if (Overlaps(rect, other, 0.04f))
                return false;
        return true;
    }

    private bool IsWallFree(int wall, Vector4 part, float margin)
    {
        if (_wallCount == _walls.Length)
            return false;
        foreach ((int w, Vector4 other) in _walls.AsSpan(0, _wallCount))
            if (w == wall && Overlaps(part, other, margin))
                return false;
        return true;
    }

    /// <summary>Whether a thing is far enough from the camera, the farther the taller, and in view.</summary>
    private bool IsApart(Pose pose, Vector4 rect, float height)
    {
        float dx = MathF.Max(0, MathF.Max(rect.X - _camera.X, _camera.X - rect.Z));
        float dz = MathF.Max(0, MathF.Max(rect.Y - _camera.Z, _camera.Z - rect.W));
        float least = height < _camera.Y - 0.35f ? 0.65f : 1.3f;
        if (dx * dx + dz * dz < least * least)
            return false;
        float angle = MathF.Atan2(pose.X - _camera.X, pose.Z - _camera.Z) - _yaw;
        return MathF.Abs(angle) < HalfView + 0.06f && Distance(pose) > least + 0.35f;
    }

    private float Distance(Pose pose) =>
        MathF.Sqrt((pose.X - _camera.X) * (pose.X - _camera.X) + (pose.Z - _camera.Z) * (pose.Z - _camera.Z));

    /// <summary>The upright rectangle (x, z, x, z) around a turned one.</summary>
    private static Vector4 Footprint(Pose pose, float width, float depth)
    {
        (float s, float c) = MathF.SinCos(pose.Yaw);
        float hx = (MathF.Abs(c) * width + MathF.Abs(s) * depth) * 0.5f,
            hz = (MathF.Abs(s) * width + MathF.Abs(c) * depth) * 0.5f;
        return new(pose.X - hx, pose.Z - hz, pose.X + hx, pose.Z + hz);
    }

    private static bool Overlaps(Vector4 a, Vector4 b, float margin) =>
        a.X < b.Z + margin && b.X < a.Z + margin && a.Y < b.W + margin && b.Y < a.W + margin;
}
