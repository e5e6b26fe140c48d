using Jtr.Interop.Tasks;

namespace Jtr.Interop.Export;

/// <summary>
/// The operations that networks are made of, in some language; a value is a name in that language. Maps are [N, channels, H, W]; names of
/// weights are those of the network's state.
/// </summary>
internal interface INetworkWriter
{
    /// <summary>The image with its last rows and columns repeated up to multiples of a stride.</summary>
    string Pad(string image, int stride);

    /// <summary>A further input that is no map, [N, channels], in the format of the arithmetic.</summary>
    string Vector(string input);

    /// <summary>[N, 1, 1, 1]: 1 where a sample has an input, out of [N, inputs].</summary>
    string Present(string present, int input);

    /// <summary>[N, channels] as [N, channels, 1, 1].</summary>
    string AsMap(string input);

    /// <summary>a * b; dimensions of size 1 are repeated.</summary>
    string Multiply(string a, string b);

    /// <summary>1 / (1 + exp(-x)).</summary>
    string Sigmoid(string input);

    /// <summary>exp(x) over its sum over channels.</summary>
    string Softmax(string input);

    /// <summary>A map without the rows and columns that an image lacks.</summary>
    string Cut(string input, string image);

    /// <summary>Channels in another order, then each times its scale plus its shift.</summary>
    string ChannelAffine(string input, int[] order, double[] scale, double[] shift);

    /// <summary>A convolution with a square window.</summary>
    string Convolve(string input, string weight, string? bias, ConvolutionWindow window);

    /// <summary>Batch norm with running statistics.</summary>
    /// <param name="input">What it reads.</param>
    /// <param name="name">Its tensors are NAME.weight, .bias, .running_mean and .running_var.</param>
    /// <param name="epsilon">Added to the variance.</param>
    string Norm(string input, string name, double epsilon);

    /// <summary>A convolution and the norm that alone reads it.</summary>
    string ConvolveNorm(string input, string weight, string? bias, ConvolutionWindow window, string norm, double epsilon) =>
        Norm(Convolve(input, weight, bias, window), norm, epsilon);

    /// <summary>max(x, 0).</summary>
    string Relu(string input);

    /// <summary>a + b.</summary>
    string Add(string a, string b);

    /// <summary>Max pool with a square window.</summary>
    string MaxPool(string input, int kernel, int stride, int padding);

    /// <summary>2 x 2 max pool of stride 2.</summary>
    /// <returns>The pooled values, and what <see cref="Unpool"/> needs to undo it.</returns>
    (string Pooled, string Places) Pool(string input);

    /// <summary>Puts values back to the places where a pool took them from, zeros elsewhere.</summary>
    string Unpool(string input, string places);

    /// <summary>Enlarges bilinearly by a whole factor; centres of pixels lie at half.</summary>
    string Upsample(string input, int factor);

    /// <summary>Channels of several maps one after the other.</summary>
    string Concatenate(IReadOnlyList<string> inputs);

    /// <summary>Mean over all pixels, [N, channels, 1, 1].</summary>
    string Mean(string input);

    /// <summary>A map of one pixel as large as another map.</summary>
    string Expand(string input, string like);

    /// <summary>[N, channels, 1, 1] to [N, elements].</summary>
    string Linear(string input, string weight, string bias);

    /// <summary>
    /// The prediction [N, channels] of an image task out of what its head gives: each channel times its scale plus its shift
    /// (<see cref="TaskKind.OutputAffine"/>), in 32 bits.
    /// </summary>
    string ElementAffine(string input, VisionTask task);

    /// <summary>Divides by the L2 norm over channels, whose square is taken as 1e-24 at least.</summary>
    string Normalize(string input);

    /// <summary>Makes a value the output of a task.</summary>
    void Output(string task, string value);
}

/// <summary>The window of a convolution: rows and columns alike.</summary>
internal readonly record struct ConvolutionWindow(int Kernel, int Stride, int Dilation, int Padding);
