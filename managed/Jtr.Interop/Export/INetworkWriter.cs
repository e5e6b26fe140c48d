namespace Jtr.Interop.Export;

/// <summary>The operations that a network is made of, in some language; a value is a name in that language.</summary>
internal interface INetworkWriter
{
    /// <summary>A convolution of stride 1 that keeps the size.</summary>
    /// <param name="input">[N, channels, H, W].</param>
    /// <param name="name">Its weights are NAME.weight and NAME.bias.</param>
    /// <param name="kernel">3 or 1.</param>
    string Convolve(string input, string name, int kernel);

    /// <summary>Batch norm with running statistics (eps 1e-5), then ReLU.</summary>
    /// <param name="input">[N, channels, H, W].</param>
    /// <param name="name">Its tensors are NAME.weight, .bias, .running_mean and .running_var.</param>
    string NormRelu(string input, string name);

    /// <summary>2 x 2 max pool of stride 2.</summary>
    /// <returns>The pooled values, and what <see cref="Unpool"/> needs to undo it.</returns>
    (string Pooled, string Places) Pool(string input);

    /// <summary>Puts values back to the places where a pool took them from, zeros elsewhere.</summary>
    string Unpool(string input, string places);

    /// <summary>Divides by the L2 norm over channels, whose square is taken as 1e-24 at least.</summary>
    string Normalize(string input);

    /// <summary>Makes a value the output of a task.</summary>
    void Output(string task, string value);
}
