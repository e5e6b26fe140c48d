using System.Runtime.InteropServices;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Samples side by side in native memory, in the layout that a training step reads without a copy: images and labels
/// of V views of B samples. Reusable; the arrays have no gaps for the number of samples that is set.
/// </summary>
/// <remarks>
/// Not thread-safe. The spans point into native memory: they must not be used after <see cref="Dispose"/>, and the
/// batch must be kept reachable while they are in use. A batch that is not disposed is freed by its finalizer.
/// </remarks>
public sealed unsafe class Batch : IDisposable
{
    // A cache line, and the widest vector register.
    private const int Alignment = 64;

    private readonly long _bytes;
    private readonly long _labelsAt;
    private readonly long _labelledAt;
    private readonly long _indicesAt;
    private readonly long _cropsAt;
    private byte* _memory;
    private int _samples;

    /// <summary>Allocates a batch. The memory is zero: no sample is labelled; every view is the whole of view 0.</summary>
    /// <param name="tasks">The tasks, K of them, with L label channels.</param>
    /// <param name="views">V, 1 or more.</param>
    /// <param name="capacity">The largest number of samples, 1 or more; <see cref="Samples"/> starts with it.</param>
    /// <param name="height">H, 1 or more.</param>
    /// <param name="width">W, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A size is below 1, or images or labels would have more than 2^31 - 1 values.
    /// </exception>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public Batch(TaskSet tasks, int views, int capacity, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentOutOfRangeException.ThrowIfLessThan(views, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        Int128 planes = (Int128)views * capacity * height * width;
        Int128 largest = planes * Math.Max(3, tasks.TotalLabelChannels);
        if (largest > int.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, $"{views} views of {capacity} samples of {height} x {width} have {largest} values, more than {int.MaxValue}; take fewer samples");

        Tasks = tasks;
        Views = views;
        Capacity = capacity;
        Height = height;
        Width = width;
        _samples = capacity;
        _labelsAt = Aligned((long)planes * 3 * sizeof(float));
        _labelledAt = _labelsAt + Aligned((long)planes * tasks.TotalLabelChannels * sizeof(float));
        _indicesAt = _labelledAt + Aligned((long)capacity * tasks.Count);
        _cropsAt = _indicesAt + Aligned((long)capacity * sizeof(int));
        _bytes = _cropsAt + Aligned((long)views * capacity * sizeof(ViewCrop));
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)_bytes, Alignment);
        NativeMemory.Clear(_memory, (nuint)_bytes);
        Crops.Fill(ViewCrop.Whole(height, width));
        // Otherwise the collector, which sees a small object, would be in no hurry to finalize a forgotten batch.
        GC.AddMemoryPressure(_bytes);
    }

    /// <summary>Frees a batch that nobody disposed.</summary>
    ~Batch() => Free();

    /// <summary>The tasks, K of them, with L label channels.</summary>
    public TaskSet Tasks { get; }

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

    /// <summary>[V, B, 3, H, W] RGB in [0, 1].</summary>
    public Span<float> Images => new(ImagesPointer, Views * _samples * 3 * Height * Width);

    /// <summary>
    /// [V, B, L, H, W], the labels of all tasks in order; where a sample is not labelled for a task,
    /// <see cref="VisionTask.InvalidLabel"/> if the batch comes from a <see cref="DataLoader"/>.
    /// </summary>
    public Span<float> Labels => new(LabelsPointer, Views * _samples * Tasks.TotalLabelChannels * Height * Width);

    /// <summary>[B, K]: 1 where the sample is labelled for the task, else 0.</summary>
    public Span<byte> Labelled => new(LabelledPointer, _samples * Tasks.Count);

    /// <summary>[B]: each sample's index in the data set.</summary>
    public Span<int> Indices => new(Memory + _indicesAt, _samples);

    /// <summary>[V, B]: how each view was cut out of view 0. The method "consistency" reads them; view 0's own are not read.</summary>
    public Span<ViewCrop> Crops => new(CropsPointer, Views * _samples);

    /// <summary>Start of <see cref="Images"/>; keep the batch alive (GC.KeepAlive) until the native call is over.</summary>
    internal float* ImagesPointer => (float*)Memory;

    /// <summary>Start of <see cref="Labels"/>.</summary>
    internal float* LabelsPointer => (float*)(Memory + _labelsAt);

    /// <summary>Start of <see cref="Labelled"/>.</summary>
    internal byte* LabelledPointer => Memory + _labelledAt;

    /// <summary>Start of <see cref="Crops"/>.</summary>
    internal ViewCrop* CropsPointer => (ViewCrop*)(Memory + _cropsAt);

    /// <summary>The loader that lent this batch and wants it back, if any.</summary>
    internal DataLoader? Lender { get; set; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    internal bool IsDisposed => _memory is null;

    private byte* Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory;
        }
    }

    /// <summary>Image and labels of one view of one sample.</summary>
    /// <param name="view">0 or more, below V.</param>
    /// <param name="sample">0 or more, below B.</param>
    public SampleBuffer GetSample(int view, int sample)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(view);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(view, Views);
        CheckSample(sample);
        int place = view * _samples + sample;
        int image = 3 * Height * Width;
        int labels = Tasks.TotalLabelChannels * Height * Width;
        return new SampleBuffer(Tasks, Height, Width, Images.Slice(place * image, image), Labels.Slice(place * labels, labels));
    }

    /// <summary>The tasks that a sample is labelled for.</summary>
    /// <param name="sample">0 or more, below B.</param>
    public TaskMask GetLabelled(int sample)
    {
        CheckSample(sample);
        TaskMask mask = TaskMask.None;
        ReadOnlySpan<byte> row = Labelled.Slice(sample * Tasks.Count, Tasks.Count);
        for (int t = 0; t < row.Length; t++) mask = row[t] != 0 ? mask.With(t) : mask;
        return mask;
    }

    /// <summary>Sets the tasks that a sample is labelled for.</summary>
    /// <param name="sample">0 or more, below B.</param>
    /// <param name="labelled">The tasks; bits beyond K are left out.</param>
    public void SetLabelled(int sample, TaskMask labelled)
    {
        CheckSample(sample);
        Span<byte> row = Labelled.Slice(sample * Tasks.Count, Tasks.Count);
        for (int t = 0; t < row.Length; t++) row[t] = labelled[t] ? (byte)1 : (byte)0;
    }

    /// <summary>Frees the memory. Harmless when repeated.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void CheckSample(int sample)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sample);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sample, _samples);
    }

    private void Free()
    {
        if (_memory is null) return;
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        GC.RemoveMemoryPressure(_bytes);
    }

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
