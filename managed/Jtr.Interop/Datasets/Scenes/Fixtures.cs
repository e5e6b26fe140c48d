namespace Jtr.Interop.Datasets.Scenes;

/// <summary>Builds what belongs to walls and ceiling, and lamps.</summary>
internal static class Fixtures
{
    public static void Door(SceneModel m, ref CounterRandom r, Pose p, float width, float height)
    {
        const float Frame = 0.12f;
        int leaf = m.AddMaterial(), frame = m.AddPart(leaf);
        float hand = r.NextSingle() < 0.5f ? -1 : 1;
        m.Begin(SceneClass.Door, p.X, 0, p.Z, p.Yaw);
        m.Box(0, height * 0.5f, 0.015f, width, height, 0.03f, leaf);
        for (int side = -1; side <= 1; side += 2) m.Box(side * (width + Frame) * 0.5f, height * 0.5f, 0.035f, Frame, height, 0.07f, frame);
        m.Box(0, height + Frame * 0.5f, 0.035f, width + 2 * Frame, Frame, 0.07f, frame);
        m.Box(0, 0.27f * height, 0.03f, width * 0.66f, height * 0.36f, 0.04f, leaf);
        m.Box(0, 0.73f * height, 0.03f, width * 0.66f, height * 0.4f, 0.04f, leaf);
        m.Ellipsoid(hand * width * 0.42f, 1.02f, 0.07f, 0.11f, 0.11f, 0.11f, frame);
        m.End();
    }

    public static void Window(SceneModel m, ref CounterRandom r, Pose p, float width, float low, float high)
    {
        float bar = r.NextSingle(0.09f, 0.14f), height = high - low, middle = (low + high) * 0.5f;
        int glass = m.AddMaterial(), frame = m.AddPart(glass);
        int panes = width > 1.5f && r.NextSingle() < 0.6f ? 3 : 2;
        m.Begin(SceneClass.Window, p.X, 0, p.Z, p.Yaw);
        m.Box(0, middle, 0.005f, width, height, 0.01f, glass);
        for (int side = -1; side <= 1; side += 2)
        {
            m.Box(side * (width - bar) * 0.5f, middle, 0.04f, bar, height, 0.08f, frame);
            m.Box(0, middle + side * (height - bar) * 0.5f, 0.04f, width - 2 * bar, bar, 0.08f, frame);
        }
        for (int i = 1; i < panes; i++) m.Box((i / (float)panes - 0.5f) * width, middle, 0.035f, bar * 0.8f, height - 2 * bar, 0.07f, frame);
        if (r.NextSingle() < 0.65f) m.Box(0, low + r.NextSingle(0.5f, 0.72f) * height, 0.03f, width - 2 * bar, bar * 0.8f, 0.06f, frame);
        m.Box(0, low - 0.03f, 0.1f, width + 0.1f, 0.07f, 0.2f, frame);
        m.End();
    }

    public static void Picture(SceneModel m, ref CounterRandom r, Pose p, float width, float height, float middle)
    {
        float rim = r.NextSingle(0.07f, 0.13f);
        int frame = m.AddMaterial(), canvas = m.AddPart(frame);
        m.Begin(SceneClass.Picture, p.X, middle, p.Z, p.Yaw);
        m.Box(0, 0, 0.02f, width, height, 0.04f, frame);
        m.Box(0, 0, 0.025f, width - 2 * rim, height - 2 * rim, 0.04f, canvas);
        m.End();
    }

    public static void FloorLamp(SceneModel m, ref CounterRandom r, Pose p, float radius, float height)
    {
        int shade = m.AddMaterial(), stand = m.AddPart(shade);
        m.Begin(SceneClass.Lamp, p.X, 0, p.Z, p.Yaw);
        float bottom = height - Shade(m, ref r, 0, height, radius, shade);
        m.Frustum(0, 0.025f, 0, radius * 0.75f, radius * 0.7f, 0.05f, stand);
        m.Frustum(0, bottom * 0.5f + 0.02f, 0, 0.055f, 0.05f, bottom, stand);
        m.End();
    }

    public static void TableLamp(SceneModel m, ref CounterRandom r, Pose p, float foot)
    {
        float radius = r.NextSingle(0.15f, 0.21f), height = r.NextSingle(0.45f, 0.65f);
        int shade = m.AddMaterial(), stand = m.AddPart(shade);
        m.Begin(SceneClass.Lamp, p.X, foot, p.Z, p.Yaw);
        float bottom = height - Shade(m, ref r, 0, height, radius, shade);
        m.Ellipsoid(0, bottom * 0.4f, 0, 0.16f, bottom * 0.9f, 0.16f, stand);
        m.Frustum(0, bottom * 0.5f + 0.01f, 0, 0.03f, 0.03f, bottom + 0.02f, stand);
        m.End();
    }

    public static void Pendant(SceneModel m, ref CounterRandom r, Pose p, float radius, float bottom)
    {
        int shade = m.AddMaterial(), stand = m.AddPart(shade);
        m.Begin(SceneClass.Lamp, p.X, 0, p.Z, p.Yaw);
        float top = bottom + radius * 1.4f;
        float length = Shade(m, ref r, 0, top, radius, shade);
        float rod = m.Room.Y - (top - length * 0.5f);
        m.Frustum(0, m.Room.Y - rod * 0.5f, 0, 0.03f, 0.03f, rod, stand);
        m.Frustum(0, m.Room.Y - 0.03f, 0, 0.06f, 0.09f, 0.06f, stand);
        m.End();
    }

    /// <summary>A ball, a drum or a cone that hangs down from <paramref name="top"/>.</summary>
    /// <returns>Its length.</returns>
    private static float Shade(SceneModel m, ref CounterRandom r, float x, float top, float radius, int material)
    {
        int kind = r.NextInt32(3);
        float length = kind == 0 ? 1.8f * radius : radius * r.NextSingle(1.1f, 1.6f);
        if (kind == 0) m.Ellipsoid(x, top - length * 0.5f, 0, 2 * radius, length, 2 * radius, material);
        else m.Frustum(x, top - length * 0.5f, 0, radius, kind == 1 ? radius : radius * 0.5f, length, material);
        return length;
    }
}
