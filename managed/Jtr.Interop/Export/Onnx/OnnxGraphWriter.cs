using System.Globalization;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Protobuf;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Export.Onnx;

/// <summary>Writes a network as an ONNX GraphProto. Field numbers are those of onnx.proto; operators are of opset 17.</summary>
internal sealed class OnnxGraphWriter(NetworkWeights network) : INetworkWriter
{
    private const int TypeFloat = 1,
        TypeInt8 = 3,
        TypeInt64 = 7,
        TypeFloat16 = 10;

    // Convolutions of fewer channels cost little and lose much in whole numbers.
    private const int FewestQuantized = 16;
    private const int AttributeFloat = 1,
        AttributeInt = 2,
        AttributeText = 3,
        AttributeInts = 7;
    private const string ChannelAxis = "jtr.channel_axis",
        SmallestSquare = "jtr.smallest_square",
        ChannelOrder = "jtr.channel_order",
        InputPlace = "jtr.input",
        InputScale = "jtr.input_scale",
        InputShift = "jtr.input_shift",
        Rows = "jtr.rows",
        Columns = "jtr.columns",
        Stride = "jtr.stride",
        NoPadding = "jtr.no_padding",
        Corner = "jtr.corner",
        RowsAndColumns = "jtr.rows_and_columns";

    private readonly ProtoMessage _graph = new();
    private readonly HashSet<string> _initializers = new(StringComparer.Ordinal);
    private readonly List<(VisionTask Task, string Value)> _outputs = [];
    private OnnxExportOptions _options = new();
    private readonly Dictionary<string, (string Value, string Scale, string Zero)> _quantized = new(StringComparer.Ordinal);
    private bool _isCut;
    private string _size = "";
    private int _node;
    private int _affines;

    /// <summary>The network as a graph.</summary>
    /// <param name="options">Names and sizes.</param>
    public ProtoMessage Write(OnnxExportOptions options)
    {
        _options = options;
        (InputSpec Input, string Name)[] further = [.. network.Inputs.Select(i => (i, NetworkGraph.OfInput(i.Name)))];
        NetworkGraphExport.Write(network.Graph, this, options.InputName, further, NetworkGraph.Present, network.Tasks);
        _graph.Text(2, "jtr");
        (long? batch, long? height, long? width) = (options.Batch, options.Height, options.Width);
        _graph.Message(
            11,
            Value(options.InputName, (batch, "batch"), (network.Inputs.ImageChannels, "channels"), (height, "height"), (width, "width"))
        );
        foreach ((InputSpec input, string name) in further)
            _graph.Message(
                11,
                input.IsPlanes
                    ? Value(name, (batch, "batch"), (input.Channels, "channels"), (height, "height"), (width, "width"))
                    : Value(name, (batch, "batch"), (input.Channels, "channels"))
            );
        if (further.Length > 0)
            _graph.Message(11, Value(NetworkGraph.Present, (batch, "batch"), (further.Length, "inputs")));
        foreach ((VisionTask task, string value) in _outputs)
            _graph.Message(
                12,
                task.Kind.Extent == TaskExtent.Pixel
                    ? Value(value, (batch, "batch"), (task.Channels, "channels"), (height, "height"), (width, "width"))
                    : Value(value, (batch, "batch"), (task.Channels, "channels"))
            );
        return _graph;
    }

    public string Pad(string image, int stride)
    {
        // Of a size that is fixed and fits there is nothing to do.
        _isCut = !(_options.Height is { } h && h % stride == 0 && _options.Width is { } w && w % stride == 0);
        if (!_isCut)
            return Shortened(image);
        Integers(Rows, 2);
        Integers(Columns, 4);
        Integers(Stride, stride);
        Integers(NoPadding, 0, 0, 0, 0, 0, 0);
        _size = Node("Slice", [Node("Shape", [image], 1)[0], Rows, Columns], 1)[0];
        // (stride - size % stride) % stride
        string missing = Node("Mod", [Node("Sub", [Stride, Node("Mod", [_size, Stride], 1)[0]], 1)[0], Stride], 1)[0];
        string pads = Node("Concat", [NoPadding, missing], 1, Int("axis", 0))[0];
        return Shortened(Node("Pad", [image, pads], 1, Text("mode", "edge"))[0]);
    }

    public string Vector(string input) => Shortened(input);

    public string Present(string present, int input)
    {
        string place = $"{InputPlace}.{input}";
        Integers(place, input);
        return AsMap(Node("Gather", [present, place], 1, Int("axis", 1))[0]);
    }

    public string AsMap(string input)
    {
        Integers(RowsAndColumns, 2, 3);
        return Node("Unsqueeze", [input, RowsAndColumns], 1)[0];
    }

    public string Multiply(string a, string b) => Node("Mul", [a, b], 1)[0];

    public string Sigmoid(string input) => Node("Sigmoid", [input], 1)[0];

    public string Softmax(string input) => Node("Softmax", [input], 1, Int("axis", 1))[0];

    public string ElementAffine(string input, VisionTask task)
    {
        string value = InFull(input);
        if (task.Kind.OutputAffine(task) is not var (scale, shift))
            return value;
        (string byName, string plusName) = ($"jtr.scale.{task.Name}", $"jtr.shift.{task.Name}");
        Initializer(byName, TypeFloat, [1, scale.Length], Floats(scale));
        Initializer(plusName, TypeFloat, [1, shift.Length], Floats(shift));
        return Node("Add", [Node("Mul", [value, byName], 1)[0], plusName], 1)[0];
    }

    public string Cut(string input, string image)
    {
        string value = InFull(input);
        if (!_isCut)
            return value;
        Integers(Corner, 0, 0);
        Integers(RowsAndColumns, 2, 3);
        return Node("Slice", [value, Corner, _size, RowsAndColumns], 1)[0];
    }

    public string ChannelAffine(string input, int[] order, double[] scale, double[] shift)
    {
        string value = input,
            number = _affines == 0 ? "" : $".{_affines}";
        _affines++;
        if (!order.SequenceEqual(Enumerable.Range(0, order.Length)) || order.Length == 1)
        {
            Integers(ChannelOrder + number, [.. order.Select(o => (long)o)]);
            value = Node("Gather", [value, ChannelOrder + number], 1, Int("axis", 1))[0];
        }
        Numbers(InputScale + number, [1, scale.Length, 1, 1], scale);
        Numbers(InputShift + number, [1, shift.Length, 1, 1], shift);
        return Node("Add", [Node("Mul", [value, InputScale + number], 1)[0], InputShift + number], 1)[0];
    }

    public string Convolve(string input, string weight, string? bias, ConvolutionWindow window) =>
        Convolve(input, network[weight], bias is null ? null : network[bias], window);

    public string ConvolveNorm(string input, string weight, string? bias, ConvolutionWindow window, string norm, double epsilon)
    {
        if (_options.Precision == OnnxPrecision.Float32)
            return Norm(Convolve(input, weight, bias, window), norm, epsilon);
        // norm(W x + b) = (gamma / s) W x + (gamma / s) (b - mean) + beta, s = sqrt(var + epsilon)
        double[] gamma = network[$"{norm}.weight"].ToDoubles(),
            beta = network[$"{norm}.bias"].ToDoubles(),
            mean = network[$"{norm}.running_mean"].ToDoubles(),
            variance = network[$"{norm}.running_var"].ToDoubles();
        double[] values = network[weight].ToDoubles(),
            shift = bias is null ? new double[gamma.Length] : network[bias].ToDoubles();
        int window3 = values.Length / gamma.Length;
        for (int c = 0; c < gamma.Length; c++)
        {
            double scale = gamma[c] / Math.Sqrt(variance[c] + epsilon);
            shift[c] = scale * (shift[c] - mean[c]) + beta[c];
            for (int i = c * window3; i < (c + 1) * window3; i++)
                values[i] *= scale;
        }
        return Convolve(
            input,
            SafetensorsTensor.Of(weight, SafetensorsType.F32, network[weight].Shape, values),
            SafetensorsTensor.Of($"{norm}.bias", SafetensorsType.F32, [shift.Length], shift),
            window
        );
    }

    private string Convolve(string input, SafetensorsTensor weight, SafetensorsTensor? bias, ConvolutionWindow window)
    {
        ProtoMessage[] attributes =
        [
            Ints("kernel_shape", window.Kernel, window.Kernel),
            Ints("pads", window.Padding, window.Padding, window.Padding, window.Padding),
            Ints("strides", window.Stride, window.Stride),
            Ints("dilations", window.Dilation, window.Dilation),
        ];
        bool isQuantized = weight.Shape[0] >= FewestQuantized && weight.Shape[1] >= FewestQuantized;
        if (_options.Precision == OnnxPrecision.Int8 && isQuantized)
            return ConvolveWhole(input, weight, bias, attributes);
        string[] inputs = bias is null ? [input, Weight(weight)] : [input, Weight(weight), Weight(bias)];
        return Node("Conv", inputs, 1, attributes)[0];
    }

    /// <summary>
    /// In whole numbers: x is about x_scale (x_q - x_zero), w about w_scale w_q, so that the sum of their products is the sum of those of
    /// whole numbers times both scales.
    /// </summary>
    private string ConvolveWhole(string input, SafetensorsTensor weight, SafetensorsTensor? bias, ProtoMessage[] attributes)
    {
        if (!_quantized.TryGetValue(input, out (string Value, string Scale, string Zero) x))
        {
            string[] found = Node("DynamicQuantizeLinear", [input], 3);
            x = _quantized[input] = (found[0], found[1], found[2]);
        }
        double[] values = weight.ToDoubles();
        int channels = (int)weight.Shape[0],
            window = values.Length / channels;
        byte[] whole = new byte[values.Length];
        double[] scales = new double[channels];
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<double> row = values.AsSpan(c * window, window);
            double largest = 0;
            foreach (double v in row)
                largest = Math.Max(largest, Math.Abs(v));
            scales[c] = largest > 0 ? largest / sbyte.MaxValue : 1;
            for (int i = 0; i < window; i++)
                whole[c * window + i] = (byte)(sbyte)Math.Round(row[i] / scales[c]);
        }
        string name = $"{weight.Name}.int8",
            scale = $"{weight.Name}.scale";
        Initializer(name, TypeInt8, weight.Shape, whole);
        Numbers(scale, [1, channels, 1, 1], scales);
        string sum = Node("ConvInteger", [x.Value, name, x.Zero], 1, attributes)[0];
        string both = Node("Mul", [scale, x.Scale], 1)[0];
        string product = Node("Mul", [Node("Cast", [sum], 1, Int("to", TypeFloat))[0], both], 1)[0];
        if (bias is null)
            return product;
        string shift = $"{bias.Name}.shaped";
        Numbers(shift, [1, channels, 1, 1], bias.ToDoubles());
        return Node("Add", [product, shift], 1)[0];
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
        Integers(ChannelAxis, 1);
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

    private string Weight(string name) => Weight(network[name]);

    private string Weight(SafetensorsTensor tensor)
    {
        if (_options.Precision == OnnxPrecision.Float16)
            Numbers(tensor.Name, tensor.Shape, tensor.ToDoubles());
        else
            Initializer(tensor.Name, TypeFloat, tensor.Shape, tensor.Data);
        return tensor.Name;
    }

    /// <summary>Numbers in the format of the arithmetic.</summary>
    private void Numbers(string name, IReadOnlyList<long> shape, double[] values)
    {
        if (_options.Precision != OnnxPrecision.Float16)
        {
            Initializer(name, TypeFloat, shape, Floats(values));
            return;
        }
        int at = Array.FindIndex(values, v => Math.Abs(v) > (double)Half.MaxValue);
        if (at >= 0)
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"'{name}' has {values[at]:G6}, more than 16 bits hold; export it in 32 bits"),
                nameof(values)
            );
        Initializer(name, TypeFloat16, shape, SafetensorsTensor.Of(name, SafetensorsType.F16, shape, values).Data);
    }

    private string InFull(string value) =>
        _options.Precision == OnnxPrecision.Float16 ? Node("Cast", [value], 1, Int("to", TypeFloat))[0] : value;

    private string Shortened(string value) =>
        _options.Precision == OnnxPrecision.Float16 ? Node("Cast", [value], 1, Int("to", TypeFloat16))[0] : value;

    private void Integers(string name, params long[] values) =>
        Initializer(name, TypeInt64, [values.Length], values.SelectMany(BitConverter.GetBytes).ToArray());

    private void Initializer(string name, int type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> data)
    {
        if (!_initializers.Add(name))
            return;
        ProtoMessage tensor = new();
        foreach (long size in shape)
            tensor.Number(1, size);
        _graph.Message(5, tensor.Number(2, type).Text(8, name).Bytes(9, data.Span));
    }

    private static ProtoMessage Value(string name, params ReadOnlySpan<(long? Size, string Symbol)> sizes)
    {
        ProtoMessage shape = new();
        foreach ((long? size, string symbol) in sizes)
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
