using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference;

/// <summary>An image to predict for.</summary>
/// <param name="Name">A name that its owner recognises, such as its file name.</param>
/// <param name="Values">[3, height, width] RGB in [0, 1].</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record ImageSample(string Name, ReadOnlyMemory<float> Values, int Height, int Width)
{
    /// <summary>Its further inputs, of the same size, or null: those of the network are missing.</summary>
    public ImageInputs? Inputs { get; init; }
}

/// <summary>The predictions for one image, in memory of their own.</summary>
/// <param name="Name">The name of the image.</param>
/// <param name="Tasks">The tasks, in the order of the predictions.</param>
/// <param name="Values">[C, height, width]: raw logits, depths, unit normals, maps, tasks in order.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record SamplePrediction(string Name, TaskSet Tasks, ReadOnlyMemory<float> Values, int Height, int Width)
{
    /// <summary>The predictions, told apart by task.</summary>
    public Prediction AsPrediction() => new(Tasks, Values.Span, 0, Height, Width);
}
