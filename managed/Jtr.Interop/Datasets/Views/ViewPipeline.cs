using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>Steps one after the other; without a step, a copy. One instance a thread.</summary>
internal sealed class ViewPipeline
{
    private readonly IViewStep[] _steps;
    private readonly TaskSet _tasks;
    private readonly int _height;
    private readonly int _width;

    // What lies between the steps: n steps have n - 1 results in between, which take turns in two buffers.
    private readonly float[][] _images;
    private readonly float[][] _labels;
    private readonly float[][] _inputValues;
    private readonly byte[][] _present;
    private readonly InputSet _inputs;

    public ViewPipeline(TaskSet tasks, int height, int width, params IViewStep[] steps)
        : this(tasks, InputSet.None, height, width, steps) { }

    public ViewPipeline(TaskSet tasks, InputSet inputs, int height, int width, params IViewStep[] steps)
    {
        _tasks = tasks;
        _inputs = inputs;
        _height = height;
        _width = width;
        _steps = steps;
        int between = Math.Clamp(steps.Length - 1, 0, 2);
        _images = [.. Enumerable.Range(0, between).Select(_ => new float[inputs.ImageValues(height, width)])];
        _labels = [.. Enumerable.Range(0, between).Select(_ => new float[tasks.LabelValues(height, width)])];
        _inputValues = [.. Enumerable.Range(0, between).Select(_ => new float[inputs.Values(height, width)])];
        _present = [.. Enumerable.Range(0, between).Select(_ => new byte[inputs.Count])];
    }

    /// <summary>
    /// Writes a view of a sample; the labels of tasks that are not labelled stay as they are. Steps of a caller may know nothing of further
    /// inputs: what they leave alone is there before.
    /// </summary>
    public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labeled, ViewKey key)
    {
        if (_steps.Length == 0)
        {
            Copy(source, destination, labeled);
            return;
        }
        for (int i = 0; i < _steps.Length; i++)
        {
            SampleBuffer result =
                i == _steps.Length - 1
                    ? destination
                    : new SampleBuffer(
                        _tasks,
                        _inputs,
                        _height,
                        _width,
                        _images[i & 1],
                        _labels[i & 1],
                        _inputValues[i & 1],
                        _present[i & 1]
                    );
            CopyInputs(source, result);
            _steps[i].Apply(source, result, labeled, key with { Step = i });
            source = result;
        }
    }

    /// <summary>Writes image and labels of the labelled tasks as they are.</summary>
    public static void Copy(SampleBuffer source, SampleBuffer destination, TaskMask labeled)
    {
        source.Image.CopyTo(destination.Image);
        for (int t = 0; t < source.Tasks.Count; t++)
        {
            if (labeled[t])
                source.Label(t).CopyTo(destination.Label(t));
        }
        CopyInputs(source, destination);
    }

    private static void CopyInputs(SampleBuffer source, SampleBuffer destination)
    {
        source.InputValues.CopyTo(destination.InputValues);
        source.InputPresent.CopyTo(destination.InputPresent);
    }
}
