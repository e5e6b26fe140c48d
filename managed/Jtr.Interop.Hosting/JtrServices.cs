using System.Diagnostics.CodeAnalysis;
using Jtr.Interop.Datasets;
using Jtr.Interop.Hosting.Binding;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Jtr.Interop.Hosting;

/// <summary>Adds training and prediction to the services of a host (ASP.NET Core, workers).</summary>
public static class JtrServices
{
    /// <summary>
    /// Adds a training in the background. It begins with the host (<see cref="JtrTrainerOptions.StartWithHost"/>), saves when the host
    /// stops, and goes on there at the next start. <see cref="TrainingRun"/> tells how it is doing.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="data">Opens the data to train on: once, when they are first needed. The container disposes them.</param>
    /// <param name="section">
    /// Where the settings are (<see cref="JtrTrainerOptions"/>), or null: then the result configures them. A key that does not exist, or
    /// a value that is none or out of its range, keeps the host from starting.
    /// </param>
    /// <param name="name">
    /// Its name, to add several: the key of its <see cref="TrainingRun"/> service, the tag of its metrics, the end of its log category.
    /// Without a name it is the service of no key.
    /// </param>
    /// <returns>To configure further what a section cannot say, such as <c>FitOptions.Validation</c>.</returns>
    /// <exception cref="ArgumentException">There is one of that name already.</exception>
    public static OptionsBuilder<JtrTrainerOptions> AddJtrTrainer(
        this IServiceCollection services,
        Func<IServiceProvider, IMultiTaskDataset> data,
        IConfiguration? section = null,
        string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(data);
        string key = name ?? Options.DefaultName;
        Add(services, key, name is null, provider => new TrainingRun(key));
        services.AddKeyedSingleton(DataKey(key), (provider, _) => data(provider));
        services.AddSingleton<IHostedService>(provider => new TrainingService(
            provider.GetRequiredKeyedService<TrainingRun>(key),
            provider,
            provider.GetRequiredService<IOptionsMonitor<JtrTrainerOptions>>(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            Logger<TrainingRun>(provider, key)
        ));
        return Configure<JtrTrainerOptions>(
            services,
            key,
            section,
            (options, values) =>
            {
                OptionsBinder.Bind(options, values, nameof(JtrTrainerOptions.Trainer));
                IConfiguration trainer = values.GetSection(nameof(JtrTrainerOptions.Trainer));
                Func<TaskSet, TrainerOptions> before = options.Trainer;
                options.Trainer = tasks => OptionsBinder.Bind(before(tasks), trainer);
                // Wrong keys are told at once, without data.
                options.Trainer(new TaskSet(new MapTask("any")));
            }
        );
    }

    /// <summary>
    /// Adds a predictor, <see cref="ReloadingPredictor"/>, that is loaded when the host starts, and again whenever its checkpoint is
    /// replaced.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="section">
    /// Where the settings are (<see cref="JtrPredictorOptions"/>), or null: then the result configures them. A key that does not exist,
    /// or a value that is none or out of its range, keeps the host from starting.
    /// </param>
    /// <param name="name">
    /// Its name, to add several: the key of its <see cref="ReloadingPredictor"/> service, the tag of its metrics, the end of its log
    /// category. Without a name it is the service of no key.
    /// </param>
    /// <returns>To configure further.</returns>
    /// <exception cref="ArgumentException">There is one of that name already.</exception>
    public static OptionsBuilder<JtrPredictorOptions> AddJtrPredictor(
        this IServiceCollection services,
        IConfiguration? section = null,
        string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        string key = name ?? Options.DefaultName;
        Add(
            services,
            key,
            name is null,
            provider => new ReloadingPredictor(
                key,
                provider.GetRequiredService<IOptionsMonitor<JtrPredictorOptions>>(),
                Logger<ReloadingPredictor>(provider, key)
            )
        );
        services.AddSingleton<IHostedService>(provider => new PredictorService(
            provider.GetRequiredKeyedService<ReloadingPredictor>(key),
            provider.GetRequiredService<IOptionsMonitor<JtrPredictorOptions>>(),
            provider.GetService<TimeProvider>() ?? TimeProvider.System
        ));
        services.AddSingleton<IValidateOptions<JtrPredictorOptions>>(new PredictorValidation(key));
        return Configure<JtrPredictorOptions>(services, key, section, (options, values) => OptionsBinder.Bind(options, values));
    }

    /// <summary>The key of a run's data.</summary>
    internal static object DataKey(string run) => new RunData(run);

    private static void Add<T>(IServiceCollection services, string key, bool isDefault, Func<IServiceProvider, T> make)
        where T : class
    {
        if (services.Any(s => s.IsKeyedService && s.ServiceType == typeof(T) && key.Equals(s.ServiceKey)))
        {
            string which = key.Length == 0 ? "without a name" : $"'{key}'";
            throw new ArgumentException($"a {typeof(T).Name} {which} was added already", nameof(key));
        }
        services.AddKeyedSingleton(key, (provider, _) => make(provider));
        if (isDefault)
            services.AddSingleton(provider => provider.GetRequiredKeyedService<T>(key));
    }

    private static OptionsBuilder<T> Configure<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T
    >(IServiceCollection services, string key, IConfiguration? section, Action<T, IConfiguration> bind)
        where T : class
    {
        OptionsBuilder<T> builder = services.AddOptions<T>(key);
        if (section is not null)
        {
            services.AddSingleton<IOptionsChangeTokenSource<T>>(new SectionChanges<T>(key, section));
            builder.Configure(options => bind(options, section));
        }
        return builder.ValidateOnStart();
    }

    private static ILogger Logger<T>(IServiceProvider provider, string key) =>
        provider.GetRequiredService<ILoggerFactory>().CreateLogger(key.Length == 0 ? typeof(T).FullName! : $"{typeof(T).FullName}.{key}");

    private sealed record RunData(string Run);

    /// <summary>Tells the options when their section changes.</summary>
    private sealed class SectionChanges<T>(string name, IConfiguration section) : IOptionsChangeTokenSource<T>
    {
        public string Name => name;

        public IChangeToken GetChangeToken() => section.GetReloadToken();
    }

    /// <summary>Checks the ranges that the options themselves know.</summary>
    private sealed class PredictorValidation(string key) : IValidateOptions<JtrPredictorOptions>
    {
        public ValidateOptionsResult Validate(string? name, JtrPredictorOptions options)
        {
            if (name != key)
                return ValidateOptionsResult.Skip;
            List<string> faults = [];
            if (options.Checkpoint.Length == 0)
                faults.Add("Checkpoint must name a checkpoint or the folder of a run.");
            if (options.ReloadInterval < TimeSpan.Zero)
                faults.Add("ReloadInterval must be 0 or more.");
            try
            {
                options.Options.Validate();
            }
            catch (ArgumentException e)
            {
                faults.Add($"Options: {e.Message}");
            }
            string where = key.Length == 0 ? "Predictor" : $"Predictor '{key}'";
            return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults.Select(f => $"{where}: {f}"));
        }
    }
}
