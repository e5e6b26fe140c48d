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
    /// <exception cref="JtrFormatException">It is damaged, or was not written by a trainer.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static NetworkWeights Read(string checkpoint)
    {
        CheckpointInfo info = CheckpointInfo.Read(checkpoint);
        IReadOnlyList<SafetensorsTensor> tensors = SafetensorsFile.Read(checkpoint, n => Predictor.IsOfNetwork(n, info.Options, info.Step));
        if (tensors.Any(t => Predictor.IsSeparate(t.Name)))
            throw new JtrFormatException(checkpoint, SeveralNetworks);
        return new(info.Options, info.Step, ByName(tensors));
    }

    /// <summary>Takes the network of a trainer as it is now.</summary>
    public static NetworkWeights Of(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        if (trainer.State.Any(i => Predictor.IsSeparate(i.Name)))
            throw new ArgumentException(SeveralNetworks, nameof(trainer));
        return new(
            trainer.Options,
            trainer.StepCount,
            ByName(
                trainer
                    .State.Where(i => Predictor.IsOfNetwork(i.Name, trainer.Options, trainer.StepCount))
                    .Select(i => SafetensorsTensor.Of(i.Name, SafetensorsType.F64, i.Shape, trainer.State.Read(i.Name)))
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

    private static Dictionary<string, SafetensorsTensor> ByName(IEnumerable<SafetensorsTensor> tensors) =>
        tensors
            .Select(t =>
            {
                string name = Predictor.Plain(t.Name)[Predictor.NetworkPrefix.Length..];
                SafetensorsType type = name.EndsWith(CounterSuffix, StringComparison.Ordinal) ? SafetensorsType.I64 : SafetensorsType.F32;
                return t.Type == type ? t with { Name = name } : SafetensorsTensor.Of(name, type, t.Shape, t.ToDoubles());
            })
            .ToDictionary(t => t.Name, StringComparer.Ordinal);
}
