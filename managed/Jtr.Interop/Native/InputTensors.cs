using Jtr.Interop.Inputs;

namespace Jtr.Interop.Native;

/// <summary>Names for a tensor of each further input, such as "input.depth", and where they lie in memory that holds all.</summary>
internal sealed unsafe class InputTensors
{
    private readonly InputSet _inputs;
    private readonly PinnedName[] _names;
    private readonly PinnedName _present = new("input_present");

    public InputTensors(InputSet inputs)
    {
        _inputs = inputs;
        _names = [.. inputs.Select(i => new PinnedName("input." + i.Name))];
    }

    /// <summary>The most tensors that are added.</summary>
    public int Count => _inputs.Count == 0 ? 0 : _inputs.Count + 1;

    /// <summary>Adds planes [views, samples, c, H, W] (without the first where there are 0 views) and vectors [samples, c].</summary>
    /// <param name="table">The table.</param>
    /// <param name="values">[views, samples, values of all inputs].</param>
    /// <param name="present">[samples, inputs], or null: all are there.</param>
    /// <param name="views">Views, or 0.</param>
    /// <param name="samples">Samples.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public void AddTo(TensorTable table, float* values, byte* present, int views, int samples, int height, int width)
    {
        if (_inputs.Count == 0)
            return;
        long all = _inputs.Values(height, width);
        int outer = views == 0 ? 1 : 0;
        for (int i = 0; i < _inputs.Count; i++)
        {
            InputSpec input = _inputs[i];
            int first = _inputs.Start(i, height, width);
            long bytes = ((long)Math.Max(1, views) * samples * all - first) * sizeof(float);
            if (input.IsPlanes)
            {
                ReadOnlySpan<long> sizes = [views, samples, input.Channels, height, width];
                ReadOnlySpan<long> strides = [samples * all, all, (long)height * width, width, 1];
                table.Add(_names[i], Raw.Dtype.Float32, values + first, bytes, sizes[outer..], strides[outer..]);
            }
            else
            {
                // A sample's vector is the same in all its views.
                table.Add(_names[i], Raw.Dtype.Float32, values + first, bytes, [samples, input.Channels], [all, 1]);
            }
        }
        if (present != null)
            table.Add(_present, Raw.Dtype.Uint8, present, sizeof(byte), samples, _inputs.Count);
    }
}
