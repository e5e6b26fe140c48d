namespace Jtr.Interop.Training;

/// <summary>
/// Memory of the caller for what a step can tell besides its <see cref="StepResult"/>, and the noise to use. Whatever is left empty is not
/// asked for. V is the number of views that the method reads, B samples, K tasks, C channels of all predictions, H rows, W columns.
/// </summary>
public readonly ref struct StepCapture
{
    /// <summary>[B] receives each sample's loss.</summary>
    public Span<double> Loss { get; init; }

    /// <summary>[B] receives each sample's supervised loss.</summary>
    public Span<double> Supervised { get; init; }

    /// <summary>[B] receives each sample's distance term of "jtr", unweighted; 0 without that method.</summary>
    public Span<double> Dist { get; init; }

    /// <summary>[B] receives each sample's reconstruction term of "jtr", unweighted; 0 without that method.</summary>
    public Span<double> Recon { get; init; }

    /// <summary>[K] receives each task's supervised loss, mean over the samples that have its label; NaN if none has.</summary>
    public Span<double> TaskLoss { get; init; }

    /// <summary>[T] receives each term of the loss, mean over the samples, in the order of <see cref="Trainer.TermNames"/>.</summary>
    public Span<double> Terms { get; init; }

    /// <summary>
    /// [V, B, C, H, W] receives the predictions: raw logits, depths, unit normals, maps. With image tasks
    /// [V, B, <see cref="Tasks.TaskSet.PredictionValues"/>].
    /// </summary>
    public Span<double> Prediction { get; init; }

    /// <summary>Receives the gradients of the loss with respect to them, in the same shape.</summary>
    public Span<double> PredictionGradient { get; init; }

    /// <summary>
    /// [B, N, S, H, W], above 0: exponential noise of the Gumbel-softmax, S being the classes of all segmentation tasks together and N the
    /// method's draws: 5 of "jtr" (prediction of view 1, its completion, completion of view 2, the targets of its two reconstructions), K -
    /// 1 of "mtpsl" (a sample's labelled tasks in order), else 0. Empty: drawn
    /// from the trainer's seed and step.
    /// </summary>
    public ReadOnlySpan<double> Noise { get; init; }
}
