using System.Buffers.Binary;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Protobuf;

namespace Jtr.Interop.Weights;

/// <summary>An operation of an ONNX graph.</summary>
/// <param name="Operation">Its type, such as "Conv".</param>
/// <param name="Inputs">Names of values and weights that it reads; empty for one that is left out.</param>
/// <param name="Outputs">Names of values that it makes.</param>
/// <param name="Numbers">Attributes that are whole numbers or lists of them.</param>
/// <param name="Floats">Attributes that are floats.</param>
internal sealed record OnnxNode(
    string Operation,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, IReadOnlyList<long>> Numbers,
    IReadOnlyDictionary<string, float> Floats
);

/// <summary>A tensor of an ONNX file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type, a number of onnx.proto.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Raw">Its elements as bytes, little-endian, or empty.</param>
/// <param name="Typed">Its elements as packed fields of a protocol buffer: of four bytes each (float) or eight (double).</param>
/// <param name="External">The file that holds the elements instead, or null.</param>
internal sealed record OnnxTensor(
    string Name,
    int Type,
    IReadOnlyList<long> Shape,
    ReadOnlyMemory<byte> Raw,
    ReadOnlyMemory<byte> Typed,
    string? External
)
{
    private const int Float = 1,
        Float16 = 10,
        Double = 11,
        BFloat16 = 16;

    /// <summary>The tensor as weights.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="JtrFormatException">It has other elements than floats, or not as many as its shape says.</exception>
    public SafetensorsTensor ToWeights(string path)
    {
        if (External is not null)
            throw new JtrFormatException(
                path,
                $"tensor '{Name}' is kept in another file, '{External}'; save the model with all tensors inside"
            );
        SafetensorsType type = Type switch
        {
            Float => SafetensorsType.F32,
            Float16 => SafetensorsType.F16,
            Double => SafetensorsType.F64,
            BFloat16 => SafetensorsType.BF16,
            _ => throw new JtrFormatException(path, $"tensor '{Name}' has elements of the ONNX type {Type}, not floats"),
        };
        ReadOnlyMemory<byte> data = Raw.IsEmpty ? Typed : Raw;
        Int128 bytes = SafetensorsTensor.SizeOf(type);
        foreach (long size in Shape)
            bytes = size < 0 ? -1 : Int128.Min(bytes * size, long.MaxValue);
        if (bytes != data.Length)
            throw new JtrFormatException(
                path,
                $"tensor '{Name}' of the shape [{string.Join(", ", Shape)}] has {data.Length} bytes, expected {bytes}"
            );
        return new SafetensorsTensor(Name, type, Shape, data);
    }
}

/// <summary>
/// What an ONNX file says of its graph: operations and tensors, for taking weights out of it. Field numbers are those of onnx.proto.
/// Nothing
/// is run, and operations that nobody asks for need not be known.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Inputs">Names of the graph's inputs that are no tensors of the file.</param>
/// <param name="Nodes">The operations, in the file's order.</param>
/// <param name="Tensors">Tensors of the file by name: initialisers, and constants among the operations.</param>
internal sealed record OnnxFile(
    string Path,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<OnnxNode> Nodes,
    IReadOnlyDictionary<string, OnnxTensor> Tensors
)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="JtrFormatException">It is no ONNX file, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static OnnxFile Read(string path)
    {
        FileInfo info = new(path);
        if (info.Exists && info.Length > Array.MaxLength)
            throw new JtrFormatException(path, $"a file of {info.Length} bytes; up to {Array.MaxLength} are read");
        return Parse(path, File.ReadAllBytes(path));
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="JtrFormatException">As of <see cref="Read"/>.</exception>
    public static OnnxFile Parse(string path, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            ReadOnlyMemory<byte>? graph = null;
            ProtoReader model = new(bytes);
            while (model.Next())
            {
                if (model.Field == 7)
                    graph = model.Message;
            }
            return Graph(path, graph ?? throw new JtrFormatException(path, "no ONNX file: it has no graph"));
        }
        catch (InvalidDataException e)
        {
            throw new JtrFormatException(path, $"no ONNX file, or a damaged one: {e.Message}", innerException: e);
        }
    }

    private static OnnxFile Graph(string path, ReadOnlyMemory<byte> message)
    {
        List<string> inputs = [];
        List<OnnxNode> nodes = [];
        Dictionary<string, OnnxTensor> tensors = new(StringComparer.Ordinal);
        ProtoReader graph = new(message);
        while (graph.Next())
        {
            switch (graph.Field)
            {
                case 1:
                    nodes.Add(Node(graph.Message, tensors));
                    break;
                case 5:
                    OnnxTensor tensor = Tensor(graph.Message);
                    if (!tensors.TryAdd(tensor.Name, tensor))
                        throw new JtrFormatException(path, $"there are two tensors '{tensor.Name}'");
                    break;
                case 11:
                    inputs.Add(NameOf(graph.Message));
                    break;
            }
        }
        // Older files list their tensors among the inputs.
        return new OnnxFile(path, [.. inputs.Where(i => !tensors.ContainsKey(i))], nodes, tensors);
    }

    private static string NameOf(ReadOnlyMemory<byte> message)
    {
        ProtoReader value = new(message);
        while (value.Next())
        {
            if (value.Field == 1)
                return value.Text;
        }
        return "";
    }

    private static OnnxNode Node(ReadOnlyMemory<byte> message, Dictionary<string, OnnxTensor> constants)
    {
        List<string> inputs = [],
            outputs = [];
        string operation = "";
        Dictionary<string, IReadOnlyList<long>> numbers = new(StringComparer.Ordinal);
        Dictionary<string, float> floats = new(StringComparer.Ordinal);
        OnnxTensor? constant = null;
        ProtoReader node = new(message);
        while (node.Next())
        {
            switch (node.Field)
            {
                case 1:
                    inputs.Add(node.Text);
                    break;
                case 2:
                    outputs.Add(node.Text);
                    break;
                case 4:
                    operation = node.Text;
                    break;
                case 5:
                    Attribute(node.Message, numbers, floats, ref constant);
                    break;
            }
        }
        if (operation == "Constant" && constant is not null && outputs.Count == 1)
            constants[outputs[0]] = constant with { Name = outputs[0] };
        return new OnnxNode(operation, inputs, outputs, numbers, floats);
    }

    private static void Attribute(
        ReadOnlyMemory<byte> message,
        Dictionary<string, IReadOnlyList<long>> numbers,
        Dictionary<string, float> floats,
        ref OnnxTensor? tensor
    )
    {
        string name = "";
        List<long> values = [];
        float? single = null;
        ProtoReader attribute = new(message);
        while (attribute.Next())
        {
            switch (attribute.Field)
            {
                case 1:
                    name = attribute.Text;
                    break;
                case 2:
                    single = attribute.Single;
                    break;
                case 3 or 8:
                    attribute.AddNumbers(values);
                    break;
                case 5:
                    tensor = Tensor(attribute.Message);
                    break;
            }
        }
        if (values.Count > 0)
            numbers[name] = values;
        if (single is { } value)
            floats[name] = value;
    }

    private static OnnxTensor Tensor(ReadOnlyMemory<byte> message)
    {
        List<long> shape = [],
            narrow = [];
        int type = 0;
        string name = "";
        string? external = null;
        ReadOnlyMemory<byte> raw = default,
            typed = default;
        ProtoReader tensor = new(message);
        while (tensor.Next())
        {
            switch (tensor.Field)
            {
                case 1:
                    tensor.AddNumbers(shape);
                    break;
                case 2:
                    type = (int)Math.Clamp(tensor.Number, 0, int.MaxValue);
                    break;
                case 4 or 10: // float_data, double_data
                    typed = tensor.Message;
                    break;
                case 5: // int32_data: float16 and bfloat16 as whole numbers
                    tensor.AddNumbers(narrow);
                    break;
                case 8:
                    name = tensor.Text;
                    break;
                case 9:
                    raw = tensor.Message;
                    break;
                case 13:
                    external ??= "";
                    external += Location(tensor.Message);
                    break;
            }
        }
        if (typed.IsEmpty && narrow.Count > 0)
            typed = Halves(narrow);
        return new OnnxTensor(name, type, shape, raw, typed, external);
    }

    private static byte[] Halves(List<long> values)
    {
        byte[] bytes = new byte[2 * values.Count];
        for (int i = 0; i < values.Count; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)values[i]);
        return bytes;
    }

    /// <summary>The value of an entry "location".</summary>
    private static string Location(ReadOnlyMemory<byte> message)
    {
        string key = "",
            value = "";
        ProtoReader entry = new(message);
        while (entry.Next())
        {
            if (entry.Field == 1)
                key = entry.Text;
            else if (entry.Field == 2)
                value = entry.Text;
        }
        return key == "location" ? value : "";
    }
}
