using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Inputs;

namespace Jtr.Interop.Weights;

/// <summary>
/// A backbone's first convolution, whose weights of three colors also serve photographs of other channels: the first three stay colors, and
/// weights of further channels begin at 0, so that features are what they are of the colors; of fewer channels the first is grey, whose
/// weights are the sum of the colors'.
/// </summary>
internal static class FirstConvolution
{
    /// <summary>Its name in a network.</summary>
    public const string Name = "backbone.conv1.weight";

    /// <summary>Whether weights of colors serve a network's first convolution though its channels are others.</summary>
    /// <param name="name">The tensor's name in the trainer's state.</param>
    /// <param name="shape">Its sizes in the network, [O, C, rows, columns].</param>
    /// <param name="stored">Its sizes in a file.</param>
    public static bool Serves(string name, IReadOnlyList<long> shape, IReadOnlyList<long> stored) =>
        name.EndsWith($"/{Name}", StringComparison.Ordinal)
        && shape is [_, not InputSet.RgbChannels, _, _]
        && stored.SequenceEqual(OfColors(shape));

    /// <summary>The sizes of the same convolution for colors.</summary>
    public static IReadOnlyList<long> OfColors(IReadOnlyList<long> shape) => [shape[0], InputSet.RgbChannels, .. shape.Skip(2)];

    /// <summary>The weights for other channels.</summary>
    /// <param name="colors">Those of colors, [O, 3, rows, columns].</param>
    /// <param name="channels">C.</param>
    /// <returns>[O, C, rows, columns].</returns>
    public static double[] Spread(SafetensorsTensor colors, int channels)
    {
        double[] from = colors.ToDoubles();
        int outputs = (int)colors.Shape[0],
            places = (int)(colors.Shape[2] * colors.Shape[3]);
        double[] to = new double[outputs * channels * places];
        for (int o = 0; o < outputs; o++)
        {
            for (int c = 0; c < InputSet.RgbChannels; c++)
            {
                int target = channels < InputSet.RgbChannels ? 0 : c;
                for (int i = 0; i < places; i++)
                    to[(o * channels + target) * places + i] += from[(o * InputSet.RgbChannels + c) * places + i];
            }
        }
        return to;
    }
}
