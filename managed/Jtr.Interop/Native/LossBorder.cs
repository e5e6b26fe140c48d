using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Native;

/// <summary>Hands predictions and labels to the JTR loss alone, by name, without allocating. For one thread at a time.</summary>
internal sealed unsafe class LossBorder
{
    private readonly TaskSet _tasks;
    private readonly NativeDescription _described;
    private readonly TensorTable _inputs,
        _outputs;
    private readonly PinnedName _labeled = new("labelled"),
        _noise = new("noise");
    private readonly TaskTensors _labels,
        _predictions,
        _gradients;
    private readonly PinnedName[] _terms;

    public LossBorder(TaskSet tasks, NativeDescription described)
    {
        (_tasks, _described) = (tasks, described);
        _labels = TaskTensors.OfLabels(tasks);
        (_predictions, _gradients) = (TaskTensors.OfPredictions(tasks), TaskTensors.OfGradients(tasks));
        _terms = [.. described.Terms.Select(t => new PinnedName(t))];
        _inputs = new(2 * tasks.Count + 2);
        _outputs = new(tasks.Count + 2);
    }

    /// <summary>The loss. The status is to be checked by the caller.</summary>
    /// <param name="regularizer">The native object.</param>
    /// <param name="batch">Sizes, labels, noise.</param>
    /// <param name="predictions">[2, B, C, H, W].</param>
    /// <param name="gradient">The same shape, or null.</param>
    /// <param name="is64Bit">Whether predictions and gradient have 64 bits.</param>
    /// <param name="capture">Memory for each sample's terms.</param>
    /// <param name="cancel">The cancel flag.</param>
    /// <param name="result">Receives the loss and its terms.</param>
    public Raw.Status Compute(
        nint regularizer,
        in RegularizerBatch batch,
        void* predictions,
        void* gradient,
        bool is64Bit,
        in RegularizerCapture capture,
        nint cancel,
        out RegularizerResult result
    )
    {
        (Raw.Dtype dtype, int bytes) = is64Bit ? (Raw.Dtype.Float64, sizeof(double)) : (Raw.Dtype.Float32, sizeof(float));
        (int samples, int height, int width) = (batch.Samples, batch.Height, batch.Width);
        Raw.StepResult.__Internal native = new() { struct_size = (ulong)sizeof(Raw.StepResult.__Internal) };
        fixed (float* labels = batch.Labels)
        fixed (byte* labeled = batch.Labeled)
        fixed (
            double* noise = batch.Noise,
                dist = capture.Dist,
                recon = capture.Recon
        )
        {
            _inputs.Clear();
            _outputs.Clear();
            _predictions.AddTo(_inputs, dtype, predictions, bytes, 2, samples, height, width);
            _labels.AddTo(_inputs, Raw.Dtype.Float32, labels, sizeof(float), 2, samples, height, width);
            _gradients.AddTo(_outputs, dtype, gradient, bytes, 2, samples, height, width);
            _inputs.Add(_labeled, Raw.Dtype.Uint8, labeled, sizeof(byte), batch.Samples, _tasks.Count);
            if (noise != null)
                _inputs.Add(
                    _noise,
                    Raw.Dtype.Float64,
                    noise,
                    sizeof(double),
                    batch.Samples,
                    _described.NoiseSlots,
                    _described.NoiseChannels,
                    batch.Height,
                    batch.Width
                );
            if (dist != null)
                _outputs.Add(_terms[0], Raw.Dtype.Float64, dist, sizeof(double), batch.Samples);
            if (recon != null)
                _outputs.Add(_terms[1], Raw.Dtype.Float64, recon, sizeof(double), batch.Samples);
            Raw.StepRequest.__Internal request = new()
            {
                struct_size = (ulong)sizeof(Raw.StepRequest.__Internal),
                inputs = _inputs.Address,
                input_count = _inputs.Count,
                outputs = _outputs.Address,
                output_count = _outputs.Count,
                cancel = cancel,
            };
            Raw.Status status = Api.RegularizerCompute(regularizer, (nint)(&request), (nint)(&native));
            GC.KeepAlive(this);
            Raw.Term.__Internal* terms = (Raw.Term.__Internal*)native.terms;
            result = status == Raw.Status.Ok ? new(native.loss, terms[0].value, terms[1].value) : default;
            return status;
        }
    }
}
