using System.Buffers;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Jtr.Interop.Diagnostics;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Inference;

/// <summary>Further inputs of a call: values, or null where all are missing, and which are present, or null where all are.</summary>
internal readonly unsafe struct FurtherInputs(float* values, byte* present)
{
    public float* Values { get; } = values;
    public byte* Present { get; } = present;
}

/// <summary>
/// Calls that wait for a network. A caller that finds a network free runs the calls at the head of the queue through it, its own or
/// others', as many as fit into a batch; everyone else sleeps. Steady calls allocate nothing.
/// </summary>
internal sealed unsafe class PredictionQueue(IReadOnlyList<Trainer> networks, int maxBatch, PredictorMetrics metrics) : IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<Call> _waiting = new();
    private readonly Stack<Call> _spare = new();
    private readonly Stack<Worker> _free = new(networks.Select(n => new Worker(n, maxBatch, metrics)));
    private int _asyncWaiting;
    private bool _disposed;

    /// <summary>Pixels, of all samples together, that the networks which are free have memory for.</summary>
    internal long ReservedPixels
    {
        get
        {
            lock (_gate)
                return _free.Sum(w => w.Capacity);
        }
    }

    /// <summary>Predicts; the memory stays where it is until the call returns.</summary>
    public void Run(float* images, FurtherInputs inputs, float* predictions, int samples, int height, int width)
    {
        long start = Stopwatch.GetTimestamp();
        Call call;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(Predictor));
            if (!_spare.TryPop(out call!))
                call = new Call();
            call.Begin(images, inputs, predictions, samples, height, width);
            _waiting.Enqueue(call);
            while (!call.Done)
            {
                if (_waiting.Count == 0 || !_free.TryPop(out Worker? worker))
                {
                    Monitor.Wait(_gate);
                    continue;
                }
                Take(worker);
                Monitor.Exit(_gate);
                try
                {
                    worker.Compute();
                    foreach (AsyncCall done in worker.AsyncCalls)
                        done.Release();
                    foreach (AsyncCall done in worker.AsyncCalls)
                        Complete(done);
                }
                finally
                {
                    Monitor.Enter(_gate);
                    Return(worker);
                    // Nobody waits in here for those calls.
                    if (_asyncWaiting > 0)
                        _ = Task.Run(Drain, CancellationToken.None);
                }
            }
        }
        Exception? failure = call.Failure;
        lock (_gate)
            _spare.Push(call);
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        metrics.Call(samples, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Predicts without a thread that waits. The memory is used until the task ends, also where it ends by a cancel.</summary>
    public Task RunAsync(
        ReadOnlyMemory<float> images,
        ReadOnlyMemory<float> inputs,
        ReadOnlyMemory<byte> present,
        Memory<float> predictions,
        int samples,
        int height,
        int width,
        CancellationToken cancellationToken
    )
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        AsyncCall call = new(images, inputs, present, predictions, samples, height, width);
        call.Registration = cancellationToken.UnsafeRegister((_, token) => Withdraw(call, token), null);
        bool isTooLate;
        lock (_gate)
        {
            isTooLate = _disposed;
            if (!isTooLate)
            {
                _waiting.Enqueue(call);
                _asyncWaiting++;
            }
        }
        if (isTooLate)
        {
            call.Registration.Unregister();
            call.Release();
            throw new ObjectDisposedException(typeof(Predictor).FullName);
        }
        // A cancel before the call was in the queue found nothing there.
        if (cancellationToken.IsCancellationRequested)
            Withdraw(call, cancellationToken);
        _ = Task.Run(Drain, CancellationToken.None);
        return call.Completion.Task;
    }

    /// <summary>Computes the calls that wait, on a thread of the pool, while a network is free.</summary>
    private void Drain()
    {
        bool computed = false;
        while (true)
        {
            Worker? worker;
            lock (_gate)
            {
                if (_waiting.Count == 0 || !_free.TryPop(out worker))
                    break;
                Take(worker);
            }
            worker.Compute();
            AsyncCall[] done = [.. worker.AsyncCalls];
            // First the memory, which nobody uses any more, then the network, then those who wait.
            foreach (AsyncCall call in done)
                call.Release();
            lock (_gate)
                Return(worker);
            foreach (AsyncCall call in done)
                Complete(call);
            computed = true;
        }
        // The next to compute is likely another thread, which idle ones of this one would slow.
        if (computed)
            Api.ReleaseThreads();
    }

    /// <summary>Gives a network the calls at the head of the queue.</summary>
    private void Take(Worker worker)
    {
        worker.Take(_waiting);
        _asyncWaiting -= worker.AsyncCount;
    }

    /// <summary>Says that a network's calls are done, and that it is free.</summary>
    private void Return(Worker worker)
    {
        worker.Finish();
        _free.Push(worker);
        Monitor.PulseAll(_gate);
    }

    private void Complete(AsyncCall call)
    {
        call.Registration.Unregister();
        if (call.Failure is { } failure)
        {
            call.Completion.SetException(failure);
            return;
        }
        metrics.Call(call.Samples, Stopwatch.GetElapsedTime(call.Start).TotalSeconds);
        call.Completion.SetResult();
    }

    /// <summary>Takes a call that waits out of the queue; one that is being computed stays.</summary>
    private void Withdraw(AsyncCall call, CancellationToken cancellationToken)
    {
        bool found = false;
        lock (_gate)
        {
            for (int left = _waiting.Count; left > 0; left--)
            {
                Call next = _waiting.Dequeue();
                if (next == call)
                    found = true;
                else
                    _waiting.Enqueue(next);
            }
            if (!found)
                return;
            _asyncWaiting--;
            Monitor.PulseAll(_gate);
        }
        call.Release();
        call.Completion.SetCanceled(cancellationToken);
    }

    /// <summary>Lets the calls that are there finish, then frees the networks.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            while (_waiting.Count > 0 || _free.Count < networks.Count)
                Monitor.Wait(_gate);
        }
        foreach (Worker worker in _free)
            worker.Dispose();
    }

    /// <summary>One call of a predictor.</summary>
    private class Call
    {
        public float* Images { get; private set; }
        public FurtherInputs Inputs { get; private set; }
        public float* Predictions { get; private set; }
        public int Samples { get; private set; }
        public int Height { get; private set; }
        public int Width { get; private set; }
        public bool Done { get; set; }
        public Exception? Failure { get; set; }

        public void Begin(float* images, FurtherInputs inputs, float* predictions, int samples, int height, int width)
        {
            Images = images;
            Inputs = inputs;
            Predictions = predictions;
            (Samples, Height, Width) = (samples, height, width);
            (Done, Failure) = (false, null);
        }
    }

    /// <summary>A call that nobody waits for in here. It keeps its memory in place.</summary>
    private sealed class AsyncCall : Call
    {
        private MemoryHandle _images,
            _inputs,
            _present,
            _predictions;

        public AsyncCall(
            ReadOnlyMemory<float> images,
            ReadOnlyMemory<float> inputs,
            ReadOnlyMemory<byte> present,
            Memory<float> predictions,
            int samples,
            int height,
            int width
        )
        {
            _images = images.Pin();
            _inputs = inputs.Pin();
            _present = present.Pin();
            _predictions = predictions.Pin();
            FurtherInputs further = inputs.IsEmpty
                ? default
                : new FurtherInputs((float*)_inputs.Pointer, present.IsEmpty ? null : (byte*)_present.Pointer);
            Begin((float*)_images.Pointer, further, (float*)_predictions.Pointer, samples, height, width);
        }

        /// <summary>When it came.</summary>
        public long Start { get; } = Stopwatch.GetTimestamp();

        public TaskCompletionSource Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public CancellationTokenRegistration Registration { get; set; }

        /// <summary>Lets the memory go.</summary>
        public void Release()
        {
            _images.Dispose();
            _inputs.Dispose();
            _present.Dispose();
            _predictions.Dispose();
        }
    }

    /// <summary>A network, the calls that it computes, and memory to put them together in.</summary>
    private sealed class Worker(Trainer network, int maxBatch, PredictorMetrics metrics) : IDisposable
    {
        private readonly List<Call> _calls = [];
        private readonly List<AsyncCall> _asyncCalls = [];
        private readonly TaskSet _tasks = network.Tasks;
        private readonly InputSet _inputs = network.Inputs;
        private float* _images,
            _further,
            _predictions;
        private byte* _present;
        private long _capacity;
        private long _values;
        private long _samples;

        /// <summary>Pixels, of all samples together, that there is memory for.</summary>
        public long Capacity => Volatile.Read(ref _capacity);

        /// <summary>Those of the calls that nobody waits for.</summary>
        public List<AsyncCall> AsyncCalls => _asyncCalls;

        /// <summary>Their number.</summary>
        public int AsyncCount => _asyncCalls.Count;

        /// <summary>Takes the call at the head of a queue, and those behind it that are of the same size and fit into the batch.</summary>
        public void Take(Queue<Call> waiting)
        {
            Call first = waiting.Dequeue();
            _calls.Add(first);
            int samples = first.Samples;
            while (
                waiting.TryPeek(out Call? next)
                && next.Height == first.Height
                && next.Width == first.Width
                && samples + next.Samples <= maxBatch
            )
            {
                samples += next.Samples;
                _calls.Add(waiting.Dequeue());
            }
            foreach (Call call in _calls)
            {
                if (call is AsyncCall own)
                    _asyncCalls.Add(own);
            }
        }

        /// <summary>Predicts for the calls; what fails is kept for them.</summary>
        public void Compute()
        {
            try
            {
                if (_calls.Count == 1)
                    Predict(
                        _calls[0].Images,
                        _calls[0].Inputs,
                        _calls[0].Predictions,
                        _calls[0].Samples,
                        _calls[0].Height,
                        _calls[0].Width
                    );
                else
                    ComputeTogether();
            }
#pragma warning disable CA1031 // Whatever it was, those who wait get it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                foreach (Call call in _calls)
                    call.Failure = e;
            }
        }

        /// <summary>Says that the calls are done.</summary>
        public void Finish()
        {
            foreach (Call call in _calls)
                call.Done = true;
            _calls.Clear();
            _asyncCalls.Clear();
        }

        public void Dispose()
        {
            network.Dispose();
            Free();
        }

        private void ComputeTogether()
        {
            (int height, int width) = (_calls[0].Height, _calls[0].Width);
            long plane = (long)height * width;
            int samples = 0;
            foreach (Call call in _calls)
                samples += call.Samples;
            int values = _tasks.PredictionValues(height, width);
            int further = _inputs.Values(height, width);
            Reserve(samples, samples * plane, (long)samples * values);
            samples = 0;
            foreach (Call call in _calls)
            {
                Copy(call.Images, _images + samples * _inputs.ImageChannels * plane, call.Samples * _inputs.ImageChannels * plane);
                CopyInputs(call, samples, further);
                samples += call.Samples;
            }
            Predict(_images, new FurtherInputs(_further, _present), _predictions, samples, height, width);
            samples = 0;
            foreach (Call call in _calls)
            {
                Copy(_predictions + (long)samples * values, call.Predictions, (long)call.Samples * values);
                samples += call.Samples;
            }
        }

        /// <summary>A call's further inputs behind those of the calls before; what it does not give is missing.</summary>
        private void CopyInputs(Call call, int samples, int further)
        {
            if (_inputs.Count == 0)
                return;
            Span<float> values = new(_further + (long)samples * further, call.Samples * further);
            Span<byte> present = new(_present + (long)samples * _inputs.Count, call.Samples * _inputs.Count);
            if (call.Inputs.Values == null)
            {
                values.Clear();
                present.Clear();
                return;
            }
            new ReadOnlySpan<float>(call.Inputs.Values, values.Length).CopyTo(values);
            if (call.Inputs.Present == null)
                present.Fill(1);
            else
                new ReadOnlySpan<byte>(call.Inputs.Present, present.Length).CopyTo(present);
        }

        private void Predict(float* images, FurtherInputs inputs, float* predictions, int samples, int height, int width)
        {
            int plane = samples * height * width;
            InputValues further =
                _inputs.Count == 0 || inputs.Values == null
                    ? default
                    : new InputValues(
                        _inputs,
                        new ReadOnlySpan<float>(inputs.Values, samples * _inputs.Values(height, width)),
                        inputs.Present == null ? [] : new ReadOnlySpan<byte>(inputs.Present, samples * _inputs.Count)
                    );
            network.Predict(
                new ReadOnlySpan<float>(images, _inputs.ImageChannels * plane),
                further,
                samples,
                height,
                width,
                new Span<float>(predictions, samples * _tasks.PredictionValues(height, width))
            );
            metrics.Batch(samples);
        }

        private void Free()
        {
            NativeMemory.Free(_images);
            NativeMemory.Free(_predictions);
            NativeMemory.Free(_further);
            NativeMemory.Free(_present);
            _images = _predictions = _further = null;
            _present = null;
            _capacity = _values = _samples = 0;
        }

        /// <summary>
        /// Sees that there is memory for the calls at hand: for the largest batch so far, not for the largest that is allowed.
        /// </summary>
        private void Reserve(long samples, long pixels, long values)
        {
            if (pixels <= _capacity && values <= _values && samples <= _samples)
                return;
            (pixels, values, samples) = (Math.Max(pixels, _capacity), Math.Max(values, _values), Math.Max(samples, _samples));
            // What was there before is not needed, so that it need not stay beside the new.
            Free();
            _images = (float*)NativeMemory.Alloc(checked((nuint)(_inputs.ImageChannels * pixels * sizeof(float))));
            _predictions = (float*)NativeMemory.Alloc(checked((nuint)(values * sizeof(float))));
            if (_inputs.Count > 0)
            {
                // Planes have a value for each pixel, vectors for each sample.
                long planes = _inputs.Sum(i => i.IsPlanes ? (long)i.Channels : 0),
                    vectors = _inputs.Sum(i => i.IsPlanes ? 0 : (long)i.Channels);
                _further = (float*)NativeMemory.Alloc(checked((nuint)((planes * pixels + vectors * samples) * sizeof(float))));
                _present = (byte*)NativeMemory.Alloc(checked((nuint)(samples * _inputs.Count)));
            }
            (_capacity, _values, _samples) = (pixels, values, samples);
        }

        private static void Copy(float* from, float* to, long count) =>
            Buffer.MemoryCopy(from, to, count * sizeof(float), count * sizeof(float));
    }
}
