using System.Diagnostics.CodeAnalysis;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Inference;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtr.Interop.Hosting;

/// <summary>
/// The predictor of a host, as <see cref="JtrServices.AddJtrPredictor"/> adds it. When its checkpoint is replaced it takes up the new
/// one, without a pause: requests that run end with the network that they began with. Meanwhile both are in memory. May be used by any
/// number of threads.
/// </summary>
public sealed class ReloadingPredictor : IDisposable
{
    // What a run calls its checkpoint.
    private const string CheckpointName = "checkpoint.safetensors";

    private readonly IOptionsMonitor<JtrPredictorOptions> _options;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Lock _loading = new();
    private LoadedPredictor? _current;
    private Stamp? _seen;
    private bool _disposed;

    internal ReloadingPredictor(string name, IOptionsMonitor<JtrPredictorOptions> options, ILogger logger)
    {
        Name = name;
        _options = options;
        _logger = logger;
    }

    /// <summary>The name that it was added with; may be empty.</summary>
    public string Name { get; }

    /// <summary>Whether there is a network.</summary>
    public bool IsReady => Volatile.Read(ref _current) is not null;

    /// <summary>The network that is current, for one request.</summary>
    /// <exception cref="InvalidOperationException">There is none yet; <see cref="TryRent"/> asks without an exception.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public PredictorLease Rent() =>
        TryRent(out PredictorLease? lease)
            ? lease
            : throw new InvalidOperationException($"{PathOf(_options.Get(Name))} is not there yet, or was never usable");

    /// <summary>The network that is current, for one request; false where there is none yet.</summary>
    /// <param name="lease">Receives it.</param>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public bool TryRent([NotNullWhen(true)] out PredictorLease? lease)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            lease = _current?.Rent();
        }
        return lease is not null;
    }

    /// <summary>
    /// Looks at the checkpoint and takes it up if it, or a setting, has changed. The host does so by itself, in intervals.
    /// </summary>
    /// <returns>Whether there is a new network.</returns>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="IOException">
    /// The file cannot be read. What was loaded before stays, and the file is not tried again until it changes.
    /// </exception>
    /// <exception cref="JtrException">It is damaged, or the device is absent; likewise.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public bool Refresh()
    {
        lock (_loading)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            JtrPredictorOptions options = _options.Get(Name);
            Stamp stamp = Stamp.Of(PathOf(options), options.Options);
            if (stamp == _seen)
                return false;
            _seen = stamp;
            if (!stamp.Exists)
            {
                // One that is deleted is about to be replaced, or kept for good: either way the network stays.
                if (IsReady)
                    return false;
                if (!options.Optional)
                    throw new FileNotFoundException($"{stamp.Path}: there is no such checkpoint", stamp.Path);
                HostingLog.Waits(_logger, Name, stamp.Path);
                return false;
            }
            PredictorOptions compute = options.Options with { Name = options.Options.Name ?? (Name.Length > 0 ? Name : null) };
            CheckpointInfo info = CheckpointInfo.Read(stamp.Path);
            Replace(new LoadedPredictor(Predictor.Load(stamp.Path, compute, _logger), info));
            HostingLog.Took(_logger, Name, stamp.Path, info.Step);
            return true;
        }
    }

    /// <summary>As <see cref="Refresh"/>; what goes wrong is logged.</summary>
    internal void TryRefresh()
    {
        try
        {
            Refresh();
        }
        catch (ObjectDisposedException) { }
#pragma warning disable CA1031 // Whatever is wrong with a file, predictions go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HostingLog.CannotUse(_logger, Name, PathOf(_options.Get(Name)), e);
        }
    }

    /// <summary>Frees the network when the requests that use it have ended. Harmless when repeated.</summary>
    public void Dispose()
    {
        LoadedPredictor? last;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            (last, _current) = (_current, null);
        }
        last?.Release();
    }

    private void Replace(LoadedPredictor loaded)
    {
        LoadedPredictor? before;
        lock (_gate)
        {
            // Disposed while it was loading.
            (before, _current) = _disposed ? (loaded, null) : (_current, loaded);
        }
        before?.Release();
    }

    private static string PathOf(JtrPredictorOptions options) =>
        Directory.Exists(options.Checkpoint) ? Path.Combine(options.Checkpoint, CheckpointName) : options.Checkpoint;

    /// <summary>What tells whether there is something new to load.</summary>
    private sealed record Stamp(string Path, bool Exists, DateTime Written, long Length, PredictorOptions Options)
    {
        public static Stamp Of(string path, PredictorOptions options)
        {
            FileInfo file = new(path);
            return file.Exists ? new(path, true, file.LastWriteTimeUtc, file.Length, options) : new(path, false, default, 0, options);
        }
    }
}
