using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Evaluation;

/// <summary>Random predictions and labels of a task, some pixels without a label.</summary>
internal sealed class RandomSamples
{
    public const int Height = 9;
    public const int Width = 37;
    public const int Pixels = Height * Width;

    private RandomSamples(VisionTask task) => Task = task;

    public VisionTask Task { get; }

    public List<(float[] Prediction, float[] Label)> Samples { get; } = [];

    public static RandomSamples Make(VisionTask task, int count, int seed)
    {
        Random random = new(seed);
        RandomSamples made = new(task);
        for (int s = 0; s < count; s++)
        {
            float[] prediction = new float[task.Channels * Pixels];
            float[] label = new float[task.LabelChannels * Pixels];
            for (int i = 0; i < prediction.Length; i++)
                prediction[i] = (float)(4 * random.NextDouble() - (task.Kind == TaskKind.Depth ? 0.5 : 2));
            for (int i = 0; i < Pixels; i++)
            {
                bool valid = random.NextDouble() < 0.8;
                for (int c = 0; c < task.LabelChannels; c++)
                {
                    label[c * Pixels + i] = !valid
                        ? task.InvalidLabel
                        : task switch
                        {
                            // The last class never occurs in a label.
                            SegmentationTask segmentation => random.Next(segmentation.ClassCount - 1),
                            DepthTask => (float)(0.5 + 4 * random.NextDouble()),
                            MapTask => random.NextSingle(),
                            _ => (float)(2 * random.NextDouble() - 1),
                        };
                }
            }
            if (task.Kind == TaskKind.Normals)
            {
                Normalize(prediction);
                Normalize(label);
            }
            made.Samples.Add((prediction, label));
        }
        return made;
    }

    private static void Normalize(float[] vectors)
    {
        for (int i = 0; i < Pixels; i++)
        {
            double length = Math.Sqrt(Enumerable.Range(0, 3).Sum(c => (double)vectors[c * Pixels + i] * vectors[c * Pixels + i]));
            for (int c = 0; c < 3; c++)
                vectors[c * Pixels + i] = length == 0 ? 0 : (float)(vectors[c * Pixels + i] / length);
        }
    }
}
