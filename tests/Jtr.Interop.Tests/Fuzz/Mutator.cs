using System.Buffers.Binary;

namespace Jtr.Interop.Tests.Fuzz;

/// <summary>Damages files at random: the same way for the same seed and case.</summary>
internal static class Mutator
{
    private static readonly ulong[] Interesting =
    [
        0,
        1,
        2,
        7,
        8,
        0x7F,
        0x80,
        0xFF,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x10000,
        0x7FFFFFFF,
        0x80000000,
        0xFFFFFFFF,
        0x100000000,
        0x7FFFFFFFFFFFFFFF,
        0xFFFFFFFFFFFFFFFF,
    ];

    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "99999999999999999999",
            "-1",
            "1e999",
            "2147483647",
            "4294967296",
            "null",
            "{}",
            "[]",
            "[[",
            "\"",
            "\\u0000",
            "'",
            "(",
            ")",
            ",",
            ":",
            "NaN",
            "\0",
            "\n",
            "true",
        }.Select(t => System.Text.Encoding.ASCII.GetBytes(t)),
    ];

    /// <summary>A damaged copy.</summary>
    /// <param name="seed">The whole file.</param>
    /// <param name="random">Decides what happens to it.</param>
    /// <param name="output">Receives the copy; its length is not bounded by the file's, but grows by little.</param>
    public static void Mutate(ReadOnlySpan<byte> seed, ref CounterRandom random, List<byte> output)
    {
        output.Clear();
        output.AddRange(seed);
        int changes = 1 + random.NextInt32(4);
        for (int i = 0; i < changes; i++)
            Change(output, ref random);
    }

    private static void Change(List<byte> file, ref CounterRandom random)
    {
        int at = random.NextInt32(file.Count + 1);
        int rest = file.Count - at;
        int some = Math.Min(rest, 1 + random.NextInt32(16));
        switch (random.NextInt32(9))
        {
            case 0:
                if (rest > 0)
                    file[at] ^= (byte)(1 << random.NextInt32(8));
                break;
            case 1:
                if (rest > 0)
                    file[at] = (byte)random.NextInt32(256);
                break;
            case 2:
                Number(file, at, ref random);
                break;
            case 3:
                file.RemoveRange(at, some);
                break;
            case 4:
                file.RemoveRange(at, rest);
                break;
            case 5:
                file.InsertRange(at, Tokens[random.NextInt32(Tokens.Length)]);
                break;
            case 6:
                file.InsertRange(at, file.GetRange(at, some));
                break;
            case 7:
                List<byte> copy = file.GetRange(at, some);
                int to = random.NextInt32(file.Count + 1);
                for (int i = 0; i < copy.Count && to + i < file.Count; i++)
                    file[to + i] = copy[i];
                break;
            default:
                // Digits are where sizes and ids are written in words.
                while (at < file.Count && file[at] is < (byte)'0' or > (byte)'9')
                    at++;
                if (at < file.Count)
                    file[at] = (byte)('0' + random.NextInt32(10));
                break;
        }
    }

    private static void Number(List<byte> file, int at, ref CounterRandom random)
    {
        ulong value = Interesting[random.NextInt32(Interesting.Length)];
        int size = 1 << random.NextInt32(4);
        if (random.NextInt32(2) != 0)
            value = BinaryPrimitives.ReverseEndianness(value) >> 8 * (8 - size);
        for (int i = 0; i < size && at + i < file.Count; i++)
            file[at + i] = (byte)(value >> 8 * i);
    }
}
