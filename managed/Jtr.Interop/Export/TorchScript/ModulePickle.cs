using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Jtr.Interop.Checkpoints.Safetensors;

namespace Jtr.Interop.Export.TorchScript;

/// <summary>Writes the pickle (protocol 2) of a module whose attributes are tensors, as torch.jit.save does.</summary>
internal sealed class ModulePickle
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The pickle of a module.</summary>
    /// <param name="className">Its class in __torch__.</param>
    /// <param name="tensors">Its attributes: name, storage key, tensor and whether it is trained.</param>
    public static byte[] Write(
        string className,
        IEnumerable<(string Attribute, string Key, SafetensorsTensor Tensor, bool IsParameter)> tensors
    )
    {
        ModulePickle pickle = new();
        pickle.Codes(0x80, 2);
        pickle.Global("__torch__", className);
        // An object without arguments, then its attributes.
        pickle.Codes(')', 0x81, '}', '(');
        pickle.Text("training").Codes(0x89);
        foreach ((string attribute, string key, SafetensorsTensor tensor, bool isParameter) in tensors)
            pickle.Text(attribute).Tensor(key, tensor, isParameter);
        pickle.Codes('u', 'b', '.');
        return pickle._bytes.WrittenSpan.ToArray();
    }

    /// <summary>The pickle of an empty tuple.</summary>
    public static byte[] Nothing() => [0x80, 2, (byte)')', (byte)'.'];

    private ModulePickle Tensor(string key, SafetensorsTensor tensor, bool isParameter)
    {
        Global("torch._utils", "_rebuild_tensor_v2").Codes('(', '(');
        Text("storage").Global("torch", "FloatStorage").Text(key).Text("cpu").Number(tensor.Count).Codes('t', 'Q');
        Number(0);
        Numbers(tensor.Shape);
        long[] strides = new long[tensor.Shape.Count];
        long stride = 1;
        for (int d = strides.Length - 1; d >= 0; d--)
        {
            strides[d] = stride;
            stride *= tensor.Shape[d];
        }
        Numbers(strides);
        Codes(isParameter ? 0x88 : 0x89);
        return Global("collections", "OrderedDict").Codes(')', 'R', 't', 'R');
    }

    private void Numbers(IReadOnlyList<long> values)
    {
        Codes('(');
        foreach (long value in values)
            Number(value);
        Codes('t');
    }

    private ModulePickle Number(long value)
    {
        // BININT; a network's sizes are far below 2^31.
        Codes('J');
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, checked((int)value));
        _bytes.Write(bytes);
        return this;
    }

    private ModulePickle Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Codes('X');
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        _bytes.Write(length);
        _bytes.Write(utf8);
        return this;
    }

    private ModulePickle Global(string module, string name)
    {
        Codes('c');
        _bytes.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
        return this;
    }

    private ModulePickle Codes(params ReadOnlySpan<int> codes)
    {
        foreach (int code in codes)
            _bytes.Write([(byte)code]);
        return this;
    }
}
