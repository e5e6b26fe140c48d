using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>
/// Draws a room: its size, camera, doors, windows, furniture, pictures and lights. Nothing here depends on the size of
/// the image, and colours have a stream of their own, so they cannot depend on the class.
/// </summary>
internal sealed class SceneLayout(SceneModel model, SceneVariety variety)
{
    private readonly FloorPlan _plan = new();
    private CounterRandom _random;

    /// <summary>Draws scene number <paramref name="scene"/> of a seed into the model.</summary>
    public void Draw(ulong seed, ulong scene)
    {
        _random = new(seed, RandomUse.Scene, scene, 0);
        model.Clear(new(seed, RandomUse.Scene, scene, 1), variety);
        DrawRoom();
        DrawCamera();
        _plan.Clear(model.Room, model.Camera.Position, model.Camera.Yaw);
        Furniture.Furnish(model, _plan, variety, ref _random);
        DrawLights();
    }

    private bool Chance(float probability) => _random.NextSingle() < probability;

    private float Between(float low, float high) => _random.NextSingle(low, high);

    /// <summary>Between two values, in a part of the range around its middle that is the smaller the less rooms differ.</summary>
    private float Near(float low, float high) => SceneVariety.Draw(ref _random, low, high, variety.CameraSpread);

    private void DrawRoom()
    {
        model.RoomKind = (RoomKind)_random.NextInt32(4);
        model.Room = new(Near(2.9f, 4.4f), Between(2.3f, variety.HighestCeiling), Near(3.0f, 4.6f));
        model.DrawRoomMaterials();
    }

    private void DrawCamera()
    {
        Vector3 room = model.Room;
        ref SceneCamera camera = ref model.Camera;
        bool corner = Chance(variety.CornerShare);
        float x = corner ? Near(0.3f, 0.8f) : Near(0.35f * room.X, 0.65f * room.X);
        float targetX = corner ? Near(0.5f, 0.8f) * room.X : Near(0.3f, 0.7f) * room.X;
        if (corner && Chance(0.5f))
            (x, targetX) = (room.X - x, room.X - targetX);
        camera.Position = new(x, Near(1.35f, 1.75f), Near(0.1f, 0.35f));
        camera.Yaw = MathF.Atan2(targetX - x, Near(0.75f, 1f) * room.Z - camera.Position.Z) + Near(-0.1f, 0.1f);
        // A high camera looks down, a low one ahead.
        camera.Pitch = Near(-21, -6) - 10 * (camera.Position.Y - 1.35f);
        camera.Aim();
    }

    private void DrawLights()
    {
        model.LightCount = Chance(0.6f) ? 2 : 1;
        model.Light0 = DrawLight(0.15f, 0.45f, Between(0.6f, 0.9f));
        model.Light1 = DrawLight(0.2f, 0.8f, Between(0.2f, 0.5f));
        model.Ambient = Between(0.26f, 0.4f);
        float angle = Between(0, 2 * MathF.PI);
        model.AmbientDirection = new Vector3(0.08f * MathF.Cos(angle), 0.2f, 0.08f * MathF.Sin(angle));
        model.Exposure = Between(0.22f, 0.36f);
        model.Noise = Between(0.003f, 0.009f);
    }

    /// <summary>A light below the ceiling that is in no piece of furniture.</summary>
    private PointLight DrawLight(float nearest, float farthest, float strength)
    {
        Vector3 room = model.Room,
            place = default;
        for (int attempt = 0; attempt < 16; attempt++)
        {
            place = new(Between(0.2f, 0.8f) * room.X, room.Y - Between(nearest, farthest), Between(0.15f, 0.8f) * room.Z);
            if (!model.IsOccupied(place, 0.15f))
                break;
        }
        float warm = Between(-0.1f, 0.1f);
        return new() { Position = place, Color = strength * new Vector3(1 + warm, 1, 1 - warm) };
    }
}
