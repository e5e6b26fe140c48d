using System.Globalization;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Export;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Jtr.Interop.Weights;

namespace Jtr.Interop.Training;

/// <summary>
/// The weights of a file under names that say the task of a head, so that they find their places in a network with other tasks.
/// </summary>
internal sealed class InitWeights
{
    private const string AveragePrefix = "ema/";
    private const string Network = "model";

    // What stands before the number of a head: in a SegNet, as published, and in networks of a backbone and a decoder.
    private static readonly string[] _heads = ["pred_task", "head"];

    // What else has a task's number.
    private static readonly string[] _numbered = [.. _heads, "prototypes.read", "prototypes.write"];
    private const int NamesInMessages = 3;

    private readonly string _path;
    private readonly Dictionary<string, SafetensorsTensor> _tensors = new(StringComparer.Ordinal);

    // Name and kind of each head's task; null where the file does not say them, and heads go by their numbers.
    private readonly IReadOnlyList<string>? _tasks;

    // Tensors that stand under names of another library, by these.
    private IReadOnlyList<SafetensorsTensor> _foreign = [];
    private OnnxFile? _onnx;
    private bool _strict;

    private InitWeights(string path, IReadOnlyList<string>? tasks) => (_path, _tasks) = (path, tasks);

    /// <summary>Reads the weights of a file that a trainer can use.</summary>
    /// <param name="from">The file.</param>
    /// <param name="target">What the trainer is made of.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="JtrFormatException">It is no safetensors file, or damaged.</exception>
    public static InitWeights Read(InitFrom from, TrainerOptions target)
    {
        from = @from with { Path = CheckpointFile.Find(from.Path) };
        InitWeights weights = WeightFile.KindOf(from.Path) switch
        {
            WeightFileKind.Onnx => new(from.Path, null) { _onnx = OnnxFile.Read(from.Path) },
            WeightFileKind.PyTorch => new(from.Path, null) { _foreign = WeightFile.ReadPyTorch(from.Path) },
            _ => ReadSafetensors(from, target),
        };
        weights._strict = from.Strict;
        return weights;
    }

    private static InitWeights ReadSafetensors(InitFrom from, TrainerOptions target)
    {
        string path = from.Path;
        IReadOnlyDictionary<string, string> metadata = SafetensorsFile.ReadMetadata(path);
        TrainerOptions? source = metadata.TryGetValue(CheckpointInfo.OptionsKey, out string? options)
            ? OptionsDocument.Read(options, path)
            : null;
        bool hasAverage = source?.EmaDecay is not null && metadata.GetValueOrDefault("jtr.step") is not (null or "0");
        bool isAveraged = hasAverage && from.Averaged;
        InitWeights weights = new(path, source is not null ? Keys(source.Tasks) : TasksOfExport(metadata));
        // What a method has beside the network depends on all tasks and their order.
        if (source is null && weights._tasks is null)
        {
            weights._foreign = SafetensorsFile.Read(path, _ => true);
            return weights;
        }
        bool isSameMethod = source is not null && source.Method == target.Method && Keys(source.Tasks).SequenceEqual(Keys(target.Tasks));
        foreach (SafetensorsTensor tensor in SafetensorsFile.Read(path, IsWanted))
        {
            string name = tensor.Name.StartsWith(AveragePrefix, StringComparison.Ordinal)
                ? tensor.Name[AveragePrefix.Length..]
                : tensor.Name;
            // Published names have no prefix.
            if (!name.Contains('/', StringComparison.Ordinal))
                name = $"{Network}/{name}";
            weights._tensors[Key(name, weights._tasks)] = tensor;
        }
        return weights;

        bool IsWanted(string name)
        {
            bool average = name.StartsWith(AveragePrefix, StringComparison.Ordinal);
            string plain = average ? name[AveragePrefix.Length..] : name;
            if (IsOfNetwork(plain))
                return average == isAveraged;
            return source is null ? !name.Contains('/', StringComparison.Ordinal) : isSameMethod && !average && !IsState(name);
        }
    }

    /// <summary>Gives a trainer the values that fit it.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="parameter">Who gave the file, for messages.</param>
    /// <exception cref="ArgumentException">No weight fits.</exception>
    public InitReport Apply(Trainer trainer, string parameter)
    {
        IReadOnlyList<string>? keys = _tasks is null ? null : Keys(trainer.Tasks);
        TensorInfo[] places =
        [
            .. trainer.State.Where(i => !i.Name.StartsWith(AveragePrefix, StringComparison.Ordinal) && !IsState(i.Name)),
        ];
        Func<string, bool> isSkipped = Translate(trainer, places);
        List<(TensorInfo Place, SafetensorsTensor Tensor)> matched = [];
        List<string> missing = [];
        List<InitMismatch> others = [];
        HashSet<string> used = new(StringComparer.Ordinal);
        foreach (TensorInfo place in places)
        {
            if (Find(Key(place.Name, keys)) is not { } tensor)
            {
                // Counters of batches are of no use where the statistics came from elsewhere, and other libraries keep none.
                if (_onnx is null || !place.Name.EndsWith(NetworkWeights.CounterSuffix, StringComparison.Ordinal))
                    missing.Add(place.Name);
                continue;
            }
            used.Add(tensor.Name);
            if (tensor.Shape.SequenceEqual(place.Shape) || FirstConvolution.Serves(place.Name, place.Shape, tensor.Shape))
                matched.Add((place, tensor));
            else
                others.Add(new InitMismatch(place.Name, place.Shape, tensor.Shape));
        }
        // Counters and single biases fit every network.
        if (!matched.Any(m => m.Place.Shape.Count > 1))
            throw NothingFits(trainer, others, parameter);
        string[] unused =
        [
            .. _tensors
                .Values.Concat(_foreign)
                .Select(t => t.Name)
                .Distinct(StringComparer.Ordinal)
                .Where(n => !used.Contains(n) && !isSkipped(n))
                .Order(StringComparer.Ordinal),
        ];
        if (_strict)
            RequireAll(missing, others, unused, parameter);
        foreach ((TensorInfo place, SafetensorsTensor tensor) in matched)
        {
            bool isSpread = !tensor.Shape.SequenceEqual(place.Shape);
            double[] values = isSpread ? FirstConvolution.Spread(tensor, (int)place.Shape[1]) : tensor.ToDoubles();
            FiniteWeights.Check(_path, tensor.Name, values);
            trainer.State.Write(place.Name, values);
            if (trainer.State.Contains(AveragePrefix + place.Name))
                trainer.State.Write(AveragePrefix + place.Name, values);
        }

        ILookup<bool, string> heads = trainer
            .Tasks.Select((t, i) => (t.Name, Fresh: missing.Concat(others.Select(o => o.Name)).Any(n => IsHead(n, i))))
            .ToLookup(h => h.Fresh, h => h.Name);
        return new InitReport
        {
            Path = _path,
            Matched = [.. matched.Select(m => m.Place.Name)],
            Missing = missing,
            OtherShape = others,
            Spread =
            [
                .. matched
                    .Where(m => !m.Tensor.Shape.SequenceEqual(m.Place.Shape))
                    .Select(m => new InitMismatch(m.Place.Name, m.Place.Shape, m.Tensor.Shape)),
            ],
            Unused = unused,
            MatchedHeads = [.. heads[false]],
            FreshHeads = [.. heads[true]],
        };
    }

    /// <summary>Puts tensors of other libraries under the network's names.</summary>
    /// <returns>Says of a name in the file whether no backbone has a use for it.</returns>
    private Func<string, bool> Translate(Trainer trainer, TensorInfo[] places)
    {
        if (_onnx is not null)
        {
            // Networks of a task each have the same backbone, which takes the same weights.
            Dictionary<string, IReadOnlyList<long>> shapes = new(StringComparer.Ordinal);
            foreach (TensorInfo place in places.Where(p => IsOfNetwork(p.Name)))
            {
                string name = place.Name[(place.Name.IndexOf('/', StringComparison.Ordinal) + 1)..];
                shapes[name] = name == FirstConvolution.Name ? FirstConvolution.OfColors(place.Shape) : [.. place.Shape];
            }
            NetworkGraph graph = trainer.Graph.Nodes.Count > 0 ? trainer.Graph : Trainer.GraphOf(trainer.Options);
            foreach ((string found, SafetensorsTensor tensor) in new OnnxMatch(_onnx).Match(graph, shapes))
                _tensors[$"{Network}/{found}"] = tensor;
            return _ => false;
        }
        if (_foreign.Count == 0)
            return _ => false;
        HashSet<string> known = [.. places.Select(p => p.Name)];
        (NameMap? Map, int Found) best = (null, _foreign.Count(t => known.Contains($"{Network}/{t.Name}")));
        foreach (NameMap map in NameMap.All)
        {
            int found = _foreign.Count(t => known.Contains($"{Network}/{map.Apply(t.Name)}"));
            if (found > best.Found)
                best = (map, found);
        }
        foreach (SafetensorsTensor tensor in _foreign)
            _tensors[$"{Network}/{best.Map?.Apply(tensor.Name) ?? tensor.Name}"] = tensor;
        return name => best.Map?.IsSkipped(name) == true;
    }

    private void RequireAll(List<string> missing, List<InitMismatch> others, string[] unused, string parameter)
    {
        string[] lacking =
        [
            .. missing.Where(n =>
                IsOfNetwork(n)
                && !_heads.Any(h => n.Contains($"/{h}", StringComparison.Ordinal))
                && !n.Contains("/decoder.", StringComparison.Ordinal)
            ),
        ];
        string? why =
            lacking.Length > 0 ? $"it lacks {lacking.Length} tensors of the network: {Names(lacking)}"
            : others.Count > 0 ? $"{others.Count} of its tensors have other shapes: {Names(others.Select(o => o.Name))}"
            : unused.Length > 0 ? $"the network has no place for {unused.Length} of its tensors: {Names(unused)}"
            : null;
        if (why is not null)
            throw new ArgumentException($"{_path} does not fit strictly: {why}", parameter);
    }

    /// <summary>The tensor for a place. A network for each task takes what the file has for all tasks.</summary>
    private SafetensorsTensor? Find(string key)
    {
        if (_tensors.TryGetValue(key, out SafetensorsTensor? own))
            return own;
        return key.StartsWith($"{Network}.", StringComparison.Ordinal)
            ? _tensors.GetValueOrDefault(Network + key[key.IndexOf('/', StringComparison.Ordinal)..])
            : null;
    }

    private ArgumentException NothingFits(Trainer trainer, List<InitMismatch> others, string parameter)
    {
        string why =
            others.Count > 0
                ? $"shapes differ, such as {others[0].Name}: [{string.Join(", ", others[0].FileShape)}] in the file, "
                    + $"[{string.Join(", ", others[0].Shape)}] in the network"
            : _tensors.Count + _foreign.Count == 0 ? "it holds no weights of a network"
            : $"it has {Names(_tensors.Values.Select(t => t.Name))}; the network has {Names(trainer.State.Select(i => i.Name))}";
        return new ArgumentException($"{_path} has no weight that fits the network: {why}", parameter);
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Take(NamesInMessages)) + ", ...";

    /// <summary>A name with the task of a head in place of its number.</summary>
    private static string Key(string name, IReadOnlyList<string>? tasks)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string rest = name[(slash + 1)..];
        string? head = Array.Find(_numbered, h => rest.StartsWith(h, StringComparison.Ordinal));
        int dot = head is null ? -1 : rest.IndexOf('.', head.Length);
        if (tasks is null || head is null || dot < 0)
            return name;
        return
            int.TryParse(rest.AsSpan(head.Length, dot - head.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= 1
            && number <= tasks.Count
            ? $"{name[..(slash + 1)]}{head}({tasks[number - 1]}){rest[dot..]}"
            : name;
    }

    private static bool IsHead(string name, int task) =>
        Array.Exists(_heads, h => name.Contains(string.Create(CultureInfo.InvariantCulture, $"/{h}{task + 1}."), StringComparison.Ordinal));

    private static bool IsOfNetwork(string name) =>
        name.StartsWith($"{Network}/", StringComparison.Ordinal)
        || (name.StartsWith($"{Network}.", StringComparison.Ordinal) && name.Contains('/', StringComparison.Ordinal));

    /// <summary>Whether a tensor tells of a run and not of what was learnt: moments of the optimiser, weights of the balancing.</summary>
    private static bool IsState(string name)
    {
        string first = name[..Math.Max(0, name.IndexOf('/', StringComparison.Ordinal))];
        return first.Length == 0
            || first is "balancing" or "domains"
            || first.Contains('.', StringComparison.Ordinal) && !IsOfNetwork(name);
    }

    private static string[] Keys(TaskSet tasks) => [.. tasks.Select(t => $"{t.Name}={t.Kind}")];

    /// <summary>
    /// The tasks as <see cref="Export.SafetensorsExport"/> writes them, "seg=Segmentation:13, depth=Depth:1"; null where they are not said.
    /// </summary>
    private static string[]? TasksOfExport(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue("jtr.tasks", out string? tasks) ? [.. tasks.Split(", ").Select(t => t.Split(':')[0])] : null;
}
