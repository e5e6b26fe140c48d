using System.Globalization;
using Jtr.Interop.Checkpoints.Safetensors;

namespace Jtr.Interop.Checkpoints;

/// <summary>Whether weights that come from outside are numbers.</summary>
internal static class FiniteWeights
{
    /// <summary>The values of a tensor of a file, which are all numbers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensor">The tensor.</param>
    /// <exception cref="JtrFormatException">One is NaN or infinite.</exception>
    public static double[] Of(string path, SafetensorsTensor tensor)
    {
        double[] values = tensor.ToDoubles();
        Check(path, tensor.Name, values);
        return values;
    }

    /// <summary>Throws where a value is NaN or infinite.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The tensor in the file.</param>
    /// <param name="values">Its values.</param>
    /// <exception cref="JtrFormatException">One is.</exception>
    public static void Check(string path, string name, ReadOnlySpan<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (double.IsFinite(values[i]))
                continue;
            string text = string.Create(CultureInfo.InvariantCulture, $"tensor '{name}' has {values[i]} as its element {i}: no weight");
            throw new JtrFormatException(path, text);
        }
    }
}
