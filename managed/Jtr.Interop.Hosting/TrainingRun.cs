using System.Threading.Channels;
using Jtr.Interop.Training;

namespace Jtr.Interop.Hosting;

/// <summary>
/// A training in the background of a host, as <see cref="JtrServices.AddJtrTrainer"/> adds it: tells how it is doing, and begins it where
/// it does not begin by itself. May be used by any number of threads.
/// </summary>
public sealed class TrainingRun
{
    private readonly Lock _gate = new();
    private readonly Channel<bool> _wanted = Channel.CreateBounded<bool>(1);
    private bool _isWanted;
    private TrainingStatus _status = new(TrainingState.Waiting);

    internal TrainingRun(string name) => Name = name;

    /// <summary>The name that it was added with; may be empty.</summary>
    public string Name { get; }

    /// <summary>How it is doing.</summary>
    public TrainingStatus Status => Volatile.Read(ref _status);

    /// <summary>
    /// Asks for a run, with settings and data as they are then: the first one, or another one after an end, to go on for more steps or,
    /// without <see cref="JtrTrainerOptions.Resume"/>, from the beginning.
    /// </summary>
    /// <returns>False where one is running or asked for already: nothing is done.</returns>
    public bool Start()
    {
        lock (_gate)
        {
            if (_isWanted || _status.State == TrainingState.Running)
                return false;
            _isWanted = true;
        }
        _wanted.Writer.TryWrite(true);
        return true;
    }

    /// <summary>Waits until a run is asked for, and marks it as running.</summary>
    internal async Task WhenWantedAsync(CancellationToken cancellationToken)
    {
        await _wanted.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _isWanted = false;
            _status = new TrainingStatus(TrainingState.Running);
        }
    }

    /// <summary>Keeps the end of a run.</summary>
    internal void End(TrainingState state, FitResult? result = null, Exception? failure = null)
    {
        lock (_gate)
            _status = _status with { State = state, Result = result, Failure = failure };
    }

    /// <summary>Keeps a report.</summary>
    internal void Report(TrainingProgress progress)
    {
        lock (_gate)
            _status = _status with { Progress = progress };
    }
}
