using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

/// <summary>The section "Training" of appsettings.json. Properties can be set: generated binding needs that.</summary>
public sealed class TrainingSettings
{
    public string Method { get; set; } = "jtr";
    public int Width { get; set; } = 16;
    public int BatchSize { get; set; } = 8;
    public int Epochs { get; set; } = 20;
    public double LearningRate { get; set; } = 2e-3;

    public FitOptions ToFit() => new() { Epochs = Epochs, BatchSize = BatchSize };

    public TrainerOptions ToTrainer(TaskSet tasks) => new()
    {
        Tasks = tasks,
        Method = Method,
        Width = Width,
        Optimizer = new AdamOptions { LearningRate = LearningRate },
    };
}

public sealed class TrainingValidation(TaskSet tasks) : IValidateOptions<TrainingSettings>
{
    public ValidateOptionsResult Validate(string? name, TrainingSettings options)
    {
        try
        {
            options.ToTrainer(tasks).Validate();
            options.ToFit().Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException e)
        {
            return ValidateOptionsResult.Fail($"Training: {e.Message}");
        }
    }
}

public static class TrainingServices
{
    public static IServiceCollection AddTraining(this IServiceCollection services, IConfiguration section, TaskSet tasks)
    {
        services.AddSingleton<IValidateOptions<TrainingSettings>>(new TrainingValidation(tasks));
        services.AddOptions<TrainingSettings>()
            .Bind(section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
        return services;
    }
}
