using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>How the chairs of one scene look: sizes in metres.</summary>
internal record struct ChairLook(float Size, float Seat, float Back, bool Stool, bool Round, int Material, int Cover);

/// <summary>Builds furniture that stands on the floor, front along local z.</summary>
internal static class Furniture
{
    public static void Sofa(SceneModel m, ref CounterRandom r, Pose p, float width, float depth, float back)
    {
        float seat = r.NextSingle(0.4f, 0.46f), arm = r.NextSingle(0.14f, 0.22f), armHeight = r.NextSingle(0.56f, 0.66f);
        float backDepth = r.NextSingle(0.18f, 0.26f);
        int body = m.AddMaterial(), cushion = r.NextSingle() < 0.5f ? body : m.AddPart(body), pillow = m.AddPart(body);
        float inner = width - 2 * arm, front = (depth - backDepth) * 0.5f;
        m.Begin(SceneClass.Sofa, p.X, 0, p.Z, p.Yaw);
        m.Box(0, 0.03f + (seat - 0.15f) * 0.5f, 0, width - 0.02f, seat - 0.15f, depth - 0.02f, body);
        m.Box(0, back * 0.5f, -depth * 0.5f + backDepth * 0.5f, width, back, backDepth, body);
        for (int side = -1; side <= 1; side += 2)
            m.Box(side * (width - arm) * 0.5f, armHeight * 0.5f, 0.01f, arm, armHeight, depth, body);
        int seats = inner > 1.45f ? 3 : inner > 0.95f ? 2 : 1;
        float each = inner / seats;
        for (int i = 0; i < seats; i++)
            m.Box((i - (seats - 1) * 0.5f) * each, seat - 0.08f, backDepth * 0.5f + 0.02f, each - 0.025f, 0.16f, 2 * front, cushion);
        int pillows = r.NextInt32(3);
        for (int i = 0; i < pillows; i++)
            m.Ellipsoid((i == 0 ? -1 : 1) * (inner * 0.5f - 0.22f), seat + 0.19f, -front + backDepth * 0.5f + 0.12f, 0.42f, 0.4f, 0.2f, pillow);
        m.End();
    }

    public static void Bed(SceneModel m, ref CounterRandom r, Pose p, float width, float length, float head)
    {
        float top = r.NextSingle(0.45f, 0.58f), frame = r.NextSingle(0.24f, 0.32f);
        int wood = m.AddMaterial(), blanket = m.AddMaterial(), sheet = m.AddPart(blanket), pillow = m.AddPart(sheet);
        float covered = r.NextSingle(0.5f, 0.72f) * length;
        m.Begin(SceneClass.Bed, p.X, 0, p.Z, p.Yaw);
        m.Box(0, 0.06f + frame * 0.5f, 0, width, frame, length, wood);
        m.Box(0, head * 0.5f, -length * 0.5f + 0.04f, width + 0.04f, head, 0.08f, wood);
        m.Box(0, (frame + top) * 0.5f, 0.03f, width - 0.06f, top - frame, length - 0.1f, sheet);
        m.Box(0, (frame + top) * 0.5f, (length - covered) * 0.5f + 0.01f, width + 0.02f, top - frame + 0.06f, covered, blanket);
        int pillows = width > 1.3f ? 2 : 1;
        for (int i = 0; i < pillows; i++)
            m.Ellipsoid((i - (pillows - 1) * 0.5f) * width * 0.48f, top + 0.06f, -length * 0.5f + 0.32f, 0.62f, 0.2f, 0.42f, pillow);
        m.End();
    }

    public static ChairLook DrawChair(SceneModel m, ref CounterRandom r)
    {
        float size = r.NextSingle(0.58f, 0.75f), seat = r.NextSingle(0.44f, 0.5f);
        bool stool = r.NextSingle() < 0.1f, round = r.NextSingle() < 0.4f;
        int material = m.AddMaterial(), cover = r.NextSingle() < 0.5f ? material : m.AddPart(material);
        return new(size, seat, stool ? seat : r.NextSingle(0.88f, 1.05f), stool, round, material, cover);
    }

    public static void Chair(SceneModel m, Pose p, ChairLook look)
    {
        float half = look.Size * 0.5f, leg = look.Seat - 0.03f;
        m.Begin(SceneClass.Chair, p.X, 0, p.Z, p.Yaw);
        if (look.Stool) m.Frustum(0, look.Seat - 0.05f, 0, half * 0.9f, half * 0.9f, 0.1f, look.Cover);
        else m.Box(0, look.Seat - 0.08f, 0, look.Size, 0.16f, look.Size, look.Cover);
        for (int i = 0; i < 4; i++)
        {
            float x = ((i & 1) == 0 ? -1 : 1) * (half - (look.Stool ? 0.12f : 0.035f)), z = ((i & 2) == 0 ? -1 : 1) * (half - (look.Stool ? 0.12f : 0.035f));
            if (look.Round) m.Frustum(x, leg * 0.5f, z, 0.04f, 0.05f, leg, look.Material);
            else m.Box(x, leg * 0.5f, z, 0.09f, leg, 0.09f, look.Material);
        }
        if (!look.Stool)
        {
            float low = look.Seat + 0.1f;
            m.Box(0, (low + look.Back) * 0.5f, -half + 0.03f, look.Size, look.Back - low, 0.1f, look.Cover);
            for (int side = -1; side <= 1; side += 2)
                m.Box(side * (half - 0.035f), (look.Seat + low) * 0.5f, -half + 0.03f, 0.05f, low - look.Seat + 0.06f, 0.05f, look.Material);
        }
        m.End();
    }

    public static void Table(SceneModel m, ref CounterRandom r, Pose p, float length, float across, float height)
    {
        int top = m.AddMaterial(), legs = r.NextSingle() < 0.5f ? top : m.AddPart(top);
        bool round = r.NextSingle() < 0.4f, low = height < 0.6f;
        float leg = r.NextSingle(0.08f, 0.13f), under = height - 0.08f;
        m.Begin(SceneClass.Table, p.X, 0, p.Z, p.Yaw);
        m.Box(0, height - 0.04f, 0, length, 0.08f, across, top);
        for (int i = 0; i < 4; i++)
        {
            float x = ((i & 1) == 0 ? -1 : 1) * (length * 0.5f - leg * 0.7f), z = ((i & 2) == 0 ? -1 : 1) * (across * 0.5f - leg * 0.7f);
            if (round) m.Frustum(x, under * 0.5f, z, leg * 0.35f, leg * 0.5f, under, legs);
            else m.Box(x, under * 0.5f, z, leg, under, leg, legs);
        }
        if (low && r.NextSingle() < 0.4f) m.Box(0, 0.14f, 0, length - leg, 0.03f, across - leg, legs);
        m.End();
    }

    public static void RoundTable(SceneModel m, ref CounterRandom r, Pose p, float radius, float height)
    {
        int top = m.AddMaterial(), foot = r.NextSingle() < 0.5f ? top : m.AddPart(top);
        m.Begin(SceneClass.Table, p.X, 0, p.Z, p.Yaw);
        m.Frustum(0, height - 0.04f, 0, radius, radius, 0.08f, top);
        m.Frustum(0, (height - 0.06f) * 0.5f, 0, 0.09f, 0.07f, height - 0.06f, foot);
        m.Frustum(0, 0.025f, 0, radius * 0.6f, radius * 0.5f, 0.05f, foot);
        m.End();
    }

    public static void Desk(SceneModel m, ref CounterRandom r, Pose p, float length, float across, float height)
    {
        int top = m.AddMaterial(), side = r.NextSingle() < 0.5f ? top : m.AddPart(top);
        float under = height - 0.07f, drawers = r.NextSingle(0.3f, 0.42f), hand = r.NextSingle() < 0.5f ? -1 : 1;
        m.Begin(SceneClass.Table, p.X, 0, p.Z, p.Yaw);
        m.Box(0, height - 0.035f, 0, length, 0.07f, across, top);
        m.Box(hand * (length - drawers) * 0.5f, under * 0.5f, 0, drawers, under, across - 0.06f, side);
        m.Box(-hand * (length * 0.5f - 0.03f), under * 0.5f, 0, 0.05f, under, across - 0.06f, side);
        m.Box(0, height - 0.25f, -across * 0.5f + 0.05f, length - 0.1f, 0.4f, 0.03f, side);
        m.End();
    }

    /// <summary>A closed body with doors or drawers: nightstand, sideboard or wardrobe by its size.</summary>
    public static void Cabinet(SceneModel m, ref CounterRandom r, Pose p, float width, float depth, float height)
    {
        int body = m.AddMaterial(), front = m.AddPart(body), knob = body;
        int columns = Math.Max(1, (int)MathF.Round(width / r.NextSingle(0.5f, 0.7f)));
        int rows = height > 1.4f ? 1 : Math.Max(1, (int)MathF.Round(height / r.NextSingle(0.28f, 0.6f)));
        float foot = 0.06f, rim = 0.06f;
        float w = (width - rim) / columns, h = (height - foot - rim) / rows;
        m.Begin(SceneClass.Cabinet, p.X, 0, p.Z, p.Yaw);
        m.Box(0, (foot + height) * 0.5f, -0.01f, width, height - foot, depth - 0.02f, body);
        m.Box(0, foot * 0.5f, -0.02f, width - 0.1f, foot, depth - 0.1f, body);
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j < rows; j++)
            {
                float x = (i - (columns - 1) * 0.5f) * w, y = foot + rim * 0.5f + (j + 0.5f) * h;
                m.Box(x, y, depth * 0.5f - 0.01f, w - rim, h - rim, 0.03f, front);
                float side = rows > 1 ? 0 : ((i & 1) == 0 ? 1 : -1) * (w * 0.5f - 0.08f);
                m.Ellipsoid(x + side, y, depth * 0.5f + 0.025f, 0.09f, 0.09f, 0.09f, knob);
            }
        }
        m.End();
    }

    /// <summary>An open bookcase.</summary>
    public static void Shelf(SceneModel m, ref CounterRandom r, Pose p, float width, float depth, float height)
    {
        const float Board = 0.05f;
        int body = m.AddMaterial(), back = m.AddPart(body);
        int first = m.AddMaterial(), second = m.AddMaterial();
        int levels = Math.Max(2, (int)MathF.Round(height / r.NextSingle(0.34f, 0.46f)));
        float step = (height - Board) / levels, inner = width - 2 * Board;
        m.Begin(SceneClass.Shelf, p.X, 0, p.Z, p.Yaw);
        m.Box(0, height * 0.5f, -depth * 0.5f + 0.01f, inner, height, 0.02f, back);
        for (int side = -1; side <= 1; side += 2) m.Box(side * (width - Board) * 0.5f, height * 0.5f, 0, Board, height, depth, body);
        for (int i = 0; i <= levels; i++) m.Box(0, i * step + Board * 0.5f, 0, inner, Board, depth - 0.01f, body);
        for (int i = 0; i < levels; i++)
        {
            float x = -inner * 0.5f + 0.02f, floor = i * step + Board;
            while (true)
            {
                float w = r.NextSingle(0.16f, 0.4f), h = r.NextSingle(0.5f, 0.88f) * (step - Board), gap = r.NextSingle() < 0.4f ? r.NextSingle(0.05f, 0.3f) : 0;
                if (x + gap + w > inner * 0.5f - 0.02f) break;
                x += gap;
                int material = r.NextSingle() < 0.5f ? first : second;
                m.Box(x + w * 0.5f, floor + h * 0.5f, -0.03f, w, h, depth * 0.62f, material);
                x += w + 0.004f;
            }
        }
        m.End();
    }
}
