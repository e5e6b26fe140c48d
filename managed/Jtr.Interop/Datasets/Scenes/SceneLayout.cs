using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>
/// Draws a room: its size, camera, doors, windows, furniture, pictures and lights. Nothing here depends on the size of
/// the image, and colours have a stream of their own, so they cannot depend on the class.
/// </summary>
internal sealed class SceneLayout(SceneModel model)
{
    private readonly FloorPlan _plan = new();
    private CounterRandom _random;

    /// <summary>Draws scene number <paramref name="scene"/> of a seed into the model.</summary>
    public void Draw(ulong seed, ulong scene)
    {
        _random = new(seed, RandomUse.Scene, scene, 0);
        model.Clear(new(seed, RandomUse.Scene, scene, 1));
        DrawRoom();
        DrawCamera();
        _plan.Clear(model.Room, model.Camera.Position, model.Camera.Yaw);
        // Who comes first finds the most room.
        if (Chance(0.1f)) AddPillar();
        if (Chance(0.6f)) AddDoor();
        Furnish();
        AddWindow();
        if (Chance(0.35f)) AddWindow();
        for (int i = 0; i < 3; i++) AddPicture();
        DrawLights();
    }

    private bool Chance(float probability) => _random.NextSingle() < probability;

    private float Between(float low, float high) => _random.NextSingle(low, high);

    private void DrawRoom()
    {
        model.RoomKind = (RoomKind)_random.NextInt32(4);
        model.Room = new(Between(2.9f, 4.4f), Between(2.3f, 2.7f), Between(3.0f, 4.6f));
        model.DrawRoomMaterials();
    }

    private void DrawCamera()
    {
        Vector3 room = model.Room;
        ref SceneCamera camera = ref model.Camera;
        bool corner = Chance(0.65f);
        float x = corner ? Between(0.3f, 0.8f) : Between(0.35f * room.X, 0.65f * room.X);
        float targetX = corner ? Between(0.5f, 0.8f) * room.X : Between(0.3f, 0.7f) * room.X;
        if (corner && Chance(0.5f)) (x, targetX) = (room.X - x, room.X - targetX);
        camera.Position = new(x, Between(1.35f, 1.75f), Between(0.1f, 0.35f));
        camera.Yaw = MathF.Atan2(targetX - x, Between(0.75f, 1f) * room.Z - camera.Position.Z) + Between(-0.1f, 0.1f);
        // A high camera looks down, a low one ahead.
        camera.Pitch = Between(-21, -6) - 10 * (camera.Position.Y - 1.35f);
        camera.Aim();
    }

    private void AddDoor()
    {
        float width = Between(0.8f, 1.05f), height = Between(1.95f, 2.1f);
        if (_plan.TryHang(ref _random, width + 0.24f, 0, height + 0.12f, 0.55f, out Pose pose)) Fixtures.Door(model, ref _random, pose, width, height);
    }

    private void AddWindow()
    {
        float width = Between(0.9f, 1.6f), sill = Between(0.85f, 1.1f), top = Between(1.95f, model.Room.Y - 0.2f);
        if (_plan.TryHang(ref _random, width, sill, top, 0, out Pose pose)) Fixtures.Window(model, ref _random, pose, width, sill, top);
    }

    private void AddPicture()
    {
        float width = Between(0.8f, 1.5f), height = Math.Clamp(width * Between(0.6f, 1.2f), 0.6f, 1.1f);
        float middle = Between(1.4f, 1.75f);
        if (_plan.TryHang(ref _random, width, middle - height * 0.5f, middle + height * 0.5f, 0, out Pose pose))
            Fixtures.Picture(model, ref _random, pose, width, height, middle);
    }

    private void AddPillar()
    {
        float width = Between(0.4f, 1.0f), depth = Between(0.2f, 0.55f);
        if (!_plan.TryStandAtWall(ref _random, width, depth, model.Room.Y, out Pose pose)) return;
        model.Begin(SceneClass.Wall, pose.X, 0, pose.Z, pose.Yaw);
        model.Box(0, model.Room.Y * 0.5f, 0, width, model.Room.Y, depth + 0.02f, model.RoomMaterials[5]);
        model.End();
    }

    private void Furnish()
    {
        switch (model.RoomKind)
        {
            case RoomKind.LivingRoom:
                SofaGroup();
                if (Chance(0.35f)) SofaGroup();
                if (Chance(0.8f)) Shelf();
                if (Chance(0.5f)) Sideboard();
                if (Chance(0.8f)) FloorLamp();
                if (Chance(0.4f)) LooseChair();
                if (Chance(0.3f)) Pendant(null);
                break;
            case RoomKind.Bedroom:
                BedGroup();
                if (Chance(0.95f)) Wardrobe();
                if (Chance(0.3f)) Shelf();
                if (Chance(0.6f)) FloorLamp();
                if (Chance(0.6f)) LooseChair();
                if (Chance(0.3f)) Pendant(null);
                break;
            case RoomKind.DiningRoom:
                DiningGroup();
                if (Chance(0.9f)) Sideboard();
                if (Chance(0.5f)) Wardrobe();
                if (Chance(0.6f)) Shelf();
                break;
            default:
                DeskGroup();
                Shelf();
                if (Chance(0.4f)) BedGroup();
                else if (Chance(0.4f)) SofaGroup();
                if (Chance(0.5f)) Shelf();
                if (Chance(0.5f)) Sideboard();
                if (Chance(0.5f)) FloorLamp();
                break;
        }
        if (Chance(0.2f)) Rug();
    }

    private void SofaGroup()
    {
        float width = Between(1.4f, 2.4f), depth = Between(0.85f, 1.0f), back = Between(0.72f, 0.92f);
        if (!_plan.TryStandAtWall(ref _random, width, depth, back, out Pose pose)
            && !_plan.TryStand(ref _random, width, depth, back, true, out pose)) return;
        Furniture.Sofa(model, ref _random, pose, width, depth, back);
        if (!Chance(0.85f)) return;
        float length = Between(0.7f, 1.3f), across = Between(0.5f, 0.75f), height = Between(0.36f, 0.5f);
        Pose table = pose.Move(Between(-0.15f, 0.15f), depth * 0.5f + 0.3f + across * 0.5f);
        if (_plan.TryTake(table, length, across, height) || _plan.TryStand(ref _random, length, across, height, false, out table))
            Furniture.Table(model, ref _random, table, length, across, height);
    }

    private void BedGroup()
    {
        float width = Between(1.15f, 1.9f), length = Between(1.9f, 2.1f), head = Between(0.8f, 1.15f);
        if (!_plan.TryStandAtWall(ref _random, width, length, head, out Pose pose)) return;
        Furniture.Bed(model, ref _random, pose, width, length, head);
        for (int side = -1; side <= 1; side += 2)
        {
            if (!Chance(0.25f)) continue;
            float w = Between(0.4f, 0.55f), h = Between(0.45f, 0.62f), d = Between(0.38f, 0.46f);
            Pose stand = pose.Move(side * (width * 0.5f + 0.08f + w * 0.5f), -(length - d) * 0.5f);
            if (!_plan.TryTake(stand, w, d, h)) continue;
            Furniture.Cabinet(model, ref _random, stand, w, d, h);
            if (Chance(0.75f)) Fixtures.TableLamp(model, ref _random, stand, h);
        }
    }

    private void DiningGroup()
    {
        bool round = Chance(0.35f);
        float length = round ? Between(1.0f, 1.4f) : Between(1.2f, 1.9f), across = round ? length : Between(0.8f, 1.0f), height = Between(0.72f, 0.78f);
        if (!_plan.TryStand(ref _random, length, across, height, Chance(0.5f), out Pose pose)) return;
        if (round) Furniture.RoundTable(model, ref _random, pose, length * 0.5f, height);
        else Furniture.Table(model, ref _random, pose, length, across, height);
        ChairLook look = Furniture.DrawChair(model, ref _random);
        int places = round ? 4 : length > 1.55f ? 6 : 4;
        for (int i = 0; i < places; i++)
        {
            if (!Chance(0.75f)) continue;
            // Along the two long sides, then at the ends.
            int perSide = places == 6 ? 2 : 1;
            bool end = i >= 2 * perSide;
            float side = (i & 1) == 0 ? 1 : -1;
            float along = perSide == 1 || end ? 0 : (i / 2 - 0.5f) * length * 0.5f;
            float away = Between(0.1f, 0.35f) + look.Size * 0.5f;
            Pose chair = end
                ? pose.Move(side * (length * 0.5f + away), 0, -side * MathF.PI / 2)
                : pose.Move(along, side * (across * 0.5f + away), side > 0 ? MathF.PI : 0);
            chair.Yaw += Between(-0.2f, 0.2f);
            if (_plan.TryTake(chair, look.Size, look.Size, look.Back)) Furniture.Chair(model, chair, look);
        }
        if (Chance(0.75f)) Pendant(pose);
    }

    private void DeskGroup()
    {
        float length = Between(1.1f, 1.7f), across = Between(0.6f, 0.8f), height = Between(0.72f, 0.78f);
        if (!_plan.TryStandAtWall(ref _random, length, across, height + 0.3f, out Pose pose)) return;
        Furniture.Desk(model, ref _random, pose, length, across, height);
        if (Chance(0.2f)) Fixtures.TableLamp(model, ref _random, pose.Move(Between(-0.35f, 0.35f) * length, -0.1f * across), height);
        ChairLook look = Furniture.DrawChair(model, ref _random);
        Pose chair = pose.Move(Between(-0.2f, 0.2f), across * 0.5f + look.Size * 0.5f + Between(0.08f, 0.4f), MathF.PI + Between(-0.5f, 0.5f));
        if (_plan.TryTake(chair, look.Size, look.Size, look.Back)) Furniture.Chair(model, chair, look);
    }

    private void LooseChair()
    {
        ChairLook look = Furniture.DrawChair(model, ref _random);
        if (_plan.TryStand(ref _random, look.Size, look.Size, look.Back, false, out Pose pose)) Furniture.Chair(model, pose, look);
    }

    private void Sideboard()
    {
        float width = Between(1.2f, 2.0f), depth = Between(0.42f, 0.55f), height = Between(0.75f, 1.05f);
        if (!_plan.TryStandAtWall(ref _random, width, depth, height, out Pose pose)) return;
        Furniture.Cabinet(model, ref _random, pose, width, depth, height);
        if (Chance(0.2f)) Fixtures.TableLamp(model, ref _random, pose.Move(Between(-0.35f, 0.35f) * width, 0), height);
    }

    private void Wardrobe()
    {
        float width = Between(1.1f, 1.9f), depth = Between(0.5f, 0.62f), height = Between(1.7f, 2.15f);
        if (_plan.TryStandAtWall(ref _random, width, depth, height, out Pose pose)) Furniture.Cabinet(model, ref _random, pose, width, depth, height);
    }

    private void Shelf()
    {
        float width = Between(1.0f, 1.7f), depth = Between(0.3f, 0.4f), height = Between(1.3f, 2.1f);
        if (_plan.TryStandAtWall(ref _random, width, depth, height, out Pose pose)) Furniture.Shelf(model, ref _random, pose, width, depth, height);
    }

    private void FloorLamp()
    {
        float radius = Between(0.32f, 0.45f), height = Between(1.4f, 1.75f);
        if (_plan.TryStand(ref _random, 2 * radius, 2 * radius, height, false, out Pose pose)) Fixtures.FloorLamp(model, ref _random, pose, radius, height);
    }

    private void Pendant(Pose? place)
    {
        float radius = Between(0.28f, 0.42f), bottom = Between(1.5f, 1.75f);
        Pose pose = place ?? default;
        if (place is null && !_plan.TryStand(ref _random, 0.3f, 0.3f, model.Room.Y, false, out pose)) return;
        // Not before the camera's nose.
        if (MathF.Abs(pose.X - model.Camera.Position.X) + MathF.Abs(pose.Z - model.Camera.Position.Z) < 1.5f) return;
        Fixtures.Pendant(model, ref _random, pose, radius, bottom);
    }

    private void Rug()
    {
        (float yaw, Vector3 camera) = (model.Camera.Yaw, model.Camera.Position);
        float distance = Between(1.5f, 3f), width = Between(1.2f, 2.4f), depth = Between(0.9f, 1.7f);
        float x = Math.Clamp(camera.X + distance * MathF.Sin(yaw), width * 0.5f, model.Room.X - width * 0.5f);
        float z = Math.Clamp(camera.Z + distance * MathF.Cos(yaw), depth * 0.5f, model.Room.Z - depth * 0.5f);
        model.Begin(SceneClass.Floor, x, 0, z, 0);
        model.Box(0, 0.006f, 0, width, 0.012f, depth, model.AddMaterial());
        model.End();
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
        Vector3 room = model.Room, place = default;
        for (int attempt = 0; attempt < 16; attempt++)
        {
            place = new(Between(0.2f, 0.8f) * room.X, room.Y - Between(nearest, farthest), Between(0.15f, 0.8f) * room.Z);
            if (!model.IsOccupied(place, 0.15f)) break;
        }
        float warm = Between(-0.1f, 0.1f);
        return new() { Position = place, Color = strength * new Vector3(1 + warm, 1, 1 - warm) };
    }
}
