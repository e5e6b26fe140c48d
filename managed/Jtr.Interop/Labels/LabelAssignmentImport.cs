using System.Globalization;
using Jtr.Interop.Checkpoints.PyTorch;
using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels;

/// <summary>
/// Assignments from elsewhere: a PyTorch file with <c>{"labels_weights": [N, K]}</c>, as the published ones are, or a .npy
/// array [N, K]; each of 0 and 1.
/// </summary>
internal static class LabelAssignmentImport
{
    private const string Name = "labels_weights";

    public static TaskMask[] Read(string path, TaskSet tasks, int count)
    {
        double[] values;
        if (IsNpy(path))
        {
            using NpyArray array = NpyReader.Read(path);
            if (!array.Shape.SequenceEqual([count, tasks.Count]))
                throw Shape(path, array.ShapeText, tasks, count);
            values = new double[array.Count];
            array.CopyTo(values);
        }
        else
        {
            object? content = PyTorchFile.Read(path);
            PyTorchTensor tensor =
                content as PyTorchTensor
                ?? (
                    content is Dictionary<object, object?> named && named.TryGetValue(Name, out object? found)
                        ? found as PyTorchTensor
                        : null
                )
                ?? throw new JtrFormatException(path, $"no label assignment: it has no tensor '{Name}'");
            if (!tensor.Sizes.SequenceEqual([count, tasks.Count]))
                throw Shape(path, tensor.ShapeText, tasks, count);
            values = new double[tensor.Count];
            tensor.CopyTo(values);
        }

        TaskMask[] samples = new TaskMask[count];
        for (int i = 0; i < values.Length; i++)
        {
            int sample = i / tasks.Count;
            int task = i % tasks.Count;
            if (values[i] is not (0 or 1))
                throw new JtrFormatException(
                    path,
                    string.Create(CultureInfo.InvariantCulture, $"{Name}[{sample}][{task}] is {values[i]}; it has to be 0 or 1")
                );
            if (values[i] == 1)
                samples[sample] = samples[sample].With(task);
        }
        return samples;
    }

    private static bool IsNpy(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return stream.ReadByte() == 0x93;
    }

    private static JtrFormatException Shape(string path, string shape, TaskSet tasks, int count) =>
        new(
            path,
            $"an assignment of shape {shape}, where {count} samples and {tasks.Count} tasks ({tasks}) ask for ({count}, {tasks.Count})"
        );
}
