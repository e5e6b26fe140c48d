using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Jtr.Interop.Diagnostics;
using Jtr.Interop.Training;

namespace Jtr.Interop.Inference;

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
    private bool _disposed;

    /// <summary>Pixels, of all samples together, that the networks which are free have memory for.</summary>
    internal long ReservedPixels
    {
        get
        {
            lock (_gate) return _free.Sum(w => w.Capacity);
        }
    }

    /// <summary>Predicts; the memory stays where it is until the call returns.</summary>
    public void Run(float* images, float* predictions, int samples, int height, int width)
    {
        long start = Stopwatch.GetTimestamp();
        Call call;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(Predictor));
            if (!_spare.TryPop(out call!)) call = new Call();
            call.Begin(images, predictions, samples, height, width);
            _waiting.Enqueue(call);
            while (!call.Done)
            {
                if (_waiting.Count == 0 || !_free.TryPop(out Worker? worker))
                {
                    Monitor.Wait(_gate);
                    continue;
                }
                worker.Take(_waiting);
                Monitor.Exit(_gate);
                try
                {
                    worker.Compute();
                }
                finally
                {
                    Monitor.Enter(_gate);
                    worker.Finish();
                    _free.Push(worker);
                    Monitor.PulseAll(_gate);
                }
            }
        }
        Exception? failure = call.Failure;
        lock (_gate) _spare.Push(call);
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        metrics.Call(samples, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Lets the calls that are there finish, then frees the networks.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            while (_waiting.Count > 0 || _free.Count < networks.Count) Monitor.Wait(_gate);
        }
        foreach (Worker worker in _free) worker.Dispose();
    }

    /// <summary>One call of a predictor.</summary>
    private sealed class Call
    {
        public float* Images { get; private set; }
        public float* Predictions { get; private set; }
        public int Samples { get; private set; }
        public int Height { get; private set; }
        public int Width { get; private set; }
        public bool Done { get; set; }
        public Exception? Failure { get; set; }

        public void Begin(float* images, float* predictions, int samples, int height, int width)
        {
            Images = images;
            Predictions = predictions;
            (Samples, Height, Width) = (samples, height, width);
            (Done, Failure) = (false, null);
        }
    }

    /// <summary>A network, the calls that it computes, and memory to put them together in.</summary>
    private sealed class Worker(Trainer network, int maxBatch, PredictorMetrics metrics) : IDisposable
    {
        private readonly List<Call> _calls = [];
        private readonly int _channels = network.Tasks.TotalChannels;
        private float* _images, _predictions;
        private long _capacity;

        /// <summary>Pixels, of all samples together, that there is memory for.</summary>
        public long Capacity => Volatile.Read(ref _capacity);

        /// <summary>Takes the call at the head of a queue, and those behind it that are of the same size and fit into the batch.</summary>
        public void Take(Queue<Call> waiting)
        {
            Call first = waiting.Dequeue();
            _calls.Add(first);
            int samples = first.Samples;
            while (waiting.TryPeek(out Call? next) && next.Height == first.Height && next.Width == first.Width && samples + next.Samples <= maxBatch)
            {
                samples += next.Samples;
                _calls.Add(waiting.Dequeue());
            }
        }

        /// <summary>Predicts for the calls; what fails is kept for them.</summary>
        public void Compute()
        {
            try
            {
                if (_calls.Count == 1) Predict(_calls[0].Images, _calls[0].Predictions, _calls[0].Samples, _calls[0].Height, _calls[0].Width);
                else ComputeTogether();
            }
#pragma warning disable CA1031 // Whatever it was, those who wait get it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                foreach (Call call in _calls) call.Failure = e;
            }
        }

        /// <summary>Says that the calls are done.</summary>
        public void Finish()
        {
            foreach (Call call in _calls) call.Done = true;
            _calls.Clear();
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
            foreach (Call call in _calls) samples += call.Samples;
            Reserve(samples * plane);
            samples = 0;
            foreach (Call call in _calls)
            {
                Copy(call.Images, _images + samples * 3 * plane, call.Samples * 3 * plane);
                samples += call.Samples;
            }
            Predict(_images, _predictions, samples, height, width);
            samples = 0;
            foreach (Call call in _calls)
            {
                Copy(_predictions + samples * _channels * plane, call.Predictions, call.Samples * _channels * plane);
                samples += call.Samples;
            }
        }

        private void Predict(float* images, float* predictions, int samples, int height, int width)
        {
            int plane = samples * height * width;
            network.Predict(new ReadOnlySpan<float>(images, 3 * plane), samples, height, width, new Span<float>(predictions, _channels * plane));
            metrics.Batch(samples);
        }

        private void Free()
        {
            NativeMemory.Free(_images);
            NativeMemory.Free(_predictions);
            _images = _predictions = null;
            _capacity = 0;
        }

        /// <summary>Sees that there is memory for the calls at hand: for the largest batch so far, not for the largest that is allowed.</summary>
        private void Reserve(long pixels)
        {
            if (pixels <= _capacity) return;
            // What was there before is not needed, so that it need not stay beside the new.
            Free();
            _images = (float*)NativeMemory.Alloc(checked((nuint)(3 * pixels * sizeof(float))));
            _predictions = (float*)NativeMemory.Alloc(checked((nuint)(_channels * pixels * sizeof(float))));
            _capacity = pixels;
        }

        private static void Copy(float* from, float* to, long count) => Buffer.MemoryCopy(from, to, count * sizeof(float), count * sizeof(float));
    }
}
