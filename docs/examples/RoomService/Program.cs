using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Hosting;
using Jtr.Interop.Inference;
using Jtr.Interop.Visualization;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
ConfigurationManager settings = builder.Configuration;
int height = settings.GetValue<int>("Data:Height"), width = settings.GetValue<int>("Data:Width");
FolderOptions size = new() { Height = height, Width = width };
builder.Services.AddJtrTrainer(_ => new FolderDataset(settings["Data:Folder"]!, size), settings.GetSection("Training"));
builder.Services.AddJtrPredictor(settings.GetSection("Prediction"));
WebApplication app = builder.Build();

// How the training is doing.
app.MapGet("/training", (TrainingRun run) => new { State = $"{run.Status.State}", run.Status.Progress?.Step, run.Status.Progress?.Loss });

// A photograph goes in; out comes a picture of what the newest network predicts for a task.
app.MapPost("/predict/{task}", async (string task, Stream photo, ReloadingPredictor service, HttpResponse reply, CancellationToken stop) =>
{
    if (!service.TryRent(out PredictorLease? rented)) return Results.Problem("There is no checkpoint yet.", statusCode: 503);
    using PredictorLease lease = rented;
    Predictor network = lease.Predictor;
    if (network.Tasks.All(t => t.Name != task)) return Results.Problem($"There is no task '{task}'.", statusCode: 404);
    float[] image = new float[3 * height * width], predictions = new float[network.Tasks.TotalChannels * height * width];
    try
    {
        await PhotographReader.ReadAsync(photo, height, width, image, "the upload", stop);
    }
    catch (JtrFormatException e)
    {
        return Results.Problem(e.Message, statusCode: 400);
    }
    network.Predict(image, samples: 1, height, width, predictions);
    Prediction prediction = new(network.Tasks, predictions, sample: 0, height, width);
    reply.Headers["Jtr-Step"] = $"{lease.Checkpoint.Step}";
    return Results.Bytes(TaskPainter.PaintPrediction(network.Tasks[task], prediction[task], height, width).ToPng(), "image/png");
});
app.Run();
