namespace Jtr.Interop.Inputs;

/// <summary>The further inputs of some samples that are to be predicted, in memory of the caller's.</summary>
public readonly ref struct InputValues
{
    /// <summary>Wraps memory.</summary>
    /// <param name="inputs">The inputs, those of the network in its order.</param>
    /// <param name="values">
    /// [samples, <see cref="InputSet.Values"/>]; what stands where an input is missing does not matter.
    /// </param>
    /// <param name="present">[samples, inputs], 1 where a sample has the input, else 0; empty: all have all.</param>
    public InputValues(InputSet inputs, ReadOnlySpan<float> values, ReadOnlySpan<byte> present = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Inputs = inputs;
        Values = values;
        Present = present;
    }

    /// <summary>The inputs.</summary>
    public InputSet? Inputs { get; }

    /// <summary>[samples, <see cref="InputSet.Values"/>].</summary>
    public ReadOnlySpan<float> Values { get; }

    /// <summary>[samples, inputs], 1 or 0; empty: all are there.</summary>
    public ReadOnlySpan<byte> Present { get; }
}
