using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Protobuf;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Export.Onnx;

/// <summary>Writes a network as an ONNX GraphProto. Field numbers are those of onnx.proto; operators are of opset 17.</summary>
internal sealed class OnnxGraphWriter(NetworkWeights network) : INetworkWriter
{
    private const int TypeFloat = 1,
        TypeInt64 = 7;
    private const int AttributeFloat = 1,
        AttributeInt = 2,
        AttributeText = 3,
        AttributeInts = 7;
    private const string ChannelAxis = "jtr.channel_axis",
        SmallestSquare = "jtr.smallest_square",
        ChannelOrder = "jtr.channel_order",
        InputScale = "jtr.input_scale",
        InputShift = "jtr.input_shift";

    private readonly ProtoMessage _graph = new();
    private readonly HashSet<string> _initializers = new(StringComparer.Ordinal);
    private readonly List<(VisionTask Task, string Value)> _outputs = [];
    private int _node;

    /// <summary>The network as a graph.</summary>
    /// <param name="options">Names and sizes.</param>
    public ProtoMessage Write(OnnxExportOptions options)
    {
        NetworkGraphExport.Write(network.Graph, this, options.InputName, network.Tasks);
        _graph.Text(2, "jtr");
        (long? batch, long? height, long? width) = (options.Batch, options.Height, options.Width);
        _graph.Message(11, Value(options.InputName, batch, 3, height, width));
        foreach ((VisionTask task, string value) in _outputs)
            _graph.Message(12, Value(value, batch, task.Channels, height, width));
        return _graph;
    }

    public string ChannelAffine(string input, int[] order, double[] scale, double[] shift)
    {
        string value = input;
        if (!order.SequenceEqual(Enumerable.Range(0, order.Length)))
        {
            Initializer(ChannelOrder, TypeInt64, [order.Length], order.SelectMany(o => BitConverter.GetBytes((long)o)).ToArray());
            value = Node("Gather", [value, ChannelOrder], 1, Int("axis", 1))[0];
        }
        Initializer(InputScale, TypeFloat, [1, scale.Length, 1, 1], Floats(scale));
        Initializer(InputShift, TypeFloat, [1, shift.Length, 1, 1], Floats(shift));
        return Node("Add", [Node("Mul", [value, InputScale], 1)[0], InputShift], 1)[0];
    }

    public string Convolve(string input, string weight, string? bias, ConvolutionWindow window)
    {
        string[] inputs = bias is null ? [input, Weight(weight)] : [input, Weight(weight), Weight(bias)];
        return Node(
            "Conv",
            inputs,
            1,
            Ints("kernel_shape", window.Kernel, window.Kernel),
            Ints("pads", window.Padding, window.Padding, window.Padding, window.Padding),
            Ints("strides", window.Stride, window.Stride),
            Ints("dilations", window.Dilation, window.Dilation)
        )[0];
    }

    public string Norm(string input, string name, double epsilon) =>
        Node(
            "BatchNormalization",
            [input, Weight($"{name}.weight"), Weight($"{name}.bias"), Weight($"{name}.running_mean"), Weight($"{name}.running_var")],
            1,
            Float("epsilon", (float)epsilon)
        )[0];

    public string Relu(string input) => Node("Relu", [input], 1)[0];

    public string Add(string a, string b) => Node("Add", [a, b], 1)[0];

    public string MaxPool(string input, int kernel, int stride, int padding) =>
        Node(
            "MaxPool",
            [input],
            1,
            Ints("kernel_shape", kernel, kernel),
            Ints("strides", stride, stride),
            Ints("pads", padding, padding, padding, padding)
        )[0];

    public string Upsample(string input, int factor)
    {
        string scales = $"jtr.scales.{factor}";
        Initializer(scales, TypeFloat, [4], Floats([1, 1, factor, factor]));
        return Node("Resize", [input, "", scales], 1, Text("mode", "linear"), Text("coordinate_transformation_mode", "half_pixel"))[0];
    }

    public string Concatenate(IReadOnlyList<string> inputs) => Node("Concat", [.. inputs], 1, Int("axis", 1))[0];

    public string Mean(string input) => Node("GlobalAveragePool", [input], 1)[0];

    public string Expand(string input, string like) => Node("Expand", [input, Node("Shape", [like], 1)[0]], 1)[0];

    public string Linear(string input, string weight, string bias) =>
        Node("Gemm", [Node("Flatten", [input], 1)[0], Weight(weight), Weight(bias)], 1, Int("transB", 1))[0];

    public (string Pooled, string Places) Pool(string input)
    {
        string[] outputs = Node("MaxPool", [input], 2, Ints("kernel_shape", 2, 2), Ints("strides", 2, 2));
        return (outputs[0], outputs[1]);
    }

    public string Unpool(string input, string places) =>
        Node("MaxUnpool", [input, places], 1, Ints("kernel_shape", 2, 2), Ints("strides", 2, 2))[0];

    public string Normalize(string input)
    {
        Initializer(ChannelAxis, TypeInt64, [1], BitConverter.GetBytes(1L));
        Initializer(SmallestSquare, TypeFloat, [], BitConverter.GetBytes(1e-24f));
        string squares = Node("Mul", [input, input], 1)[0];
        string sum = Node("ReduceSum", [squares, ChannelAxis], 1, Int("keepdims", 1))[0];
        string length = Node("Sqrt", [Node("Max", [sum, SmallestSquare], 1)[0]], 1)[0];
        return Node("Div", [input, length], 1)[0];
    }

    public void Output(string task, string value)
    {
        // The task's own name, whatever the value is called inside.
        _graph.Message(1, new ProtoMessage().Text(1, value).Text(2, task).Text(4, "Identity").Text(3, $"output/{task}"));
        _outputs.Add((network.Tasks[task], task));
    }

    private string[] Node(string kind, string[] inputs, int outputs, params ProtoMessage[] attributes)
    {
        string name = $"jtr.{_node++}.{kind}";
        string[] values = [.. Enumerable.Range(0, outputs).Select(o => o == 0 ? name : $"{name}.{o}")];
        ProtoMessage node = new();
        foreach (string input in inputs)
            node.Text(1, input);
        foreach (string value in values)
            node.Text(2, value);
        node.Text(3, name).Text(4, kind);
        foreach (ProtoMessage attribute in attributes)
            node.Message(5, attribute);
        _graph.Message(1, node);
        return values;
    }

    private string Weight(string name)
    {
        SafetensorsTensor tensor = network[name];
        Initializer(name, TypeFloat, tensor.Shape, tensor.Data);
        return name;
    }

    private void Initializer(string name, int type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> data)
    {
        if (!_initializers.Add(name))
            return;
        ProtoMessage tensor = new();
        foreach (long size in shape)
            tensor.Number(1, size);
        _graph.Message(5, tensor.Number(2, type).Text(8, name).Bytes(9, data.Span));
    }

    private static ProtoMessage Value(string name, long? batch, long channels, long? height, long? width)
    {
        ProtoMessage shape = new();
        foreach ((long? size, string symbol) in new[] { (batch, "batch"), (channels, "channels"), (height, "height"), (width, "width") })
            shape.Message(1, size is { } number ? new ProtoMessage().Number(1, number) : new ProtoMessage().Text(2, symbol));
        return new ProtoMessage()
            .Text(1, name)
            .Message(2, new ProtoMessage().Message(1, new ProtoMessage().Number(1, TypeFloat).Message(2, shape)));
    }

    private static ProtoMessage Int(string name, long value) => new ProtoMessage().Text(1, name).Number(3, value).Number(20, AttributeInt);

    private static ProtoMessage Text(string name, string value) =>
        new ProtoMessage().Text(1, name).Text(4, value).Number(20, AttributeText);

    private static byte[] Floats(IReadOnlyCollection<double> values) => [.. values.SelectMany(v => BitConverter.GetBytes((float)v))];

    private static ProtoMessage Float(string name, float value) =>
        new ProtoMessage().Text(1, name).Single(2, value).Number(20, AttributeFloat);

    private static ProtoMessage Ints(string name, params long[] values)
    {
        ProtoMessage attribute = new ProtoMessage().Text(1, name);
        foreach (long value in values)
            attribute.Number(8, value);
        return attribute.Number(20, AttributeInts);
    }
}
