using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Jtr.Interop.Datasets.Views;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Batches of a data set, epoch after epoch without end, made ahead by threads of its own. The sequence depends on data
/// set, assignment and options alone: not on the number of threads, and not on where a run was interrupted.
/// </summary>
/// <remarks>
/// One thread at a time takes batches; it gives them back with <see cref="Recycle"/> when it is done. In the steady
/// state nothing is allocated. The threads live until <see cref="Dispose"/>. A read that hangs keeps nobody waiting for more
/// than a second: neither a call that is cancelled, nor <see cref="Seek"/>, nor <see cref="Dispose"/>, which leaves its thread
/// behind.
/// </remarks>
public sealed class DataLoader : IDisposable
{
    /// <summary>How long reads that are not wanted any more are waited for.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly IMultiTaskDataset _data;
    private readonly LabelAssignment? _labels;
    private readonly Thread[] _threads;
    private readonly CancellationTokenSource _stop = new();

    // Everything below is guarded by _gate, which is pulsed whenever someone's wait may be over.
    private readonly object _gate = new();
    private readonly Stack<Batch> _free = new();
    private readonly Slot[] _slots;
    private readonly int[] _order;
    private readonly ISampler? _sampler;
    private readonly DomainMembers? _members; // where they exchange their looks
    private readonly long[] _domains; // of each sample; empty where all are 0
    private long _orderEpoch = -1;
    private long _position;
    private long _fillBatch;
    private int _fillSample;
    private bool _disposed;

    /// <summary>Starts to make batches.</summary>
    /// <param name="data">The data set. Several threads read it at once.</param>
    /// <param name="labels">The labels that samples count as having, or null for all that exist.</param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    /// <exception cref="ArgumentException">
    /// The data set is empty, or too small for a batch where the last is dropped; or a batch for a sample of it for each process; or the
    /// assignment is for other tasks or another number of samples.
    /// </exception>
    public DataLoader(IMultiTaskDataset data, LabelAssignment? labels = null, DataLoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new DataLoaderOptions();
        options.Validate();
        if (data.Count == 0)
            throw new ArgumentException("the data set has no samples", nameof(data));
        if (labels is not null && labels.Count != data.Count)
            throw new ArgumentException($"the assignment is for {labels.Count} samples, the data set has {data.Count}", nameof(labels));
        if (labels is not null && !labels.Tasks.Select(t => t.Name).SequenceEqual(data.Tasks.Select(t => t.Name)))
            throw new ArgumentException($"the assignment is for the tasks {labels.Tasks}, the data set has {data.Tasks}", nameof(labels));
        BatchesPerEpoch = options.DropLast ? data.Count / options.BatchSize : (data.Count - 1) / options.BatchSize + 1;
        if (BatchesPerEpoch == 0)
            throw new ArgumentException(
                $"the data set has {data.Count} samples: with DropLast there is no batch of BatchSize {options.BatchSize}",
                nameof(data)
            );
        int smallest = SmallestBatch(data.Count, options);
        if (smallest < options.Ranks)
            throw new ArgumentException(
                $"{options.Ranks} processes share batches, and each needs a sample of every one; an epoch of {data.Count} samples in "
                    + $"batches of {options.BatchSize} has one of {smallest}"
                    + (data.Count > options.BatchSize ? "; DropLast leaves it out" : ""),
                nameof(options)
            );

        _data = data;
        _labels = labels;
        Options = options;
        _order = [.. Enumerable.Range(0, data.Count)];
        _domains = DomainNumbers(data, options.Domains);
        _sampler = options.Sampler ?? (options.Shuffle ? new ShuffleSampler() : null);
        if (options.Augment && (options.Appearance.Count > 0 || options.Augmentation?.CutMix > 0))
            _members = new DomainMembers(data);
        _slots = [.. Enumerable.Range(0, options.Prefetch).Select(_ => new Slot())];
        _position = _fillBatch = options.FirstBatch;
        // One more than there are slots: the batch in use.
        for (int i = 0; i <= options.Prefetch; i++)
            _free.Push(NewBatch());
        _threads = [.. Enumerable.Range(0, options.Workers).Select(NewThread)];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    /// <summary>The options.</summary>
    public DataLoaderOptions Options { get; }

    /// <summary>Number of batches of an epoch.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>Number of the batch that <see cref="Next"/> gives next, counted from the start of epoch 0.</summary>
    public long Position
    {
        get
        {
            lock (_gate)
                return _position;
        }
    }

    /// <summary>The next batch; waits until it is made.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A batch, to be given back with <see cref="Recycle"/>.</returns>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    /// <exception cref="ObjectDisposedException">The loader is disposed.</exception>
    /// <exception cref="JtrFormatException">
    /// A file of a sample of this batch is damaged. This, and whatever else the data set throws, reaches the caller as it
    /// was thrown; the batch is left out, and the next call goes on behind it.
    /// </exception>
    public Batch Next(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Batch? batch;
        Exception? error;
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static loader => ((DataLoader)loader!).Wake(), this);
        try
        {
            lock (_gate)
            {
                while (true)
                {
                    ObjectDisposedException.ThrowIf(_disposed, this);
                    if (TryTake(out batch, out error))
                        break;
                    cancellationToken.ThrowIfCancellationRequested();
                    Monitor.Wait(_gate);
                }
            }
        }
        finally
        {
            registration.Unregister();
        }
        if (error is not null)
            ExceptionDispatchInfo.Throw(error);
        return batch!;
    }

    /// <summary>The next batch if it is made already. What went wrong with it is left for <see cref="Next"/> to tell.</summary>
    /// <param name="batch">A batch, to be given back with <see cref="Recycle"/>, or null.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="ObjectDisposedException">The loader is disposed.</exception>
    public bool TryNext([NotNullWhen(true)] out Batch? batch)
    {
        batch = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Slot slot = _slots[_position % _slots.Length];
            return (slot.Number != _position || slot.Error is null) && TryTake(out batch, out _);
        }
    }

    /// <summary>Gives a batch back, whose memory is then used again.</summary>
    /// <param name="batch">A batch from <see cref="Next"/> of this loader, not given back before.</param>
    /// <exception cref="ArgumentException">It is not.</exception>
    public void Recycle(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        lock (_gate)
        {
            if (batch.Lender != this)
                throw new ArgumentException("this loader has not lent that batch, or has it back already", nameof(batch));
            batch.Lender = null;
            if (_disposed)
                batch.Dispose();
            else if (!batch.IsDisposed)
                _free.Push(batch);
        }
    }

    /// <summary>Goes to a batch, as a resumed run does. Batches that are made ahead are dropped.</summary>
    /// <param name="batch">Number of the batch that <see cref="Next"/> gives next, 0 or more.</param>
    /// <exception cref="ObjectDisposedException">The loader is disposed.</exception>
    public void Seek(long batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (batch == _position)
                return;
            for (int i = 0; i < _slots.Length; i++)
            {
                // Threads that are still at samples of a batch give it back when they are done.
                if (_slots[i].Reading > 0)
                    _slots[i].IsDropped = true;
                else if (_slots[i].Batch is { } made)
                    _free.Push(made);
                _slots[i] = new Slot();
            }
            _position = _fillBatch = batch;
            _fillSample = 0;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>
    /// Ends the threads, as soon as each has finished or given up the sample it is at, and all batches but those in use. A thread
    /// whose read takes longer than a second is left to end by itself.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            Monitor.PulseAll(_gate);
        }
        // What a data set does on a cancel is its own affair, and may throw or hang as its reads do.
        _ = _stop.CancelAsync();
        long start = Stopwatch.GetTimestamp();
        bool ended = true;
        foreach (Thread thread in _threads)
        {
            TimeSpan left = Patience - Stopwatch.GetElapsedTime(start);
            ended &= thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
        if (ended)
            _stop.Dispose();
        lock (_gate)
        {
            foreach (Slot slot in _slots)
            {
                slot.Batch?.Dispose();
                slot.Clear();
            }
            while (_free.TryPop(out Batch? batch))
                batch.Dispose();
        }
    }

    private void Work(ViewMaker maker)
    {
        CancellationToken stop = _stop.Token;
        while (Claim(out Slot slot, out Batch batch, out int sample))
        {
            Exception? error = null;
            try
            {
                TaskMask wanted = _labels?[batch.Indices[sample]] ?? _data.Tasks.All;
                maker.Fill(batch, sample, wanted, Options.Seed, slot.Number / BatchesPerEpoch, stop);
            }
            catch (Exception e)
            {
                error = e;
            }
            Complete(slot, sample, error);
        }
    }

    /// <summary>Waits for a sample to make. False: the loader is disposed.</summary>
    private bool Claim(out Slot slot, out Batch batch, out int sample)
    {
        lock (_gate)
        {
            while (!_disposed)
            {
                slot = _slots[_fillBatch % _slots.Length];
                sample = _fillSample;
                if (_fillBatch < _position + _slots.Length && (sample > 0 || TryBegin(slot)))
                {
                    slot.Reading++;
                    batch = slot.Batch!;
                    if (++_fillSample == batch.Samples)
                    {
                        _fillSample = 0;
                        _fillBatch++;
                    }
                    return true;
                }
                Monitor.Wait(_gate);
            }
        }
        slot = null!;
        batch = null!;
        sample = 0;
        return false;
    }

    /// <summary>
    /// Makes a slot ready for the samples of the next batch. False: there is no memory, or the sampler fails, and the slot says so.
    /// </summary>
    private bool TryBegin(Slot slot)
    {
        slot.Number = _fillBatch;
        Batch? batch = null;
        int start = (int)(_fillBatch % BatchesPerEpoch) * Options.BatchSize;
        try
        {
            // The caller may keep batches, or dispose them instead of giving them back: then there are new ones.
            while (batch is null || batch.IsDisposed)
            {
                if (!_free.TryPop(out batch))
                    batch = NewBatch();
            }
            int whole = Math.Min(Options.BatchSize, _order.Length - start);
            (int first, int end) = DataLoaderOptions.Share(whole, Options.Rank, Options.Ranks);
            batch.Samples = end - first;
            Order(_fillBatch / BatchesPerEpoch).AsSpan(start + first, batch.Samples).CopyTo(batch.Indices);
            for (int b = 0; _domains.Length > 0 && b < batch.Samples; b++)
                batch.Domains[b] = _domains[batch.Indices[b]];
        }
#pragma warning disable CA1031 // It reaches the caller of Next; on this thread it would end the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (batch is not null)
                _free.Push(batch);
            slot.Error = e;
            _fillBatch++;
            Monitor.PulseAll(_gate);
            return false;
        }
        slot.Batch = batch;
        slot.Remaining = batch.Samples;
        return true;
    }

    private void Complete(Slot slot, int sample, Exception? error)
    {
        lock (_gate)
        {
            slot.Reading--;
            if (slot.IsDropped)
            {
                if (slot.Reading == 0 && !_disposed)
                    _free.Push(slot.Batch!);
                return;
            }
            // Of several errors in a batch the first sample's is told, whichever thread is quicker.
            if (error is not null && sample < slot.ErrorSample)
            {
                slot.Error = error;
                slot.ErrorSample = sample;
            }
            if (--slot.Remaining == 0)
                Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Takes the next batch, or what went wrong with it. False: it is not made yet.</summary>
    private bool TryTake(out Batch? batch, out Exception? error)
    {
        Slot slot = _slots[_position % _slots.Length];
        batch = null;
        error = null;
        if (slot.Number != _position || slot.Remaining > 0)
            return false;
        batch = slot.Batch;
        error = slot.Error;
        slot.Clear();
        _position++;
        if (error is null)
            batch!.Lender = this;
        else if (batch is not null)
            _free.Push(batch);
        Monitor.PulseAll(_gate);
        return true;
    }

    /// <summary>Samples of an epoch's smallest batch, all processes together.</summary>
    internal static int SmallestBatch(int samples, DataLoaderOptions options) =>
        options.DropLast || samples % options.BatchSize == 0 ? options.BatchSize : samples % options.BatchSize;

    /// <summary>The number of each sample's domain; none where all are 0.</summary>
    private static long[] DomainNumbers(IMultiTaskDataset data, IReadOnlyList<string>? names)
    {
        names ??= data.Domains;
        if (names.Count < 2)
            return [];
        long[] numbers = [.. data.Domains.Select(d => (long)IndexOf(names, d))];
        long[] all = [.. Enumerable.Range(0, data.Count).Select(i => numbers[data.GetSampleInfo(i).Domain])];
        int unknown = Array.IndexOf(all, -1L);
        return unknown < 0
            ? all
            : throw new ArgumentException(
                $"sample '{data.GetName(unknown)}' is of the domain '{data.Domains[data.GetSampleInfo(unknown).Domain]}'; known are "
                    + string.Join(", ", names),
                nameof(data)
            );
    }

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        int i = names.Count - 1;
        while (i >= 0 && names[i] != name)
            i--;
        return i;
    }

    private int[] Order(long epoch)
    {
        if (_sampler is null || _orderEpoch == epoch)
            return _order;
        _orderEpoch = -1;
        _sampler.Fill(Options.Seed, epoch, _order);
        foreach (int index in _order)
        {
            if (index < 0 || index >= _order.Length)
                throw new InvalidOperationException(
                    $"{_sampler.GetType()} gave index {index} for epoch {epoch}; the data set has {_order.Length} samples"
                );
        }
        _orderEpoch = epoch;
        return _order;
    }

    private Thread NewThread(int number)
    {
        ViewMaker maker = new(_data, Options, _members, _labels);
        return new Thread(() => Work(maker)) { IsBackground = true, Name = $"jtr loader {number}" };
    }

    private Batch NewBatch() => new(_data.Tasks, _data.Inputs, Options.Views, LargestShare, _data.Height, _data.Width);

    private int LargestShare => (Options.BatchSize - 1) / Options.Ranks + 1;

    private void Wake()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    /// <summary>A place for a batch that is being made, or is ready.</summary>
    private sealed class Slot
    {
        public long Number { get; set; } = -1;
        public Batch? Batch { get; set; }
        public int Remaining { get; set; }

        /// <summary>Threads that are at one of its samples.</summary>
        public int Reading { get; set; }

        /// <summary>Whether nobody will take the batch.</summary>
        public bool IsDropped { get; set; }

        public Exception? Error { get; set; }
        public int ErrorSample { get; set; } = int.MaxValue;

        public void Clear()
        {
            Number = -1;
            Batch = null;
            Remaining = 0;
            Error = null;
            ErrorSample = int.MaxValue;
        }
    }
}
