namespace Jtr.Interop.Datasets.Scenes;

/// <summary>
/// Furnishes a room with a few large boxes, balls and cylinders, one or two for each thing (a window has a frame): what it
/// is can be told from its shape and place even on images of 32 x 64 pixels, and by nothing else.
/// </summary>
internal static class Furniture
{
    /// <summary>Puts up to six things on the floor of a room and up to four on its walls, as far as there is room.</summary>
    /// <param name="m">The room.</param>
    /// <param name="plan">Where there is room.</param>
    /// <param name="variety">How much rooms differ.</param>
    /// <param name="r">The stream to draw from.</param>
    public static void Furnish(SceneModel m, FloorPlan plan, SceneVariety variety, ref CounterRandom r)
    {
        // What a kind of room is about comes first and finds the most room.
        switch (m.RoomKind)
        {
            case RoomKind.LivingRoom:
                Sofa(m, plan, ref r);
                break;
            case RoomKind.Bedroom:
                Bed(m, plan, ref r);
                break;
            case RoomKind.DiningRoom:
                Table(m, plan, ref r);
                break;
            default:
                Shelf(m, plan, ref r);
                break;
        }
        if (r.NextSingle() < variety.DoorShare)
            Door(m, plan, ref r);
        int others = variety.LeastOthers + r.NextInt32(3);
        for (int i = 0; i < others; i++)
        {
            switch (r.NextInt32(8))
            {
                case 0:
                    Sofa(m, plan, ref r);
                    break;
                case 1:
                    Bed(m, plan, ref r);
                    break;
                case 2:
                    Table(m, plan, ref r);
                    break;
                case 3:
                    Shelf(m, plan, ref r);
                    break;
                case 4:
                    Cabinet(m, plan, ref r);
                    break;
                case 5:
                    Chair(m, plan, ref r);
                    break;
                default:
                    Lamp(m, plan, ref r);
                    break;
            }
        }
        Window(m, plan, ref r);
        if (r.NextSingle() < variety.SecondWindowShare)
            Window(m, plan, ref r);
        Picture(m, plan, ref r);
        if (r.NextSingle() < 0.3f)
            Picture(m, plan, ref r);
    }

    /// <summary>A low, long box.</summary>
    private static void Bed(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        float width = r.NextSingle(1.3f, 1.9f),
            length = r.NextSingle(1.9f, 2.2f),
            height = r.NextSingle(0.4f, 0.55f);
        if (!plan.TryStandAtWall(ref r, width, length, height, out Pose p))
            return;
        m.Begin(SceneClass.Bed, p.X, 0, p.Z, p.Yaw);
        m.Box(0, height * 0.5f, 0, width, height, length, m.AddMaterial());
        m.End();
    }

    /// <summary>A seat with a back.</summary>
    private static void Sofa(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        float width = r.NextSingle(1.6f, 2.4f),
            depth = r.NextSingle(0.9f, 1.1f),
            seat = r.NextSingle(0.4f, 0.5f),
            back = r.NextSingle(0.95f, 1.15f);
        if (!plan.TryStandAtWall(ref r, width, depth, back, out Pose p))
            return;
        int cover = m.AddMaterial();
        m.Begin(SceneClass.Sofa, p.X, 0, p.Z, p.Yaw);
        m.Box(0, seat * 0.5f, 0, width, seat, depth, cover);
        m.Box(0, back * 0.5f, -depth * 0.5f + 0.15f, width, back, 0.3f, cover);
        m.End();
    }

    /// <summary>A ball to sit on.</summary>
    private static void Chair(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        float size = r.NextSingle(0.75f, 1.05f);
        if (!plan.TryStand(ref r, size, size, size, false, out Pose p))
            return;
        m.Begin(SceneClass.Chair, p.X, 0, p.Z, p.Yaw);
        m.Ellipsoid(0, size * 0.5f, 0, size, size, size, m.AddMaterial());
        m.End();
    }

    /// <summary>A round plate on a foot.</summary>
    private static void Table(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        float radius = r.NextSingle(0.55f, 0.8f),
            height = r.NextSingle(0.7f, 0.85f);
        if (!plan.TryStand(ref r, 2 * radius, 2 * radius, height, false, out Pose p))
            return;
        int top = m.AddMaterial();
        m.Begin(SceneClass.Table, p.X, 0, p.Z, p.Yaw);
        m.Frustum(0, height - 0.09f, 0, radius, radius, 0.18f, top);
        m.Frustum(0, height * 0.5f - 0.09f, 0, radius * 0.45f, radius * 0.3f, height - 0.18f, m.AddPart(top));
        m.End();
    }

    /// <summary>A box as high as a table.</summary>
    private static void Cabinet(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        float width = r.NextSingle(1.0f, 1.7f),
            depth = r.NextSingle(0.45f, 0.6f),
            height = r.NextSingle(0.85f, 1.1f);
        if (!plan.TryStandAtWall(ref r, width, depth, height, out Pose p))
            return;
        m.Begin(SceneClass.Cabinet, p.X, 0, p.Z, p.Yaw);
        m.Box(0, height * 0.5f, 0, width, height, depth, m.AddMaterial());
        m.End();
    }

    /// <summary>A box as high as a door.</summary>
    private static void Shelf(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        float width = r.NextSingle(0.9f, 1.5f),
            depth = r.NextSingle(0.35f, 0.5f),
            height = r.NextSingle(1.8f, 2.15f);
        if (!plan.TryStandAtWall(ref r, width, depth, height, out Pose p))
            return;
        m.Begin(SceneClass.Shelf, p.X, 0, p.Z, p.Yaw);
        m.Box(0, height * 0.5f, 0, width, height, depth, m.AddMaterial());
        m.End();
    }

    /// <summary>An upright cylinder, as of paper.</summary>
    private static void Lamp(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        float radius = r.NextSingle(0.2f, 0.3f),
            height = r.NextSingle(1.3f, 1.7f);
        if (!plan.TryStand(ref r, 2 * radius, 2 * radius, height, false, out Pose p))
            return;
        m.Begin(SceneClass.Lamp, p.X, 0, p.Z, p.Yaw);
        m.Frustum(0, height * 0.5f, 0, radius, radius, height, m.AddMaterial());
        m.End();
    }

    private static void Door(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        float width = r.NextSingle(0.95f, 1.2f),
            height = r.NextSingle(1.95f, 2.15f);
        if (!plan.TryHang(ref r, width, 0, height, 0.55f, out Pose p))
            return;
        m.Begin(SceneClass.Door, p.X, 0, p.Z, p.Yaw);
        m.Box(0, height * 0.5f, 0.03f, width, height, 0.06f, m.AddMaterial());
        m.End();
    }

    /// <summary>A pane in a frame that juts out.</summary>
    private static void Window(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        const float Bar = 0.14f;
        float width = r.NextSingle(1.2f, 1.8f),
            low = r.NextSingle(0.9f, 1.05f),
            high = r.NextSingle(1.95f, m.Room.Y - 0.2f);
        if (!plan.TryHang(ref r, width, low, high, 0, out Pose p))
            return;
        int glass = m.AddMaterial(),
            frame = m.AddPart(glass);
        float middle = (low + high) * 0.5f,
            height = high - low;
        m.Begin(SceneClass.Window, p.X, 0, p.Z, p.Yaw);
        m.Box(0, middle, 0.01f, width, height, 0.02f, glass);
        for (int side = -1; side <= 1; side += 2)
        {
            m.Box(side * (width - Bar) * 0.5f, middle, 0.06f, Bar, height, 0.12f, frame);
            m.Box(0, middle + side * (height - Bar) * 0.5f, 0.06f, width - 2 * Bar, Bar, 0.12f, frame);
        }
        m.Box(0, middle, 0.06f, Bar, height - 2 * Bar, 0.12f, frame);
        m.End();
    }

    /// <summary>An oval.</summary>
    private static void Picture(SceneModel m, FloorPlan plan, ref CounterRandom r)
    {
        float width = r.NextSingle(0.8f, 1.3f),
            height = r.NextSingle(0.8f, 1.05f),
            middle = r.NextSingle(1.5f, 1.7f);
        if (!plan.TryHang(ref r, width, middle - height * 0.5f, middle + height * 0.5f, 0, out Pose p))
            return;
        m.Begin(SceneClass.Picture, p.X, middle, p.Z, p.Yaw);
        m.Ellipsoid(0, 0, 0, width, height, 0.12f, m.AddMaterial());
        m.End();
    }
}
