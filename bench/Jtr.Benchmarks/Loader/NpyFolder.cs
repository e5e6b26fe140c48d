using System.Buffers.Binary;
using System.Text;
using Jtr.Interop.Datasets;
using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Benchmarks.Loader;

/// <summary>
/// MTAN's layout of NYU-v2, <c>{image,label,depth,normal}/n.npy</c> of H x W x C float32, read with the library's reader of
/// .npy files and no more work than that takes: no check of any value. A bound that no data set of .npy files is faster than.
/// </summary>
internal sealed class NpyFolder : IMultiTaskDataset
{
    // Image, then labels in the order of the tasks.
    private static readonly (string Name, int Channels)[] Folders = [("image", 3), ("label", 1), ("depth", 1), ("normal", 3)];

    private NpyFolder(string root, int count, int height, int width)
    {
        Root = root;
        Count = count;
        Height = height;
        Width = width;
    }

    public string Root { get; }
    public TaskSet Tasks => BenchmarkData.Tasks;
    public int Count { get; }
    public int Height { get; }
    public int Width { get; }

    public SampleInfo GetSampleInfo(int index) => new($"{index}", Tasks.All);

    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
    {
        Read(Folders[0].Name, index, Folders[0].Channels, destination.Image);
        for (int t = 0; t < Tasks.Count; t++)
        {
            if (wanted[t])
                Read(Folders[1 + t].Name, index, Folders[1 + t].Channels, destination.Label(t));
        }
        return wanted & Tasks.All;
    }

    private void Read(string folder, int index, int channels, Span<float> destination)
    {
        using NpyArray array = NpyReader.Read(Path.Combine(Root, folder, $"{index}.npy"));
        if (channels == 1)
        {
            array.CopyTo(destination);
            return;
        }
        using Pooled<float> values = new(array.Count);
        array.CopyTo(values.Span);
        ReadOnlySpan<float> interleaved = values.Span;
        int plane = interleaved.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            Span<float> to = destination.Slice(c * plane, plane);
            for (int i = 0, from = c; i < to.Length; i++, from += channels)
                to[i] = interleaved[from];
        }
    }

    /// <summary>
    /// Writes samples with the numbers of real ones: images and normals that were resized and fill float32, depth of a 16-bit
    /// sensor that was resized too, whole class ids.
    /// </summary>
    public static NpyFolder Create(string root, int count, int height, int width)
    {
        float[] values = new float[3 * height * width];
        for (int n = 0; n < count; n++)
        {
            Random random = new(n);
            foreach ((string folder, int channels) in Folders)
            {
                Directory.CreateDirectory(Path.Combine(root, folder));
                for (int i = 0; i < channels * height * width; i++)
                {
                    int x = i / channels % width;
                    int y = i / channels / width;
                    float smooth = 0.5f + 0.4f * MathF.Sin(x * 0.02f + i % channels + n) * MathF.Cos(y * 0.03f);
                    values[i] = folder switch
                    {
                        "image" => Math.Clamp(smooth + 0.1f * random.NextSingle(), 0f, 1f),
                        "label" => (x / 40 + y / 50 + n) % 14 - 1,
                        "depth" => x % 50 == 0 ? 0f : 5f * smooth + 0.01f * random.NextSingle(),
                        _ => smooth + 0.05f * random.NextSingle(),
                    };
                }
                if (folder == "normal")
                    Normalize(values);
                Write(Path.Combine(root, folder, $"{n}.npy"), height, width, channels, values.AsSpan(0, channels * height * width));
            }
        }
        return new NpyFolder(root, count, height, width);
    }

    private static void Normalize(Span<float> vectors)
    {
        for (int i = 0; i < vectors.Length; i += 3)
        {
            float length = MathF.Sqrt(vectors[i] * vectors[i] + vectors[i + 1] * vectors[i + 1] + vectors[i + 2] * vectors[i + 2]);
            for (int c = 0; c < 3; c++)
                vectors[i + c] /= length;
        }
    }

    private static void Write(string path, int height, int width, int channels, ReadOnlySpan<float> values)
    {
        string shape = channels == 1 ? $"({height}, {width})" : $"({height}, {width}, {channels})";
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";
        byte[] file =
        [
            0x93,
            .. "NUMPY"u8,
            1,
            0,
            (byte)header.Length,
            0,
            .. Encoding.ASCII.GetBytes(header),
            .. new byte[values.Length * sizeof(float)],
        ];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(10 + header.Length + i * sizeof(float)), values[i]);
        File.WriteAllBytes(path, file);
    }
}
