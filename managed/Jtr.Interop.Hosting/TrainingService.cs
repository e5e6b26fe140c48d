using Jtr.Interop.Datasets;
using Jtr.Interop.Training;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtr.Interop.Hosting;

/// <summary>Runs a <see cref="TrainingRun"/> whenever it is asked for, until the host stops.</summary>
internal sealed class TrainingService(
    TrainingRun run,
    IServiceProvider services,
    IOptionsMonitor<JtrTrainerOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger logger
) : BackgroundService
{
    /// <summary>Opens the data and checks the settings against them, so that what does not fit stops the host at once.</summary>
    /// <exception cref="OptionsValidationException">A setting is outside its range.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        JtrTrainerOptions current = options.Get(run.Name);
        if (current.StartWithHost)
        {
            Check(current, Data);
            run.Start();
        }
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await run.WhenWantedAsync(stoppingToken).ConfigureAwait(false);
            bool stopOnFailure = true;
            try
            {
                JtrTrainerOptions current = options.Get(run.Name);
                stopOnFailure = current.StopHostOnFailure;
                // Loading and the making of networks take a while.
                FitResult result = await Task.Run(() => FitAsync(current, stoppingToken), stoppingToken).ConfigureAwait(false);
                run.End(TrainingState.Done, result);
                if (!current.StopHostWhenDone)
                    continue;
                lifetime.StopApplication();
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                run.End(TrainingState.Canceled);
                throw;
            }
#pragma warning disable CA1031 // Whatever it was: the run tells it, and the host stops, or goes on if it is told to.
            catch (Exception e)
#pragma warning restore CA1031
            {
                run.End(TrainingState.Failed, failure: e);
                if (stopOnFailure)
                    throw;
                HostingLog.Failed(logger, run.Name, e);
            }
        }
    }

    private IMultiTaskDataset Data => services.GetRequiredKeyedService<IMultiTaskDataset>(JtrServices.DataKey(run.Name));

    private async Task<FitResult> FitAsync(JtrTrainerOptions current, CancellationToken cancellationToken)
    {
        IMultiTaskDataset data = Data;
        TrainerOptions made = Check(current, data);
        FitOptions fit = current.Fit with { Name = current.Fit.Name ?? (run.Name.Length > 0 ? run.Name : null) };
        string checkpoint = fit.CheckpointPath!;
        LoadOptions machine = new()
        {
            Device = made.Device,
            DeviceIndex = made.DeviceIndex,
            Precision = made.Precision,
            Recomputation = made.Recomputation,
            Parallel = made.Parallel,
        };
        bool resumes = current.Resume && File.Exists(checkpoint);
        using Trainer trainer = resumes ? Trainer.Load(checkpoint, machine, logger) : new Trainer(made, logger);
        IProgress<TrainingProgress>? further = current.Progress?.Invoke(trainer);
        try
        {
            return await trainer.FitAsync(data, fit, new Reports(run, further), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            (further as IDisposable)?.Dispose();
        }
    }

    /// <summary>Throws unless the settings are in their ranges; gives what to train.</summary>
    private TrainerOptions Check(JtrTrainerOptions current, IMultiTaskDataset data)
    {
        string where = run.Name.Length == 0 ? "Trainer" : $"Trainer '{run.Name}'";
        try
        {
            if (current.Fit.CheckpointPath is null)
                throw new ArgumentException("Fit.CheckpointPath must be set: what a background training learns is in its checkpoint.");
            current.Fit.Validate();
            TrainerOptions made = current.Trainer(data.Tasks);
            made.Validate();
            // A network reads what the data have, unless it is made otherwise.
            return made.Inputs.Count > 0 ? made : made with { Inputs = data.Inputs };
        }
        catch (ArgumentException e)
        {
            throw new OptionsValidationException(run.Name, typeof(JtrTrainerOptions), [$"{where}: {e.Message}"]);
        }
    }

    /// <summary>Hands reports on.</summary>
    private sealed class Reports(TrainingRun run, IProgress<TrainingProgress>? further) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            run.Report(value);
            further?.Report(value);
        }
    }
}
