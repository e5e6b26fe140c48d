namespace Jtr.Interop.Training;

/// <summary>What a training step did. Losses are means over the samples.</summary>
/// <param name="Step">Steps done, this one included.</param>
/// <param name="Loss">The whole loss, with the tasks' weights.</param>
/// <param name="Supervised">The supervised loss, the plain sum over tasks.</param>
/// <param name="Dist">The distance term of "jtr", unweighted; 0 without that method. <see cref="StepCapture.Terms"/> gives those of
/// every method.</param>
/// <param name="Recon">The reconstruction term of "jtr", unweighted; 0 without that method.</param>
/// <param name="LearningRate">The rate that Adam used.</param>
/// <param name="GradientNorm">Euclidean norm of the multi-task network's gradient, before it was clipped.</param>
public readonly record struct StepResult(
    long Step,
    double Loss,
    double Supervised,
    double Dist,
    double Recon,
    double LearningRate,
    double GradientNorm = 0
);
