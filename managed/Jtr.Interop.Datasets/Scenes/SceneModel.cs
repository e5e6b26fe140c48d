using System.Numerics;

namespace Jtr.Interop.Datasets.Scenes;

/// <summary>
/// One room with what stands in it, its lights and the camera. Filled by <see cref="SceneLayout"/>; reused from scene to scene.
/// </summary>
internal sealed class SceneModel
{
    private Primitive[] _primitives = new Primitive[256];
    private SceneObject[] _objects = new SceneObject[64];
    private SceneMaterial[] _materials = new SceneMaterial[256];
    private int _materialCount;
    private CounterRandom _materialRandom;
    private SceneVariety _variety;

    // The object under construction: its class, place and turn.
    private SceneClass _class;
    private Vector3 _base;
    private float _cos,
        _sin;

    /// <summary>Length of the room along x, y, z; it lies between the origin and this corner.</summary>
    public Vector3 Room;

    public RoomKind RoomKind;
    public SceneCamera Camera;
    public PointLight Light0,
        Light1;
    public int LightCount;

    /// <summary>Light from everywhere: a constant, and what is added in the direction of <see cref="AmbientDirection"/>.</summary>
    public float Ambient;
    public Vector3 AmbientDirection;

    /// <summary>Mean of the image before the gamma curve.</summary>
    public float Exposure;

    /// <summary>Standard deviation of the image's noise.</summary>
    public float Noise;

    /// <summary>Materials of the room's faces: low x, high x, floor, ceiling, low z, high z.</summary>
    public readonly int[] RoomMaterials = new int[6];

    public int PrimitiveCount { get; private set; }

    public int ObjectCount { get; private set; }

    public ReadOnlySpan<Primitive> Primitives => _primitives.AsSpan(0, PrimitiveCount);

    public ReadOnlySpan<SceneObject> Objects => _objects.AsSpan(0, ObjectCount);

    public ReadOnlySpan<SceneMaterial> Materials => _materials.AsSpan(0, _materialCount);

    /// <summary>Empties the room.</summary>
    /// <param name="materialRandom">Where materials come from.</param>
    /// <param name="variety">How much they differ.</param>
    public void Clear(CounterRandom materialRandom, SceneVariety variety)
    {
        _variety = variety;
        PrimitiveCount = ObjectCount = _materialCount = 0;
        _materialRandom = materialRandom;
    }

    /// <summary>Draws the materials of walls, floor and ceiling.</summary>
    public void DrawRoomMaterials()
    {
        int wall = Add(SceneMaterial.Draw(ref _materialRandom, _variety));
        float hue = _materials[wall].Hue;
        int floor = Add(SceneMaterial.DrawUnlike(ref _materialRandom, _variety, hue, hue));
        int ceiling = Add(SceneMaterial.DrawUnlike(ref _materialRandom, _variety, hue, hue));
        for (int face = 0; face < 6; face++)
            RoomMaterials[face] = face switch
            {
                2 => floor,
                3 => ceiling,
                _ => wall,
            };
    }

    /// <summary>Draws a material that stands out from walls and floor.</summary>
    public int AddMaterial() =>
        Add(SceneMaterial.DrawUnlike(ref _materialRandom, _variety, _materials[RoomMaterials[0]].Hue, _materials[RoomMaterials[2]].Hue));

    /// <summary>Draws a material that goes with another one of the same object, and stands out from it.</summary>
    public int AddPart(int material) => Add(_materials[material].DrawPart(ref _materialRandom, _variety));

    /// <summary>Begins an object; what is added to it is given relative to its foot, local z pointing to its front.</summary>
    public void Begin(SceneClass kind, float x, float y, float z, float yaw)
    {
        _class = kind;
        _base = new(x, y, z);
        (_sin, _cos) = MathF.SinCos(yaw);
        if (ObjectCount == _objects.Length)
            Array.Resize(ref _objects, 2 * ObjectCount);
        _objects[ObjectCount].First = PrimitiveCount;
    }

    /// <summary>Adds a box by its middle and its full sizes.</summary>
    public void Box(float x, float y, float z, float width, float height, float depth, int material) =>
        Add(PrimitiveKind.Box, x, y, z, new Vector3(width, height, depth) * 0.5f, material);

    /// <summary>Adds an ellipsoid by its middle and its full sizes.</summary>
    public void Ellipsoid(float x, float y, float z, float width, float height, float depth, int material) =>
        Add(PrimitiveKind.Ellipsoid, x, y, z, new Vector3(width, height, depth) * 0.5f, material);

    /// <summary>Adds an upright cylinder, or a part of a cone, by its middle.</summary>
    public void Frustum(float x, float y, float z, float bottomRadius, float topRadius, float height, int material) =>
        Add(PrimitiveKind.Frustum, x, y, z, new(bottomRadius, height * 0.5f, topRadius), material);

    /// <summary>Ends the object.</summary>
    public void End()
    {
        ref SceneObject o = ref _objects[ObjectCount++];
        o.End = PrimitiveCount;
        Vector3 low = new(float.MaxValue),
            high = new(float.MinValue);
        for (int i = o.First; i < o.End; i++)
        {
            Vector3 reach = Reach(_primitives[i]);
            low = Vector3.Min(low, _primitives[i].Center - reach);
            high = Vector3.Max(high, _primitives[i].Center + reach);
        }
        o.Center = (low + high) * 0.5f;
        o.Radius = Vector3.Distance(low, high) * 0.5f;
    }

    /// <summary>Whether a point lies in a primitive or within <paramref name="margin"/> of its box.</summary>
    public bool IsOccupied(Vector3 point, float margin)
    {
        foreach (ref readonly Primitive p in Primitives)
        {
            Vector3 distance = Vector3.Abs(p.ToLocal(point)) - p.Bounds;
            if (MathF.Max(distance.X, MathF.Max(distance.Y, distance.Z)) < margin)
                return true;
        }
        return false;
    }

    /// <summary>Works out what rays from the camera and the lights need, for an image of a size.</summary>
    public void Prepare(int height, int width)
    {
        Camera.Fit(height, width);
        for (int k = 0; k < ObjectCount; k++)
        {
            ref SceneObject o = ref _objects[k];
            o.Screen = ScreenRect.Empty;
            for (int i = o.First; i < o.End; i++)
            {
                ref Primitive p = ref _primitives[i];
                p.Camera = p.ToLocal(Camera.Position);
                p.Light0 = p.ToLocal(Light0.Position);
                p.Light1 = p.ToLocal(Light1.Position);
                p.Screen = Camera.Project(p);
                o.Screen.Add(p.Screen);
            }
        }
    }

    private int Add(in SceneMaterial material)
    {
        if (_materialCount == _materials.Length)
            Array.Resize(ref _materials, 2 * _materialCount);
        _materials[_materialCount] = material;
        return _materialCount++;
    }

    private void Add(PrimitiveKind kind, float x, float y, float z, Vector3 half, int material)
    {
        if (PrimitiveCount == _primitives.Length)
            Array.Resize(ref _primitives, 2 * PrimitiveCount);
        ref Primitive p = ref _primitives[PrimitiveCount++];
        p = default;
        p.Kind = kind;
        p.Class = _class;
        p.Material = material;
        p.Cos = _cos;
        p.Sin = _sin;
        p.Half = half;
        p.Center = _base + p.DirectionToWorld(new(x, y, z));
    }

    private static Vector3 Reach(in Primitive p)
    {
        Vector3 b = p.Bounds;
        float c = MathF.Abs(p.Cos),
            s = MathF.Abs(p.Sin);
        return new(c * b.X + s * b.Z, b.Y, s * b.X + c * b.Z);
    }
}
