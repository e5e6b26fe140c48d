using Jtr.Interop.Datasets;
using Jtr.Interop.Npy;

namespace Jtr.Interop.Inputs;

/// <summary>The further inputs of one image, at the image's own size.</summary>
public sealed class ImageInputs
{
    private readonly byte[] _present;

    /// <summary>Wraps values.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="values"><see cref="InputSet.Values"/>; what stands where an input is missing does not matter.</param>
    /// <param name="present">One for each input, 1 where it is there, else 0; empty: all are.</param>
    /// <exception cref="ArgumentException">There are not as many values.</exception>
    public ImageInputs(InputSet inputs, int height, int width, ReadOnlyMemory<float> values, ReadOnlySpan<byte> present = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (values.Length != inputs.Values(height, width))
            throw new ArgumentException(
                $"the inputs of {height} x {width} have {inputs.Values(height, width)} values, not {values.Length}",
                nameof(values)
            );
        if (!present.IsEmpty && present.Length != inputs.Count)
            throw new ArgumentException($"there are {inputs.Count} inputs, not {present.Length}", nameof(present));
        (Inputs, Height, Width, Values) = (inputs, height, width, values);
        _present = present.IsEmpty ? [.. Enumerable.Repeat((byte)1, inputs.Count)] : present.ToArray();
    }

    /// <summary>The inputs.</summary>
    public InputSet Inputs { get; }

    /// <summary>Rows of the image.</summary>
    public int Height { get; }

    /// <summary>Columns of the image.</summary>
    public int Width { get; }

    /// <summary>The values of all inputs in order: [channels, H, W] of planes, [channels] of vectors.</summary>
    public ReadOnlyMemory<float> Values { get; }

    /// <summary>[inputs]: 1 where the image has the input, else 0.</summary>
    public ReadOnlySpan<byte> Present => _present;

    /// <summary>Gives a part of the inputs of a network, resized as the image is; those that it lacks are missing.</summary>
    internal void Read(
        InputSet network,
        int top,
        int left,
        int rows,
        int columns,
        int height,
        int width,
        Span<float> values,
        Span<byte> present
    )
    {
        values.Clear();
        present.Clear();
        for (int i = 0; i < network.Count; i++)
        {
            InputSpec input = network[i];
            int own = Inputs.IndexOf(input.Name);
            if (own < 0 || _present[own] == 0)
                continue;
            if (Inputs[own].Kind != input.Kind || Inputs[own].Channels != input.Channels)
                throw new ArgumentException($"the inputs are {Inputs.Describe()}; the network's are {network.Describe()}", nameof(network));
            present[i] = 1;
            ReadOnlyMemory<float> from = Values.Slice(Inputs.Start(own, Height, Width), input.Values(Height, Width));
            Span<float> to = values.Slice(network.Start(i, height, width), input.Values(height, width));
            if (!input.IsPlanes)
                from.Span.CopyTo(to);
            for (int c = 0; input.IsPlanes && c < input.Channels; c++)
            {
                ReadOnlyMemory<float> plane = from.Slice(c * Height * Width, Height * Width);
                Span<float> target = to.Slice(c * height * width, height * width);
                if (input.IsNearest || (rows == height && columns == width))
                    Nearest(plane.Span, target, top, left, rows, columns, height, width);
                else
                    Bilinear(plane, target, top, left, rows, columns, height, width);
            }
        }
    }

    private void Nearest(ReadOnlySpan<float> from, Span<float> to, int top, int left, int rows, int columns, int height, int width)
    {
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<float> row = from.Slice((top + Resampler.Nearest(rows, height, y)) * Width + left, columns);
            for (int x = 0; x < width; x++)
                to[y * width + x] = row[Resampler.Nearest(columns, width, x)];
        }
    }

    private void Bilinear(ReadOnlyMemory<float> from, Span<float> to, int top, int left, int rows, int columns, int height, int width)
    {
        int stride = Width;
        using Pooled<float> resized = Resampler.Bilinear(
            rows,
            columns,
            1,
            height,
            width,
            (row, weight, sums) =>
            {
                ReadOnlySpan<float> source = from.Span.Slice((top + row) * stride + left, sums.Length);
                for (int x = 0; x < sums.Length; x++)
                    sums[x] += weight * source[x];
            }
        );
        resized.Span.CopyTo(to);
    }
}
