using Jtr.Interop.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Documentation;

/// <summary>The twenty lines of README.md: its two usings above, and what stands between the marks.</summary>
internal static class ReadmeExample
{
    public static async Task RunAsync()
    {
        // [README
        FolderOptions size = new() { Height = 96, Width = 128 };
        FolderDataset train = new("photos/train", size);
        FolderDataset test = new("photos/test", size with { Tasks = [.. train.Tasks] });

        TrainerOptions options = new()
        {
            Tasks = train.Tasks,
            Method = "supervised", // or "jtr", "teacher", "jtr+teacher"
            Width = 16,
            Optimizer = new AdamOptions { LearningRate = 2e-3 },
        };
        using Trainer trainer = new(options);
        FitOptions fit = new() { Epochs = 20, BatchSize = 8, CheckpointPath = "photos.safetensors" };
        Progress<TrainingProgress> progress = new(p => Console.WriteLine($"{p.Step}/{p.TotalSteps}: loss {p.Loss:F3}"));
        await trainer.FitAsync(train, fit, progress);

        Console.WriteLine(trainer.Evaluate(test).ToTable());
        // README]
    }
}
