using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Packed;

/// <summary>A data set whose numbers a function of (sample, task, value) gives; task -1 is the image.</summary>
internal sealed class ArrayDataset(
    TaskSet tasks,
    int count,
    int height,
    int width,
    Func<int, int, int, float> value,
    Func<int, TaskMask>? labeled = null
) : IMultiTaskDataset
{
    public TaskSet Tasks => tasks;
    public int Count => count;
    public int Height => height;
    public int Width => width;

    /// <summary>A sample that cannot be read.</summary>
    public int Damaged { get; init; } = -1;

    public SampleInfo GetSampleInfo(int index) => new($"straße-{index}", labeled?.Invoke(index) ?? tasks.All);

    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
    {
        if (index == Damaged)
            throw new JtrFormatException($"{index}.npy", "damaged on purpose");
        for (int i = 0; i < destination.Image.Length; i++)
            destination.Image[i] = value(index, -1, i);
        TaskMask written = wanted & this.GetLabeled(index);
        for (int t = 0; t < tasks.Count; t++)
        {
            if (!written[t])
                continue;
            Span<float> label = destination.Label(t);
            for (int i = 0; i < label.Length; i++)
                label[i] = value(index, t, i);
        }
        return written;
    }

    /// <summary>Image and labels of one sample as bits, and which labels were written; what was not written is 77.</summary>
    public static (uint[] Image, uint[] Labels, TaskMask Written) Bits(IMultiTaskDataset data, int index, TaskMask? wanted = null)
    {
        float[] image = new float[3 * data.Height * data.Width];
        float[] labels = new float[data.Tasks.LabelValues(data.Height, data.Width)];
        image.AsSpan().Fill(77);
        labels.AsSpan().Fill(77);
        TaskMask written = data.Read(index, wanted ?? data.Tasks.All, new SampleBuffer(data.Tasks, data.Height, data.Width, image, labels));
        return ([.. image.Select(BitConverter.SingleToUInt32Bits)], [.. labels.Select(BitConverter.SingleToUInt32Bits)], written);
    }
}
