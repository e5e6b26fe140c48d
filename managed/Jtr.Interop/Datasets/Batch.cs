using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Samples side by side in memory that stays in its place, in the layout that a training step reads without a copy: images and
/// labels of V views of B samples. Reusable; the arrays have no gaps for the number of samples that is set.
/// </summary>
/// <remarks>
/// Not thread-safe. The memory is the garbage collector's, in arrays that it does not move: it goes when neither the batch nor
/// any of its spans is in use any more, so that a span may outlive its batch.
/// </remarks>
public sealed unsafe class Batch : IDisposable
{
    // A cache line, and the widest vector register.
    private const int Alignment = 64;
    private const int Slack = Alignment / sizeof(float);

    private static int MaxValues => Array.MaxLength - Slack;

    // On the pinned heap: native code gets addresses into them. Kept until the batch goes itself: a step on another thread may be
    // reading them.
    private readonly float[] _images;
    private readonly float[] _labels;
    private readonly float[] _inputs;
    private readonly byte[] _present;
    private readonly byte[] _labeled;
    private readonly double[] _weights;
    private readonly int[] _indices;
    private readonly long[] _domains;
    private readonly ViewCrop[] _crops;
    private readonly int _imagesAt;
    private readonly int _labelsAt;
    private readonly int _inputsAt;
    private readonly int _labelValues;
    private readonly int _inputValues;
    private int _samples;
    private bool _disposed;

    /// <summary>Allocates a batch. The memory is zero: no sample is labelled; every view is the whole of view 0.</summary>
    /// <param name="tasks">The tasks, K of them, with L label values a sample (<see cref="TaskSet.LabelValues"/>).</param>
    /// <param name="views">V, 1 or more.</param>
    /// <param name="capacity">The largest number of samples, 1 or more; <see cref="Samples"/> starts with it.</param>
    /// <param name="height">H, 1 or more.</param>
    /// <param name="width">W, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A size is below 1, or images or labels would have more values than an array can, which is about 2^31.
    /// </exception>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public Batch(TaskSet tasks, int views, int capacity, int height, int width)
        : this(tasks, InputSet.None, views, capacity, height, width) { }

    /// <summary>Allocates a batch with further inputs, all of which are missing at first.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="inputs">The inputs beside the photograph.</param>
    /// <param name="views">V, 1 or more.</param>
    /// <param name="capacity">The largest number of samples, 1 or more.</param>
    /// <param name="height">H, 1 or more.</param>
    /// <param name="width">W, 1 or more.</param>
    /// <inheritdoc cref="Batch(TaskSet, int, int, int, int)" path="/exception"/>
    public Batch(TaskSet tasks, InputSet inputs, int views, int capacity, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentOutOfRangeException.ThrowIfLessThan(views, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        Int128 planes = (Int128)views * capacity * height * width;
        // Counted as if image tasks had planes too: no more than that.
        Int128 largest = planes * Math.Max(Math.Max(inputs.ImageChannels, tasks.TotalLabelChannels), inputs.Sum(i => i.Channels));
        if (largest > MaxValues)
            throw new ArgumentOutOfRangeException(
                nameof(capacity),
                capacity,
                $"{views} views of {capacity} samples of {height} x {width} have {largest} values, more than {MaxValues}; take fewer "
                    + $"samples"
            );

        Tasks = tasks;
        Inputs = inputs;
        Views = views;
        Capacity = capacity;
        Height = height;
        Width = width;
        _samples = capacity;
        _images = GC.AllocateArray<float>((int)planes * inputs.ImageChannels + Slack, pinned: true);
        _labelValues = tasks.LabelValues(height, width);
        _labels = GC.AllocateArray<float>(views * capacity * _labelValues + Slack, pinned: true);
        _inputValues = inputs.Values(height, width);
        _inputs = GC.AllocateArray<float>(views * capacity * _inputValues + Slack, pinned: true);
        _inputsAt = FirstAligned(_inputs);
        _present = GC.AllocateArray<byte>(Math.Max(1, capacity * inputs.Count), pinned: true);
        _labeled = GC.AllocateArray<byte>(capacity * tasks.Count, pinned: true);
        _weights = GC.AllocateArray<double>(capacity * tasks.Count, pinned: true);
        _indices = GC.AllocateArray<int>(capacity, pinned: true);
        _domains = GC.AllocateArray<long>(capacity, pinned: true);
        _crops = GC.AllocateArray<ViewCrop>(views * capacity, pinned: true);
        _imagesAt = FirstAligned(_images);
        _labelsAt = FirstAligned(_labels);
        Crops.Fill(ViewCrop.Whole(height, width));
        LabelWeights.Fill(1);
    }

    /// <summary>The tasks, K of them, with L label values a sample (<see cref="TaskSet.LabelValues"/>).</summary>
    public TaskSet Tasks { get; }

    /// <summary>The inputs beside the photograph.</summary>
    public InputSet Inputs { get; }

    /// <summary>V.</summary>
    public int Views { get; }

    /// <summary>The largest number of samples.</summary>
    public int Capacity { get; }

    /// <summary>H.</summary>
    public int Height { get; }

    /// <summary>W.</summary>
    public int Width { get; }

    /// <summary>
    /// B, the number of samples in use: 1 to <see cref="Capacity"/>. Setting it moves the bounds of all arrays, so what
    /// they held is lost.
    /// </summary>
    public int Samples
    {
        get => _samples;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Capacity);
            _samples = value;
        }
    }

    /// <summary>[V, B, 3, H, W] RGB in [0, 1]; or as many channels as <see cref="InputSet.ImageChannels"/> says.</summary>
    public Span<float> Images => Alive(_images).AsSpan(_imagesAt, Views * _samples * Inputs.ImageValues(Height, Width));

    /// <summary>
    /// [V, B, L], the labels of all tasks in order, which lie as <see cref="SampleBuffer.Labels"/> does; where a sample is not labelled
    /// for a task, <see cref="VisionTask.InvalidLabel"/> if the batch comes from a <see cref="DataLoader"/>.
    /// </summary>
    public Span<float> Labels => Alive(_labels).AsSpan(_labelsAt, Views * _samples * _labelValues);

    /// <summary>[V, B, values of all inputs], which lie as <see cref="SampleBuffer.InputValues"/> does.</summary>
    public Span<float> InputValues => Alive(_inputs).AsSpan(_inputsAt, Views * _samples * _inputValues);

    /// <summary>[B, inputs]: 1 where the sample has the input, else 0.</summary>
    public Span<byte> InputPresent => Alive(_present).AsSpan(0, _samples * Inputs.Count);

    /// <summary>[B, K]: 1 where the sample is labelled for the task, else 0.</summary>
    public Span<byte> Labeled => Alive(_labeled).AsSpan(0, _samples * Tasks.Count);

    /// <summary>
    /// [B, K]: how much the sample's label counts, 0 or more; its supervised loss is multiplied by it. See
    /// <see cref="IMultiTaskDataset.GetLabelWeight"/>.
    /// </summary>
    public Span<double> LabelWeights => Alive(_weights).AsSpan(0, _samples * Tasks.Count);

    /// <summary>[B]: each sample's index in the data set.</summary>
    public Span<int> Indices => Alive(_indices).AsSpan(0, _samples);

    /// <summary>
    /// [B]: the number of each sample's domain among those of the trainer (<see cref="DomainOptions.Names"/>); 0 where there is one. A
    /// trainer with fewer than two domains does not read it.
    /// </summary>
    public Span<long> Domains => Alive(_domains).AsSpan(0, _samples);

    /// <summary>
    /// [V, B]: how view 0 was cut out of the sample, and each further view out of view 0. The method "consistency" and
    /// <see cref="DepthNormalsConstraint"/> read them.
    /// </summary>
    public Span<ViewCrop> Crops => Alive(_crops).AsSpan(0, Views * _samples);

    /// <summary>Start of <see cref="Images"/>; keep the batch alive (GC.KeepAlive) until the native call is over.</summary>
    internal float* ImagesPointer => Address(_images) + _imagesAt;

    /// <summary>Start of <see cref="Labels"/>.</summary>
    internal float* LabelsPointer => Address(_labels) + _labelsAt;

    /// <summary>Start of <see cref="InputValues"/>.</summary>
    internal float* InputsPointer => Address(_inputs) + _inputsAt;

    /// <summary>Start of <see cref="InputPresent"/>.</summary>
    internal byte* PresentPointer => Address(_present);

    /// <summary>Start of <see cref="Labeled"/>.</summary>
    internal byte* LabeledPointer => Address(_labeled);

    /// <summary>Start of <see cref="LabelWeights"/>; null where all are 1.</summary>
    internal double* LabelWeightsPointer => LabelWeights.ContainsAnyExcept(1.0) ? Address(_weights) : null;

    /// <summary>Start of <see cref="Domains"/>.</summary>
    internal long* DomainsPointer => Address(_domains);

    /// <summary>Start of <see cref="Crops"/>.</summary>
    internal ViewCrop* CropsPointer => Address(_crops);

    /// <summary>The loader that lent this batch and wants it back, if any.</summary>
    internal DataLoader? Lender { get; set; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    internal bool IsDisposed => _disposed;

    /// <summary>Image and labels of one view of one sample.</summary>
    /// <param name="view">0 or more, below V.</param>
    /// <param name="sample">0 or more, below B.</param>
    public SampleBuffer GetSample(int view, int sample)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(view);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(view, Views);
        CheckSample(sample);
        int place = view * _samples + sample;
        int image = Inputs.ImageValues(Height, Width);
        return new SampleBuffer(
            Tasks,
            Inputs,
            Height,
            Width,
            Images.Slice(place * image, image),
            Labels.Slice(place * _labelValues, _labelValues),
            InputValues.Slice(place * _inputValues, _inputValues),
            InputPresent.Slice(sample * Inputs.Count, Inputs.Count)
        );
    }

    /// <summary>The tasks that a sample is labelled for.</summary>
    /// <param name="sample">0 or more, below B.</param>
    public TaskMask GetLabeled(int sample)
    {
        CheckSample(sample);
        TaskMask mask = TaskMask.None;
        ReadOnlySpan<byte> row = Labeled.Slice(sample * Tasks.Count, Tasks.Count);
        for (int t = 0; t < row.Length; t++)
            mask = row[t] != 0 ? mask.With(t) : mask;
        return mask;
    }

    /// <summary>Sets the tasks that a sample is labelled for.</summary>
    /// <param name="sample">0 or more, below B.</param>
    /// <param name="labeled">The tasks; bits beyond K are left out.</param>
    public void SetLabeled(int sample, TaskMask labeled)
    {
        CheckSample(sample);
        Span<byte> row = Labeled.Slice(sample * Tasks.Count, Tasks.Count);
        for (int t = 0; t < row.Length; t++)
            row[t] = labeled[t] ? (byte)1 : (byte)0;
    }

    /// <summary>Ends the use of the batch; spans that were taken before stay good. Harmless when repeated.</summary>
    public void Dispose() => _disposed = true;

    private void CheckSample(int sample)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sample);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sample, _samples);
    }

    private T[] Alive<T>(T[] array)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return array;
    }

    private T* Address<T>(T[] array)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(Alive(array)));

    /// <summary>The first element at a multiple of <see cref="Alignment"/>.</summary>
    private int FirstAligned(float[] array) => (int)((Alignment - (nuint)Address(array) % Alignment) % Alignment / sizeof(float));
}
