using Jtr.Interop.Checkpoints;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Inference;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Export;

/// <summary>A multi-task network as it is exported: its tasks, its weights under their published names, and where they come from.</summary>
/// <param name="Options">What the network is made of.</param>
/// <param name="Step">Training steps that it has seen.</param>
/// <param name="Tensors">Weights and norm statistics by name, such as "encoder_block.0.0.weight"; in 32 bits.</param>
internal sealed record NetworkWeights(TrainerOptions Options, long Step, IReadOnlyDictionary<string, SafetensorsTensor> Tensors)
{
    /// <summary>Counters of the norms: of use for training only.</summary>
    public const string CounterSuffix = ".num_batches_tracked";

    private const string SeveralNetworks = "has a network for each task (method single_task), and an export holds one network";

    /// <summary>What the network computes.</summary>
    public NetworkGraph Graph
    {
        get => _graph ??= Trainer.GraphOf(Options);
        init => _graph = value;
    }

    private NetworkGraph? _graph;

    /// <summary>The tasks, in the order of the heads.</summary>
    public TaskSet Tasks => Options.Tasks;

    /// <summary>The inputs beside the photograph.</summary>
    public InputSet Inputs => Options.Inputs;

    /// <summary>Reads the network of a checkpoint.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="asDomain">The domain whose norms it has; null: the mixture.</param>
    /// <exception cref="ArgumentException">The network has no norms of that domain.</exception>
    /// <exception cref="JtrFormatException">It is damaged, or was not written by a trainer.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static NetworkWeights Read(string checkpoint, string? asDomain = null)
    {
        CheckpointInfo info = CheckpointInfo.Read(checkpoint);
        NetworkTensors wanted = new(info.Options, info.Step, asDomain);
        List<string> names = [];
        IReadOnlyList<SafetensorsTensor> tensors = SafetensorsFile.Read(checkpoint, n => wanted.Has(n, names));
        wanted.CheckDomain(names, n => SafetensorsFile.Read(checkpoint, m => m == n)[0].ToDoubles());
        if (tensors.Any(t => wanted.IsSeparate(t.Name)))
            throw new JtrFormatException(checkpoint, SeveralNetworks);
        foreach (SafetensorsTensor tensor in tensors)
            FiniteWeights.Of(checkpoint, tensor);
        return new(info.Options, info.Step, ByName(wanted.Choose(tensors, t => t.Name)));
    }

    /// <summary>Takes the network of a trainer as it is now.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="asDomain">The domain whose norms it has; null: the mixture.</param>
    public static NetworkWeights Of(Trainer trainer, string? asDomain = null)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        NetworkTensors wanted = new(trainer.Options, trainer.StepCount, asDomain);
        wanted.CheckDomain(trainer.State.Select(i => i.Name), trainer.State.Read);
        if (trainer.State.Any(i => wanted.IsSeparate(i.Name)))
            throw new ArgumentException(SeveralNetworks, nameof(trainer));
        Dictionary<string, TensorInfo> chosen = wanted.Choose(trainer.State, i => i.Name);
        return new(
            trainer.Options,
            trainer.StepCount,
            ByName(
                chosen.Select(i => new KeyValuePair<string, SafetensorsTensor>(
                    i.Key,
                    SafetensorsTensor.Of(i.Key, SafetensorsType.F64, i.Value.Shape, trainer.State.Read(i.Value.Name))
                ))
            )
        )
        {
            Graph = trainer.Graph,
        };
    }

    /// <summary>A tensor by its name.</summary>
    /// <exception cref="JtrFormatException">There is none, or it has another number of elements than its shape says.</exception>
    public SafetensorsTensor this[string name] =>
        Tensors.TryGetValue(name, out SafetensorsTensor? tensor)
            ? tensor
            : throw new JtrFormatException($"the network has no tensor '{name}'");

    private static Dictionary<string, SafetensorsTensor> ByName(IEnumerable<KeyValuePair<string, SafetensorsTensor>> tensors) =>
        tensors
            .Select(t =>
            {
                string name = t.Key[NetworkTensors.NetworkPrefix.Length..];
                SafetensorsType type = name.EndsWith(CounterSuffix, StringComparison.Ordinal) ? SafetensorsType.I64 : SafetensorsType.F32;
                return t.Value.Type == type
                    ? t.Value with
                    {
                        Name = name,
                    }
                    : SafetensorsTensor.Of(name, type, t.Value.Shape, t.Value.ToDoubles());
            })
            .ToDictionary(t => t.Name, StringComparer.Ordinal);
}
