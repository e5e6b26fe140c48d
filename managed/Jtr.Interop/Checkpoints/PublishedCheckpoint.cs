using Jtr.Interop.Checkpoints.PyTorch;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Checkpoints;

/// <summary>
/// Imports checkpoints of the published code (checkpoint.pth.tar, model_best.pth.tar): the weights and norm statistics of its
/// multi-task network. Nothing in the file is run: what is not a tensor or a plain container is refused.
/// </summary>
/// <remarks>
/// The published files keep the network's state only, under "model_state_dict": the joint-task auto-encoder and the optimiser start anew.
/// </remarks>
public static class PublishedCheckpoint
{
    private static readonly string[] _stateKeys = ["model_state_dict", "state_dict", "model"];

    // torch.nn.DataParallel puts this before every name.
    private const string ParallelPrefix = "module.";

    /// <summary>Makes a trainer with the weights of a published checkpoint, ready to predict, score, export or train on.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tasks">
    /// The tasks in the order of the file's heads pred_task1, pred_task2, ...: segmentation, depth, normals for NYU-v2; segmentation, depth
    /// for Cityscapes, whose third head nothing uses.
    /// </param>
    /// <param name="options">Everything else that the trainer is made of, or null; the tasks and the width are replaced.</param>
    /// <exception cref="ArgumentException">The tasks do not fit the heads.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="JtrFormatException">It is no PyTorch file, is damaged, holds more than tensors and plain containers, another
    /// network, or a weight that is no finite number.</exception>
    public static Trainer Load(string path, TaskSet tasks, TrainerOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(tasks);
        Dictionary<string, PyTorchTensor> state = State(path);
        long width = Find(path, state, "encoder_block.0.0.weight").Sizes[0];
        if (width is < 1 or > TrainerOptions.MaxWidth)
            throw new JtrFormatException(path, $"its network has the width {width}; up to {TrainerOptions.MaxWidth} are read");
        CheckHeads(path, state, tasks);
        Trainer trainer = new((options ?? new TrainerOptions { Tasks = tasks }) with { Tasks = tasks, Width = (int)width });
        try
        {
            Dictionary<string, double[]> values = [];
            foreach (TensorInfo info in trainer.State.Where(i => i.Name.StartsWith(NetworkTensors.NetworkPrefix, StringComparison.Ordinal)))
            {
                string name = info.Name[NetworkTensors.NetworkPrefix.Length..];
                PyTorchTensor tensor = Find(path, state, name);
                if (!tensor.Sizes.SequenceEqual(info.Shape.ToArray()))
                    throw new JtrFormatException(
                        path,
                        $"'{name}' has the shape {tensor.ShapeText}, expected ({string.Join(", ", info.Shape)})"
                    );
                double[] elements = new double[tensor.Count];
                tensor.CopyTo(elements);
                FiniteWeights.Check(path, name, elements);
                values.Add(info.Name, elements);
            }
            foreach ((string name, double[] elements) in values)
                trainer.State.Write(name, elements);
            return trainer;
        }
        catch
        {
            trainer.Dispose();
            throw;
        }
    }

    /// <summary>The tensors of the network by name.</summary>
    internal static Dictionary<string, PyTorchTensor> State(string path)
    {
        object? value = PyTorchFile.Read(path);
        if (value is not Dictionary<object, object?> file)
            throw new JtrFormatException(path, "holds no dictionary, as a checkpoint does");
        object? found = _stateKeys.Select(k => file.GetValueOrDefault(k)).FirstOrDefault(v => v is not null);
        // A file of the state alone is as good.
        if (found is null && file.Values.Any(v => v is PyTorchTensor))
            found = file;
        if (found is not Dictionary<object, object?> entries)
            throw new JtrFormatException(
                path,
                $"has no {string.Join(" and no ", _stateKeys)}; it has {string.Join(", ", file.Keys.Take(8))}"
            );
        Dictionary<string, PyTorchTensor> state = new(StringComparer.Ordinal);
        foreach ((object key, object? entry) in entries)
        {
            if (key is not string name || entry is not PyTorchTensor tensor)
                throw new JtrFormatException(path, $"the state's entry '{key}' is no tensor");
            state[name.StartsWith(ParallelPrefix, StringComparison.Ordinal) ? name[ParallelPrefix.Length..] : name] = tensor;
        }
        return state;
    }

    private static PyTorchTensor Find(string path, Dictionary<string, PyTorchTensor> state, string name) =>
        state.TryGetValue(name, out PyTorchTensor? tensor)
        && (tensor.Sizes.Length > 0 || name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))
            ? tensor
            : throw new JtrFormatException(path, $"its network has no '{name}', as the published multi-task SegNet does");

    private static void CheckHeads(string path, Dictionary<string, PyTorchTensor> state, TaskSet tasks)
    {
        for (int t = 0; t < tasks.Count; t++)
        {
            string head = $"pred_task{t + 1}.1.weight";
            if (!state.TryGetValue(head, out PyTorchTensor? weight) || weight.Sizes.Length == 0)
                throw new ArgumentException(
                    $"{path} has no head for task {t + 1} ('{tasks[t].Name}'): '{head}' is not there",
                    nameof(tasks)
                );
            if (weight.Sizes[0] != tasks[t].Channels)
                throw new ArgumentException(
                    $"task {t + 1} ('{tasks[t].Name}') has {tasks[t].Channels} channels, its head in {path} has {weight.Sizes[0]}",
                    nameof(tasks)
                );
        }
    }
}
