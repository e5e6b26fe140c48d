using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>A scene read into arrays of its own.</summary>
internal sealed class SceneSample
{
    private readonly SceneDataset _scenes;

    public SceneSample(SceneDataset scenes)
    {
        _scenes = scenes;
        Image = new float[3 * Plane];
        Labels = new float[scenes.Tasks.LabelValues(scenes.Height, scenes.Width)];
    }

    public int Plane => _scenes.Height * _scenes.Width;

    public float[] Image { get; }

    public float[] Labels { get; }

    public static SceneSample Read(SceneDataset scenes, int index)
    {
        SceneSample sample = new(scenes);
        sample.Read(index, scenes.Tasks.All);
        return sample;
    }

    public TaskMask Read(int index, TaskMask wanted) =>
        _scenes.Read(index, wanted, new SampleBuffer(_scenes.Tasks, _scenes.Height, _scenes.Width, Image, Labels));

    public ReadOnlySpan<float> Label(string task) =>
        _scenes.Tasks.LabelOf(Labels, _scenes.Tasks.IndexOf(task), _scenes.Height, _scenes.Width);
}
