using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Native;

namespace Jtr.Interop.Weights;

/// <summary>
/// Finds the weights of a backbone in an ONNX file, whatever their names there: both graphs are walked from the backbone's first
/// convolution on,
/// operation by operation.
/// </summary>
/// <param name="file">The file.</param>
internal sealed class OnnxMatch(OnnxFile file)
{
    private const string Backbone = "backbone.";
    private const double OwnEpsilon = 1e-5;

    private readonly ILookup<string, OnnxNode> _readers = file
        .Nodes.SelectMany(n => n.Inputs.Distinct(StringComparer.Ordinal).Select(i => (Value: i, Node: n)))
        .ToLookup(r => r.Value, r => r.Node, StringComparer.Ordinal);
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<OnnxNode> _taken = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, SafetensorsTensor> _weights = new(StringComparer.Ordinal);

    // Bias of a convolution that a norm was folded into, by its value.
    private readonly Dictionary<string, string> _folded = new(StringComparer.Ordinal);
    private int _furthest = -1;

    /// <summary>The backbone's weights by their names in the network, such as "backbone.conv1.weight".</summary>
    /// <param name="graph">The network.</param>
    /// <param name="shapes">Sizes of its tensors.</param>
    /// <exception cref="JtrFormatException">The file's graph is not the backbone's, or its weights are damaged.</exception>
    public IReadOnlyDictionary<string, SafetensorsTensor> Match(NetworkGraph graph, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes)
    {
        GraphNode[] nodes = [.. OfTheBackbone(graph)];
        if (nodes.Length == 0)
            throw new JtrFormatException(file.Path, "holds a backbone, and the network has none (give it --backbone)");
        // What comes before the first convolution, such as the transform of the image, is the file's own.
        foreach (string input in file.Nodes.Where(n => n.Operation == "Conv" && n.Inputs.Count > 0).Select(n => n.Inputs[0]).Distinct())
        {
            _values[nodes[0].Inputs[0]] = input;
            if (Walk(nodes, 0, shapes))
                return _weights;
        }
        if (_furthest < 0)
            throw new JtrFormatException(file.Path, "has no convolution of the sizes of the backbone's first");
        GraphNode failed = nodes[_furthest];
        throw new JtrFormatException(
            file.Path,
            $"its graph is not that of the backbone: {_furthest} of {nodes.Length} operations are there, and then no "
                + $"{failed.Operation}{(NameOf(failed) is { } name ? $" for '{name}'" : "")} of the same sizes"
        );
    }

    /// <summary>The operations between the transform of the image and the first that is not of the backbone.</summary>
    private static IEnumerable<GraphNode> OfTheBackbone(NetworkGraph graph)
    {
        IEnumerable<GraphNode> nodes = graph.Nodes.SkipWhile(n => n.Operation == "channel_affine");
        if (nodes.FirstOrDefault() is not { } first || NameOf(first)?.StartsWith(Backbone, StringComparison.Ordinal) != true)
            return [];
        return nodes.TakeWhile(n =>
            NameOf(n)?.StartsWith(Backbone, StringComparison.Ordinal) ?? n.Operation is "relu" or "add" or "max_pool"
        );
    }

    private static string? NameOf(GraphNode node) => node.OptionalText("weight") ?? node.OptionalText("name");

    /// <summary>Matches the operations from one on; what did not lead to the end is undone.</summary>
    private bool Walk(GraphNode[] nodes, int at, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes)
    {
        if (at == nodes.Length)
            return true;
        GraphNode node = nodes[at];
        // A norm that was folded into its convolution is no operation.
        if (node.Operation == "norm" && _folded.TryGetValue(_values[node.Inputs[0]], out string? bias) && TakeFolded(node, bias))
        {
            _values[node.Outputs[0]] = _values[node.Inputs[0]];
            if (Walk(nodes, at + 1, shapes))
                return true;
        }
        foreach (OnnxNode candidate in _readers[_values[node.Inputs[0]]].Where(c => !_taken.Contains(c) && Fits(node, c, shapes)))
        {
            _furthest = Math.Max(_furthest, at + 1);
            _taken.Add(candidate);
            _values[node.Outputs[0]] = candidate.Outputs[0];
            Take(node, candidate);
            if (Walk(nodes, at + 1, shapes))
                return true;
            _taken.Remove(candidate);
        }
        return false;
    }

    private bool Fits(GraphNode node, OnnxNode candidate, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes) =>
        node.Operation switch
        {
            "convolve" => candidate.Operation == "Conv"
                && candidate.Inputs.Count >= 2
                && file.Tensors.TryGetValue(candidate.Inputs[1], out OnnxTensor? weight)
                && weight.Shape.SequenceEqual(shapes[node.Text("weight")])
                && Is(candidate, "strides", node.Number("stride"))
                && Is(candidate, "dilations", node.Number("dilation"))
                && Is(candidate, "group", 1),
            "norm" => candidate.Operation == "BatchNormalization"
                && candidate.Inputs.Count >= 5
                && candidate
                    .Inputs.Skip(1)
                    .Take(4)
                    .All(i =>
                        file.Tensors.TryGetValue(i, out OnnxTensor? t) && t.Shape.SequenceEqual(shapes[$"{node.Text("name")}.weight"])
                    ),
            "relu" => candidate.Operation == "Relu",
            "add" => candidate.Operation is "Add" or "Sum" && candidate.Inputs.Contains(_values[node.Inputs[1]], StringComparer.Ordinal),
            "max_pool" => candidate.Operation == "MaxPool"
                && Is(candidate, "kernel_shape", node.Number("kernel"))
                && Is(candidate, "strides", node.Number("stride")),
            _ => false,
        };

    /// <summary>Whether an attribute, by default 1, has this value throughout.</summary>
    private static bool Is(OnnxNode node, string attribute, long value) =>
        node.Numbers.TryGetValue(attribute, out IReadOnlyList<long>? values) ? values.All(v => v == value) : value == 1;

    private void Take(GraphNode node, OnnxNode candidate)
    {
        if (node.Operation == "convolve")
        {
            Add(node.Text("weight"), candidate.Inputs[1]);
            if (candidate.Inputs.Count > 2 && candidate.Inputs[2].Length > 0)
                _folded[candidate.Outputs[0]] = candidate.Inputs[2];
        }
        else if (node.Operation == "norm")
        {
            string name = node.Text("name");
            string[] parts = ["weight", "bias", "running_mean", "running_var"];
            for (int i = 0; i < parts.Length; i++)
                Add($"{name}.{parts[i]}", candidate.Inputs[i + 1]);
            float epsilon = candidate.Floats.GetValueOrDefault("epsilon", (float)OwnEpsilon);
            string variance = $"{name}.running_var";
            if (epsilon != (float)OwnEpsilon)
                _weights[variance] = Mapped(_weights[variance], v => v + epsilon - OwnEpsilon);
            // A bias that the convolution had before the norm moves into its mean.
            if (_folded.TryGetValue(candidate.Inputs[0], out string? bias) && file.Tensors.TryGetValue(bias, out OnnxTensor? tensor))
            {
                double[] shift = tensor.ToWeights(file.Path).ToDoubles();
                int i = 0;
                _weights[$"{name}.running_mean"] = Mapped(_weights[$"{name}.running_mean"], v => v - shift[i++]);
            }
        }
    }

    /// <summary>A norm that leaves everything as it is but adds the bias.</summary>
    private bool TakeFolded(GraphNode node, string bias)
    {
        if (!file.Tensors.TryGetValue(bias, out OnnxTensor? tensor))
            return false;
        SafetensorsTensor values = tensor.ToWeights(file.Path);
        string name = node.Text("name");
        _weights[$"{name}.weight"] = Mapped(values, _ => 1);
        _weights[$"{name}.bias"] = values;
        _weights[$"{name}.running_mean"] = Mapped(values, _ => 0);
        _weights[$"{name}.running_var"] = Mapped(values, _ => 1 - OwnEpsilon);
        return true;
    }

    private void Add(string name, string tensor) => _weights[name] = file.Tensors[tensor].ToWeights(file.Path);

    private static SafetensorsTensor Mapped(SafetensorsTensor tensor, Func<double, double> change) =>
        SafetensorsTensor.Of(tensor.Name, SafetensorsType.F64, tensor.Shape, [.. tensor.ToDoubles().Select(change)]);
}
