using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Jtr.Interop.Hosting;

/// <summary>Loads a <see cref="ReloadingPredictor"/> when the host starts, then looks for new checkpoints.</summary>
internal sealed class PredictorService(ReloadingPredictor predictor, IOptionsMonitor<JtrPredictorOptions> options, TimeProvider clock)
    : BackgroundService
{
    /// <summary>Loads the checkpoint, so that requests find it; where it may be missing, what is wrong with it is logged.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        Action load = options.Get(predictor.Name).Optional ? predictor.TryRefresh : () => predictor.Refresh();
        await Task.Run(load, cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan interval = options.Get(predictor.Name).ReloadInterval;
        if (interval == TimeSpan.Zero)
            return;
        using PeriodicTimer timer = new(interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            predictor.TryRefresh();
    }
}
