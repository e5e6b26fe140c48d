using System.Globalization;
using System.Text;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Export.TorchScript;

/// <summary>Writes a network as the source text of a TorchScript class, as far as torch.jit.load reads it.</summary>
internal sealed class TorchScriptCode : INetworkWriter
{
    /// <summary>Name of the class in its archive.</summary>
    public const string ClassName = "Network";

    private const string PresentArgument = "present";

    private readonly StringBuilder _body = new();
    private readonly List<string> _parameters = [],
        _buffers = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<(string Task, string Value)> _outputs = [];
    private int _values;
    private int _affines;
    private string _rows = "",
        _columns = "";

    /// <summary>The tensors that the class has, in order: their names in the network and in the class.</summary>
    public IEnumerable<(string Name, string Attribute)> Tensors => _parameters.Concat(_buffers).Select(n => (n, Attribute(n)));

    /// <summary>Names of the tensors that training would change.</summary>
    public IReadOnlyCollection<string> Parameters => _parameters;

    /// <summary>The text of the class.</summary>
    /// <param name="network">The network.</param>
    public string Write(NetworkWeights network)
    {
        (InputSpec Input, string Name)[] further = [.. network.Inputs.Select((input, i) => (input, Argument(input, i)))];
        NetworkGraphExport.Write(network.Graph, this, "image", further, PresentArgument, network.Tasks);
        string[] arguments = ["image", .. further.Select(f => f.Name), .. further.Take(1).Select(_ => PresentArgument)];
        StringBuilder code = new();
        code.Append("class ").Append(ClassName).Append("(Module):\n");
        code.Append("  __parameters__ = [").AppendJoin("", _parameters.Select(p => $"\"{Attribute(p)}\", ")).Append("]\n");
        code.Append("  __buffers__ = [").AppendJoin("", _buffers.Select(b => $"\"{Attribute(b)}\", ")).Append("]\n");
        code.Append("  training : bool\n");
        foreach ((_, string attribute) in Tensors)
            code.Append("  ").Append(attribute).Append(" : Tensor\n");
        code.Append("  def forward(self: __torch__.").Append(ClassName).Append(",\n    ");
        code.AppendJoin(",\n    ", arguments.Select(a => $"{a}: Tensor")).Append(") -> Dict[str, Tensor]:\n");
        code.Append(_body);
        code.Append("    return {").AppendJoin(", ", _outputs.Select(o => $"\"{Escape(o.Task)}\": {o.Value}")).Append("}\n");
        return code.ToString();
    }

    /// <summary>Tensors of the class that the network's state lacks, by name.</summary>
    public Dictionary<string, SafetensorsTensor> Constants { get; } = new(StringComparer.Ordinal);

    public string Pad(string image, int stride)
    {
        string rows = Let($"torch.size({image}, 2)"),
            columns = Let($"torch.size({image}, 3)");
        (_rows, _columns) = (rows, columns);
        // Rounded up to a multiple: -(-size // stride) * stride.
        string Missing(string size) =>
            Let($"torch.sub(torch.mul(torch.neg(torch.floordiv(torch.neg({size}), {stride})), {stride}), {size})");
        return Let($"torch.replication_pad2d({image}, [0, {Missing(columns)}, 0, {Missing(rows)}])");
    }

    public string Vector(string input) => input;

    public string Present(string present, int input) => AsMap(Let($"torch.narrow({present}, 1, {input}, 1)"));

    public string AsMap(string input) => Let($"torch.unsqueeze(torch.unsqueeze({input}, 2), 3)");

    public string Multiply(string a, string b) => Let($"torch.mul({a}, {b})");

    public string Sigmoid(string input) => Let($"torch.sigmoid({input})");

    public string Softmax(string input) => Let($"torch.softmax({input}, 1)");

    public string Cut(string input, string image) => Let($"torch.slice(torch.slice({input}, 2, 0, {_rows}, 1), 3, 0, {_columns}, 1)");

    public string ChannelAffine(string input, int[] order, double[] scale, double[] shift)
    {
        string value = input;
        string number = _affines == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"_{_affines}");
        _affines++;
        if (order.Length > 1 && order.SequenceEqual(Enumerable.Range(0, order.Length).Reverse()))
            value = Let($"torch.flip({input}, [1])");
        else if (order.Length == 1 || !order.SequenceEqual(Enumerable.Range(0, order.Length)))
            value = Let($"torch.cat([{string.Join(", ", order.Select(o => $"torch.narrow({input}, 1, {o}, 1)"))}], 1)");
        string by = Constant("jtr.input_scale" + number, scale, 1, scale.Length, 1, 1),
            plus = Constant("jtr.input_shift" + number, shift, 1, shift.Length, 1, 1);
        return Let($"torch.add(torch.mul({value}, {by}), {plus})");
    }

    public string ElementAffine(string input, VisionTask task) =>
        task.Kind.OutputAffine(task) is var (scale, shift)
            ? Let(
                // Numbered, for a task's name may be none in Python.
                $"torch.add(torch.mul({input}, {Constant($"jtr.constant.{Constants.Count}", scale, 1, scale.Length)}), "
                    + $"{Constant($"jtr.constant.{Constants.Count}", shift, 1, shift.Length)})"
            )
            : input;

    public string Convolve(string input, string weight, string? bias, ConvolutionWindow w) =>
        Let(
            $"torch.conv2d({input}, {Parameter(weight)}, {(bias is null ? "None" : Parameter(bias))}, [{w.Stride}, {w.Stride}], "
                + $"[{w.Padding}, {w.Padding}], [{w.Dilation}, {w.Dilation}], 1)"
        );

    public string Norm(string input, string name, double epsilon) =>
        Let(
            string.Create(
                CultureInfo.InvariantCulture,
                $"torch.batch_norm({input}, {Parameter($"{name}.weight")}, {Parameter($"{name}.bias")}, "
                    + $"{Buffer($"{name}.running_mean")}, {Buffer($"{name}.running_var")}, False, 0.1, {epsilon:0.0e-00}, True)"
            )
        );

    public string Relu(string input) => Let($"torch.relu({input})");

    public string Add(string a, string b) => Let($"torch.add({a}, {b})");

    public string MaxPool(string input, int kernel, int stride, int padding) =>
        Let($"torch.max_pool2d({input}, [{kernel}, {kernel}], [{stride}, {stride}], [{padding}, {padding}], [1, 1], False)");

    public string Upsample(string input, int factor) =>
        Let(
            $"torch.upsample_bilinear2d({input}, [torch.mul(torch.size({input}, 2), {factor}), "
                + $"torch.mul(torch.size({input}, 3), {factor})], False, None, None)"
        );

    public string Concatenate(IReadOnlyList<string> inputs) => Let($"torch.cat([{string.Join(", ", inputs)}], 1)");

    public string Mean(string input) => Let($"torch.mean({input}, [2, 3], True)");

    public string Expand(string input, string like) => Let($"torch.expand_as({input}, {like})");

    public string Linear(string input, string weight, string bias) =>
        Let($"torch.linear(torch.flatten({input}, 1), {Parameter(weight)}, {Parameter(bias)})");

    public (string Pooled, string Places) Pool(string input)
    {
        string pooled = Next(),
            places = Next();
        _body
            .Append("    ")
            .Append(pooled)
            .Append(", ")
            .Append(places)
            .Append(" = torch.max_pool2d_with_indices(")
            .Append(input)
            .Append(", [2, 2], [2, 2], [0, 0], [1, 1], False)\n");
        // Named after the places, so that they are at hand where the pool is undone.
        _body.Append("    ").Append(places).Append("_height = torch.size(").Append(input).Append(", 2)\n");
        _body.Append("    ").Append(places).Append("_width = torch.size(").Append(input).Append(", 3)\n");
        return (pooled, places);
    }

    public string Unpool(string input, string places) => Let($"torch.max_unpool2d({input}, {places}, [{places}_height, {places}_width])");

    public string Normalize(string input)
    {
        string squares = Let($"torch.sum(torch.mul({input}, {input}), [1], True)");
        return Let($"torch.mul({input}, torch.rsqrt(torch.clamp_min({squares}, 1.0e-24)))");
    }

    public void Output(string task, string value) => _outputs.Add((task, value));

    private string Let(string expression)
    {
        string value = Next();
        _body.Append("    ").Append(value).Append(" = ").Append(expression).Append('\n');
        return value;
    }

    private string Next() => string.Create(CultureInfo.InvariantCulture, $"v{_values++}");

    private string Parameter(string name) => Use(name, _parameters);

    private string Buffer(string name) => Use(name, _buffers);

    private string Constant(string name, double[] values, params long[] shape)
    {
        Constants[name] = SafetensorsTensor.Of(name, SafetensorsType.F32, shape, values);
        return Buffer(name);
    }

    private string Use(string name, List<string> list)
    {
        if (_known.Add(name))
            list.Add(name);
        return $"self.{Attribute(name)}";
    }

    /// <summary>"encoder_block.0.0.weight" is no name in Python.</summary>
    private static string Attribute(string name) => name.Replace('.', '_');

    /// <summary>What an input is called in Python: "input_depth".</summary>
    private static string Argument(InputSpec input, int place)
    {
        string name = string.Concat(input.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return name == input.Name ? $"input_{name}" : string.Create(CultureInfo.InvariantCulture, $"input_{place}_{name}");
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
