namespace Jtr.Interop.Datasets.Scenes;

/// <summary>All memory that reading a scene needs; used by one thread at a time.</summary>
internal sealed class SceneWorkspace
{
    public SceneWorkspace(int height, int width)
    {
        Model = new();
        Layout = new(Model);
        Frame = new(Model, height, width);
        Maps = new(height, width);
    }

    public SceneModel Model { get; }

    public SceneLayout Layout { get; }

    public SceneFrame Frame { get; }

    public FeatureMaps Maps { get; }
}
