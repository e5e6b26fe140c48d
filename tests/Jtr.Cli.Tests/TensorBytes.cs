using System.Buffers.Binary;
using System.Text.Json;

namespace Jtr.Cli.Tests;

/// <summary>The tensors of a safetensors file as they lie there, without its metadata.</summary>
internal sealed record TensorBytes(IReadOnlyList<string> Names, byte[] Data)
{
    public static TensorBytes Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, length));
        return new([.. header.RootElement.EnumerateObject().Select(p => p.Name).Where(n => n != "__metadata__")], file[(8 + length)..]);
    }
}
