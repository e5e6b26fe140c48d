namespace Jtr.Interop.Datasets.Scenes;

/// <summary>All memory that reading a scene needs; used by one thread at a time.</summary>
internal sealed class SceneWorkspace
{
    public SceneWorkspace(SceneOptions options)
    {
        Model = new();
        Layout = new(Model, new SceneVariety(options.Variety));
        Frame = new(Model, options.Height, options.Width);
        Maps = new(options.Height, options.Width);
        Camera = options.Shift > 0 ? new(options.Shift, options.Height, options.Width) : null;
    }

    public SceneModel Model { get; }

    public SceneLayout Layout { get; }

    public SceneFrame Frame { get; }

    public FeatureMaps Maps { get; }

    /// <summary>What makes photographs those of another camera, or null.</summary>
    public OtherCamera? Camera { get; }
}
