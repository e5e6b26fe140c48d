namespace Jtr.Interop.Training;

/// <summary>What a training step did. Losses are means over the samples.</summary>
/// <param name="Step">Steps done, this one included.</param>
/// <param name="Loss">The whole loss, with the tasks' weights.</param>
/// <param name="Supervised">The supervised loss, the plain sum over tasks.</param>
/// <param name="Dist">The distance term of "jtr", or the agreement that another method asks for, unweighted; 0 where the method has
/// none.</param>
/// <param name="Recon">The reconstruction term of "jtr", or the loss of the maps of "perceptual_map", unweighted; 0 where the method has
/// none.</param>
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
