using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Export;

/// <summary>Writes a network, as the native library describes it, operation by operation.</summary>
internal static class NetworkGraphExport
{
    /// <summary>Writes the network.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="writer">Writes the operations.</param>
    /// <param name="image">The input, [N, 3, H, W] RGB in [0, 1].</param>
    /// <param name="inputs">The further inputs and what the writer calls each.</param>
    /// <param name="present">What the writer calls [N, inputs] of 1 and 0.</param>
    /// <param name="tasks">The tasks, by the numbers of the outputs.</param>
    public static void Write(
        NetworkGraph graph,
        INetworkWriter writer,
        string image,
        IReadOnlyList<(InputSpec Input, string Name)> inputs,
        string present,
        TaskSet tasks
    )
    {
        if (graph.Nodes.Count == 0)
            throw new NotSupportedException(
                "the network has an encoder out of a TorchScript file, whose operations are not known: only its weights can be exported"
            );
        Dictionary<string, string> values = new(StringComparer.Ordinal) { [NetworkGraph.Image] = writer.Pad(image, graph.Stride) };
        foreach ((InputSpec input, string name) in inputs)
            values[NetworkGraph.OfInput(input.Name)] = input.IsPlanes ? writer.Pad(name, graph.Stride) : writer.Vector(name);
        if (inputs.Count > 0)
            values[NetworkGraph.Present] = writer.Vector(present);
        ILookup<string, GraphNode> readers = graph
            .Nodes.SelectMany(n => n.Inputs.Select(i => (Value: i, Node: n)))
            .ToLookup(r => r.Value, r => r.Node, StringComparer.Ordinal);
        foreach (GraphNode node in graph.Nodes)
        {
            // Written together with its convolution.
            if (node.Operation == "norm" && values.ContainsKey(node.Outputs[0]))
                continue;
            string[] read = [.. node.Inputs.Select(i => values[i])];
            if (node.Operation == "output")
            {
                VisionTask task = tasks[node.Number("task")];
                string value = task.Kind.Extent == TaskExtent.Pixel ? writer.Cut(read[0], image) : writer.ElementAffine(read[0], task);
                writer.Output(task.Name, task.Kind.PredictsDirections ? writer.Normalize(value) : value);
            }
            else if (node.Operation == "max_pool_with_places")
            {
                (values[node.Outputs[0]], values[node.Outputs[1]]) = writer.Pool(read[0]);
            }
            else if (node.Operation == "convolve" && readers[node.Outputs[0]].ToArray() is [{ Operation: "norm" } norm])
            {
                values[norm.Outputs[0]] = writer.ConvolveNorm(
                    read[0],
                    node.Text("weight"),
                    node.OptionalText("bias"),
                    Window(node),
                    norm.Text("name"),
                    Epsilon(norm)
                );
            }
            else
            {
                values[node.Outputs[0]] = Value(node, read, writer);
            }
        }
    }

    private static string Value(GraphNode node, string[] inputs, INetworkWriter writer) =>
        node.Operation switch
        {
            "channel_affine" => writer.ChannelAffine(
                inputs[0],
                [.. node.Numbers("order").Select(o => (int)o)],
                node.Numbers("scale"),
                node.Numbers("shift")
            ),
            "convolve" => writer.Convolve(inputs[0], node.Text("weight"), node.OptionalText("bias"), Window(node)),
            "norm" => writer.Norm(inputs[0], node.Text("name"), Epsilon(node)),
            "relu" => writer.Relu(inputs[0]),
            "add" => writer.Add(inputs[0], inputs[1]),
            "multiply" => writer.Multiply(inputs[0], inputs[1]),
            "sigmoid" => writer.Sigmoid(inputs[0]),
            "softmax" => writer.Softmax(inputs[0]),
            "present" => writer.Present(inputs[0], node.Number("input")),
            "as_map" => writer.AsMap(inputs[0]),
            "max_pool" => writer.MaxPool(inputs[0], node.Number("kernel"), node.Number("stride"), node.Number("padding")),
            "unpool" => writer.Unpool(inputs[0], inputs[1]),
            "upsample" => writer.Upsample(inputs[0], node.Number("factor")),
            "concatenate" => writer.Concatenate(inputs),
            "mean" => writer.Mean(inputs[0]),
            "expand" => writer.Expand(inputs[0], inputs[1]),
            "linear" => writer.Linear(inputs[0], node.Text("weight"), node.Text("bias")),
            _ => throw new JtrException($"there is no export of the network's operation '{node.Operation}'"),
        };

    private static ConvolutionWindow Window(GraphNode node) =>
        new(node.Number("kernel"), node.Number("stride"), node.Number("dilation"), node.Number("padding"));

    private static double Epsilon(GraphNode norm) => norm.Settings.GetProperty("epsilon").GetDouble();
}
