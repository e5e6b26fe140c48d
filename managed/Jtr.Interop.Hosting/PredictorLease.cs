using Jtr.Interop.Checkpoints;
using Jtr.Interop.Inference;

namespace Jtr.Interop.Hosting;

/// <summary>
/// A network of a <see cref="ReloadingPredictor"/>, which stays the same and alive until this is disposed, whatever is loaded meanwhile.
/// Hold it for one request, not longer: a network that was replaced keeps its memory until its last lease ends.
/// </summary>
public sealed class PredictorLease : IDisposable
{
    private readonly LoadedPredictor _loaded;
    private int _disposed;

    internal PredictorLease(LoadedPredictor loaded) => _loaded = loaded;

    /// <summary>The network.</summary>
    public Predictor Predictor => _disposed == 0 ? _loaded.Predictor : throw new ObjectDisposedException(nameof(PredictorLease));

    /// <summary>What its checkpoint says about itself.</summary>
    public CheckpointInfo Checkpoint => _loaded.Checkpoint;

    /// <summary>Gives it back. Harmless when repeated.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _loaded.Release();
    }
}

/// <summary>A network and how many use it. Its maker is the first; the last one frees it.</summary>
internal sealed class LoadedPredictor(Predictor predictor, CheckpointInfo checkpoint)
{
    private int _users = 1;

    public Predictor Predictor => predictor;

    public CheckpointInfo Checkpoint => checkpoint;

    /// <summary>One more user. Called only while its maker is one.</summary>
    public PredictorLease Rent()
    {
        Interlocked.Increment(ref _users);
        return new PredictorLease(this);
    }

    /// <summary>One user fewer.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            predictor.Dispose();
    }
}
