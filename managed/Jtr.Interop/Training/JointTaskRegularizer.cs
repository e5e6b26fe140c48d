using Jtr.Interop.Native;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>
/// The JTR loss alone, for any trainer of any network: predictions and labels of two views in, the loss and its gradient with
/// respect to the predictions out (Nishi et al., CVPR 2024). Keeps the joint-task auto-encoder and its optimiser.
/// </summary>
/// <remarks>May be used by one thread at a time. Holds native memory: dispose it.</remarks>
public sealed unsafe class JointTaskRegularizer : IDisposable
{
    /// <summary>The auto-encoder halves its maps five times.</summary>
    private const int Stride = 32;

    private readonly RegularizerHandle _handle;
    private readonly CancelFlag _cancel = new();
    private readonly NativeDescription _described;
    private readonly LossBorder _border;

    /// <summary>Makes the loss with freshly initialised weights.</summary>
    /// <param name="options">What to make.</param>
    /// <exception cref="ArgumentException">An option is outside its range; ParamName is its name.</exception>
    /// <exception cref="JtrDeviceException">The device is absent.</exception>
    /// <exception cref="JtrOutOfMemoryException">The auto-encoder does not fit.</exception>
    /// <exception cref="JtrNativeLibraryException">The native library could not be loaded.</exception>
    public JointTaskRegularizer(JointTaskRegularizerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        NativeLibraryLoader.EnsureLoaded();
        Options = options;
        _handle = new RegularizerHandle(NativeError.CheckHandle(Api.RegularizerCreate(OptionsWriter.Regularizer(options))));
        using (NativeHandle.Lease lease = _handle.Use())
            _described = NativeDescription.Parse(Api.RegularizerDescribe(lease.Pointer));
        _border = new LossBorder(options.Tasks, _described);
        State = new TensorCollection(_handle, Raw.TensorKind.State, TensorFunctions.Regularizer);
        Gradients = new TensorCollection(_handle, Raw.TensorKind.Gradient, TensorFunctions.Regularizer);
    }

    /// <summary>What the loss is made of.</summary>
    public JointTaskRegularizerOptions Options { get; }

    /// <summary>The tasks.</summary>
    public TaskSet Tasks => Options.Tasks;

    /// <summary>Weights of the auto-encoder and statistics of its norms.</summary>
    public TensorCollection State { get; }

    /// <summary>Gradients of the last <c>Compute</c> with respect to the auto-encoder's weights.</summary>
    public TensorCollection Gradients { get; }

    /// <summary>
    /// Computes the loss and its gradients; the auto-encoder's own gradients stay inside, for <see cref="Update"/>. In 32 bits.
    /// </summary>
    /// <param name="batch">Sizes, labels, noise.</param>
    /// <param name="predictions">[2, B, C, H, W]: raw logits, depths, unit normals, maps.</param>
    /// <param name="predictionGradient">
    /// Empty, or [2, B, C, H, W]: receives the gradient of the loss with respect to the predictions (zero for the second view and for
    /// labelled tasks).
    /// </param>
    /// <param name="capture">Memory for each sample's terms.</param>
    /// <param name="cancellationToken">Gives it up between two micro-batches.</param>
    /// <exception cref="ArgumentException">A size does not fit, or a label has a value that its task does not allow.</exception>
    /// <exception cref="InvalidOperationException">The loss was made for 64 bits, or another call is using it.</exception>
    /// <exception cref="JtrNonFiniteException">The loss was not a finite number.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public RegularizerResult Compute(
        in RegularizerBatch batch,
        ReadOnlySpan<float> predictions,
        Span<float> predictionGradient,
        in RegularizerCapture capture = default,
        CancellationToken cancellationToken = default
    )
    {
        RequireFloat64(false);
        fixed (
            float* from = predictions,
                to = predictionGradient
        )
            return Compute(batch, from, predictions.Length, to, predictionGradient.Length, capture, cancellationToken);
    }

    /// <summary>Computes the loss and its gradients in 64 bits.</summary>
    /// <inheritdoc cref="Compute(in RegularizerBatch, ReadOnlySpan{float}, Span{float}, in RegularizerCapture, CancellationToken)"/>
    public RegularizerResult Compute(
        in RegularizerBatch batch,
        ReadOnlySpan<double> predictions,
        Span<double> predictionGradient,
        in RegularizerCapture capture = default,
        CancellationToken cancellationToken = default
    )
    {
        RequireFloat64(true);
        fixed (
            double* from = predictions,
                to = predictionGradient
        )
            return Compute(batch, from, predictions.Length, to, predictionGradient.Length, capture, cancellationToken);
    }

    /// <summary>One Adam step of the auto-encoder with the gradients of the last <c>Compute</c>.</summary>
    /// <exception cref="InvalidOperationException">There are no gradients, or another call is using the loss.</exception>
    public void Update()
    {
        using NativeHandle.Lease lease = _handle.Use();
        NativeError.Check(Api.RegularizerUpdate(lease.Pointer));
    }

    /// <summary>Saves the auto-encoder and its optimiser state as safetensors. The file appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using NativeHandle.Lease lease = _handle.Use();
        NativeError.Check(Api.RegularizerSave(lease.Pointer, path));
    }

    /// <summary>Loads what <see cref="Save"/> wrote for the same tasks and width. On an exception nothing has changed.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="JtrFormatException">It is damaged, or of another auto-encoder.</exception>
    public void Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using NativeHandle.Lease lease = _handle.Use();
        NativeError.Check(Api.RegularizerLoad(lease.Pointer, path));
    }

    /// <summary>Frees the auto-encoder.</summary>
    public void Dispose() => _handle.Dispose();

    private RegularizerResult Compute(
        in RegularizerBatch batch,
        void* predictions,
        long predictionCount,
        void* gradient,
        long gradientCount,
        in RegularizerCapture capture,
        CancellationToken cancellationToken
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch.Samples, 1, "batch.Samples");
        Trainer.CheckSize("batch.Height", batch.Height, Stride);
        Trainer.CheckSize("batch.Width", batch.Width, Stride);
        long plane = (long)batch.Samples * batch.Height * batch.Width;
        long predictionValues = 2L * batch.Samples * Tasks.PredictionValues(batch.Height, batch.Width),
            labelValues = 2L * batch.Samples * Tasks.LabelValues(batch.Height, batch.Width);
        Trainer.CheckLength("predictions", predictionCount, predictionValues, "[2, B, C, H, W]");
        Trainer.CheckOptional("predictionGradient", gradientCount, predictionValues, "[2, B, C, H, W]");
        Trainer.CheckLength("batch.Labels", batch.Labels.Length, labelValues, "[2, B, L, H, W]");
        Trainer.CheckLength("batch.Labelled", batch.Labeled.Length, batch.Samples * Tasks.Count, "[B, K]");
        if (!batch.Noise.IsEmpty)
            Trainer.CheckLength(
                "batch.Noise",
                batch.Noise.Length,
                _described.NoiseSlots * _described.NoiseChannels * plane,
                "[B, 5, S, H, W]"
            );
        Trainer.CheckOptional("capture.Dist", capture.Dist.Length, batch.Samples, "[B]");
        Trainer.CheckOptional("capture.Recon", capture.Recon.Length, batch.Samples, "[B]");

        using NativeHandle.Lease lease = _handle.Use();
        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenRegistration registration = _cancel.Follow(cancellationToken);
        Raw.Status status = _border.Compute(
            lease.Pointer,
            batch,
            predictions,
            gradient,
            Options.Precision == Precision.Float64,
            capture,
            _cancel.Address,
            out RegularizerResult result
        );
        NativeError.Check(status, cancellationToken);
        return result;
    }

    private void RequireFloat64(bool wanted)
    {
        if (Options.Precision == Precision.Float64 != wanted)
            throw new InvalidOperationException(
                $"this {nameof(JointTaskRegularizer)} was made for {Options.Precision}; its predictions and gradients have that format"
            );
    }
}
