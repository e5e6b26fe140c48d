using System.Globalization;
using System.Runtime.CompilerServices;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Hosting;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Trains for a few steps on built-in scenes, saves, loads and predicts, writes a picture and reads it, trains in a host; prints what the
// test looks at.
string checkpoint = Path.Combine(Path.GetTempPath(), $"consumer-{Environment.ProcessId}.safetensors");
SceneDataset scenes = new(
    new SceneOptions
    {
        Count = 4,
        Height = 32,
        Width = 32,
    }
);
using (Trainer trainer = new(new TrainerOptions { Tasks = scenes.Tasks, Width = 2 }))
{
    FitOptions fit = new()
    {
        Steps = 3,
        BatchSize = 2,
        Scenario = LabelScenario.OneLabel,
        Workers = 1,
        CheckpointPath = checkpoint,
    };
    FitResult result = await trainer.FitAsync(scenes, fit);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trained {result.Steps} steps, loss {result.Last!.Value.Loss:R}"));
    Console.WriteLine($"scores: {trainer.Evaluate(scenes)}");
}
Console.WriteLine(
    $"checkpoint: {CheckpointInfo.Read(checkpoint).Options.Method}, compiled ahead: {!RuntimeFeature.IsDynamicCodeSupported}"
);
File.Delete(checkpoint);

string picture = Path.ChangeExtension(checkpoint, "png");
RgbImage drawn = RgbImage.Create(height: 2, width: 3);
drawn[1, 2] = Rgb.White;
drawn.SavePng(picture);
float[] image = new float[3 * 2 * 3];
PhotographReader.Read(picture, 2, 3, image);
Console.WriteLine($"picture: {image.Sum()}");
File.Delete(picture);

// Settings are bound without code that trimming would break.
HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
builder.Configuration.AddInMemoryCollection(
    new Dictionary<string, string?>
    {
        ["Training:Trainer:Width"] = "2",
        ["Training:Trainer:Optimizer:LearningRate"] = "0.001",
        ["Training:Trainer:Precision"] = "Float64",
        ["Training:Fit:Steps"] = "2",
        ["Training:Fit:CheckpointPath"] = checkpoint,
        ["Training:StopHostWhenDone"] = "true",
        ["Prediction:Checkpoint"] = checkpoint,
        ["Prediction:Optional"] = "true",
        ["Prediction:Options:MaxBatch"] = "2",
    }
);
builder.Services.AddJtrTrainer(_ => scenes, builder.Configuration.GetSection("Training"));
builder.Services.AddJtrPredictor(builder.Configuration.GetSection("Prediction"));
using (IHost host = builder.Build())
{
    TrainingRun run = host.Services.GetRequiredService<TrainingRun>();
    ReloadingPredictor predictor = host.Services.GetRequiredService<ReloadingPredictor>();
    await host.StartAsync();
    await host.WaitForShutdownAsync();
    predictor.Refresh();
    using PredictorLease lease = predictor.Rent();
    Console.WriteLine(
        $"host: {run.Status.State} at step {lease.Checkpoint.Step} in {lease.Checkpoint.Options.Precision}, batches of "
            + $"{lease.Predictor.Options.MaxBatch}"
    );
}
File.Delete(checkpoint);
