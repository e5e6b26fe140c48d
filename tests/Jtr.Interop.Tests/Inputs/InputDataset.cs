using Jtr.Interop.Datasets;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Inputs;

/// <summary>
/// Samples whose input "copy" has the values of the label of the map "map", and whose vector "camera" tells the sample. Sample i lacks the
/// copy where i % 3 is 1, and the camera where i % 3 is 2.
/// </summary>
internal sealed class InputDataset(int count = 6, int height = 32, int width = 64) : IMultiTaskDataset
{
    public static readonly InputSet Set = new([
        new()
        {
            Name = "copy",
            Channels = 2,
            Mean = [0.5],
            StandardDeviation = [0.25, 0.5],
        },
        new()
        {
            Name = "camera",
            Kind = InputKind.Vector,
            Channels = 3,
        },
    ]);

    public TaskSet Tasks { get; } = new(new SegmentationTask("seg", 4), new MapTask("map", 2));

    public InputSet Inputs => Set;

    public int Count => count;

    public int Height => height;

    public int Width => width;

    public SampleInfo GetSampleInfo(int index) => new($"sample-{index}", Tasks.All);

    public bool HasInput(int index, int input) => index % 3 != input + 1;

    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
    {
        for (int i = 0; i < destination.Image.Length; i++)
            destination.Image[i] = Value(index, i, 1009);
        for (int i = 0; wanted[0] && i < destination.Label(0).Length; i++)
            destination.Label(0)[i] = (index + i / 7) % 4;
        for (int i = 0; wanted[1] && i < destination.Label(1).Length; i++)
            destination.Label(1)[i] = Value(index, i, 101);
        for (int n = 0; n < destination.Inputs.Count; n++)
        {
            Span<float> input = destination.Input(n);
            for (int i = 0; HasInput(index, n) && i < input.Length; i++)
                input[i] = n == 0 ? Value(index, i, 101) : Camera(index, i);
            destination.SetInput(n, HasInput(index, n));
        }
        return wanted & Tasks.All;
    }

    public static float Camera(int index, int i) => index - i * 0.5f;

    private static float Value(int index, int i, int modulus) => (index * 7919 + i * 31) % modulus / (float)modulus;
}
