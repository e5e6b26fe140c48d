using Jtr.Interop.Checkpoints;
using Jtr.Interop.Checkpoints.PyTorch;
using Jtr.Interop.Checkpoints.Safetensors;

namespace Jtr.Interop.Weights;

/// <summary>Kinds of files that hold weights, told by their first bytes.</summary>
internal enum WeightFileKind
{
    Safetensors,
    PyTorch,
    Onnx,
}

/// <summary>Files of weights of other libraries.</summary>
internal static class WeightFile
{
    // A pickle begins with its protocol (0x80 and a number), a zip archive with PK.
    private const byte Pickle = 0x80;

    // The first field of an ONNX model is its version, number 1, a varint.
    private const byte OnnxVersion = 0x08;

    /// <summary>What kind of file it is.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static WeightFileKind KindOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[9];
        int there = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (there == start.Length && start[8] == (byte)'{')
            return WeightFileKind.Safetensors;
        if (there >= 4 && start[..4].SequenceEqual("PK\x03\x04"u8) || there >= 2 && start[0] == Pickle && start[1] <= 5)
            return WeightFileKind.PyTorch;
        return there >= 2 && start[0] == OnnxVersion ? WeightFileKind.Onnx : WeightFileKind.Safetensors;
    }

    /// <summary>The tensors of a PyTorch file.</summary>
    /// <exception cref="JtrFormatException">It is damaged, or holds more than tensors and plain containers.</exception>
    public static IReadOnlyList<SafetensorsTensor> ReadPyTorch(string path)
    {
        List<SafetensorsTensor> tensors = [];
        foreach ((string name, PyTorchTensor tensor) in PublishedCheckpoint.State(path))
        {
            double[] values = new double[tensor.Count];
            tensor.CopyTo(values);
            SafetensorsType type = tensor.Storage.Type switch
            {
                PyTorchType.Float16 or PyTorchType.BFloat16 or PyTorchType.Float32 => SafetensorsType.F32,
                PyTorchType.Float64 => SafetensorsType.F64,
                _ => SafetensorsType.I64,
            };
            tensors.Add(SafetensorsTensor.Of(name, type, tensor.Sizes.ToArray(), values));
        }
        return tensors;
    }
}
