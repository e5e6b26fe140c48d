namespace Jtr.Interop.Training;

/// <summary>
/// What a <see cref="JointTaskRegularizer"/> reads: predictions and labels of two views of B samples, height and width H x W (multiples
/// of 32). C channels of all predictions, L of all labels, K tasks. View 1 of the paper comes first, view 2 second.
/// </summary>
public readonly ref struct RegularizerBatch
{
    /// <summary>B: 1 or more.</summary>
    public required int Samples { get; init; }

    /// <summary>H: a multiple of 32.</summary>
    public required int Height { get; init; }

    /// <summary>W: a multiple of 32.</summary>
    public required int Width { get; init; }

    /// <summary>[2, B, L, H, W]: the tasks' labels in order, as in <see cref="Datasets.Batch.Labels"/>.</summary>
    public required ReadOnlySpan<float> Labels { get; init; }

    /// <summary>[B, K]: 1 where the sample is labelled for the task, else 0.</summary>
    public required ReadOnlySpan<byte> Labeled { get; init; }

    /// <summary>[B, 5, S, H, W] or empty, as in <see cref="StepCapture.Noise"/>.</summary>
    public ReadOnlySpan<double> Noise { get; init; }
}

/// <summary>Memory of the caller for each sample's terms; what is left empty is not asked for.</summary>
public readonly ref struct RegularizerCapture
{
    /// <summary>[B] receives each sample's distance term, unweighted.</summary>
    public Span<double> Dist { get; init; }

    /// <summary>[B] receives each sample's reconstruction term, unweighted.</summary>
    public Span<double> Recon { get; init; }
}

/// <summary>The JTR loss of a batch: means over the samples (Nishi et al., CVPR 2024).</summary>
/// <param name="Loss">LambdaDist * Dist + LambdaRecon * Recon.</param>
/// <param name="Dist">The distance term.</param>
/// <param name="Recon">The reconstruction term.</param>
public readonly record struct RegularizerResult(double Loss, double Dist, double Recon);
