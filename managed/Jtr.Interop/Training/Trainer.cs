using Jtr.Interop.Datasets;
using Jtr.Interop.Diagnostics;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Training;

/// <summary>
/// A multi-task network in training, with its optimiser and its regularizer. One call of <see cref="Step(Batch, CancellationToken)"/> is
/// one training step; <see cref="FitAsync"/> runs many over a data set.
/// </summary>
/// <remarks>
/// May be used by one thread at a time: a call during another one (a whole fit counts as one call) throws
/// <see cref="InvalidOperationException"/>. Holds native memory: dispose it.
/// </remarks>
public sealed unsafe partial class Trainer : IDisposable
{
    private readonly TrainerHandle _handle;
    private readonly ILogger _logger;
    private readonly CancelFlag _cancel = new();
    private readonly NativeDescription _described;
    private readonly StepBorder _border;
    private long _stepCount;
    private FitPosition? _loadedPosition;

    /// <summary>Makes a trainer with freshly initialised weights.</summary>
    /// <param name="options">What to make.</param>
    /// <param name="logger">Receives messages about fits and checkpoints, or null. What it throws is dropped.</param>
    /// <exception cref="ArgumentException">An option is outside its range; ParamName is its name.</exception>
    /// <exception cref="JtrDeviceException">The device is absent.</exception>
    /// <exception cref="JtrOutOfMemoryException">The network does not fit.</exception>
    /// <exception cref="JtrNativeLibraryException">The native library could not be loaded.</exception>
    public Trainer(TrainerOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (JtrRuntime.FindMethod(options.Method, nameof(TrainerOptions.Method)).HasTeacher && options.EmaDecay is null)
            options = options with { EmaDecay = TrainerOptions.DefaultTeacherDecay };
        JtrRuntime.CheckBalancing(options.Balancing.Name, $"{nameof(TrainerOptions.Balancing)}.{nameof(BalancingOptions.Name)}");
        Options = options;
        _logger = RankLogger.Around(GuardedLogger.Around(logger), options.Parallel);
        _handle = new TrainerHandle(NativeError.CheckHandle(Api.TrainerCreate(OptionsWriter.Trainer(options))));
        using (NativeHandle.Lease lease = _handle.Use())
            _described = NativeDescription.Parse(Api.TrainerDescribe(lease.Pointer));
        _border = new StepBorder(options.Tasks, options.Inputs, _described);
        IsOnGpu = TakesBatchesAhead =
            options.Device == DeviceKind.Cuda || (options.Device == DeviceKind.Auto && JtrRuntime.CudaDeviceCount > 0);
        State = new TensorCollection(_handle, Raw.TensorKind.State, TensorFunctions.Trainer);
        Gradients = new TensorCollection(_handle, Raw.TensorKind.Gradient, TensorFunctions.Trainer);
    }

    /// <summary>What the trainer is made of.</summary>
    public TrainerOptions Options { get; }

    /// <summary>The tasks.</summary>
    public TaskSet Tasks => Options.Tasks;

    /// <summary>What the network reads beside the photograph.</summary>
    public InputSet Inputs => Options.Inputs;

    /// <summary>V, the number of views of each sample that the method reads.</summary>
    public int Views => _described.Views;

    /// <summary>
    /// What height and width of a step's images must be multiples of: 32 where the method has a network of its own over them, else 1.
    /// Predictions take every size.
    /// </summary>
    public int Stride => _described.Stride;

    /// <summary>Names of the domains that techniques tell apart: of <see cref="TrainerOptions.Domains"/>, or of native options.</summary>
    internal IReadOnlyList<string> DomainNames => _described.Domains;

    /// <summary>What the network computes, for exports and imports.</summary>
    internal NetworkGraph Graph => _described.Graph;

    /// <summary>Of which rows and columns are multiples that the network computes at; others are padded to it.</summary>
    internal int NetworkStride => _described.NetworkStride;

    /// <summary>What one network for all tasks computes: asked of a network that is made for it.</summary>
    internal static NetworkGraph GraphOf(TrainerOptions options)
    {
        using Trainer trainer = new(
            OptionsWriter.OfTheNetwork(options, isSeparate: false) with
            {
                Device = DeviceKind.Cpu,
                DeviceIndex = 0,
            }
        );
        return trainer.Graph;
    }

    /// <summary>
    /// The terms of the loss, as <see cref="StepCapture.Terms"/> receives them: "supervised", the plain sum over tasks; "supervised.depth"
    /// and so on, of each task; and those of the method, such as "jtr.dist", unweighted.
    /// </summary>
    public IReadOnlyList<string> TermNames => _described.Terms;

    /// <summary>Steps done, those of a loaded checkpoint included.</summary>
    public long StepCount => Volatile.Read(ref _stepCount);

    /// <summary>Rows and columns of the images of the last step, this trainer's or the loaded one's; null before the first.</summary>
    public (int Height, int Width)? TrainingSize { get; private set; }

    /// <summary>Scores in between, and how long ago they were best; see <see cref="AddValidation"/>.</summary>
    public ValidationState Validation { get; private set; } = new();

    /// <summary>Number of weights of the multi-task network.</summary>
    public long NetworkParameterCount => CountParameters(all: false);

    /// <summary>Number of weights of all networks, those of the method included.</summary>
    public long ParameterCount => CountParameters(all: true);

    /// <summary>
    /// Weights and norm statistics, named as in published checkpoints after "model/", "jtr/" or "mapping/" (of "mtpsl"); with
    /// <see cref="TrainerOptions.EmaDecay"/> those of the averaged network too, after "ema/model/".
    /// </summary>
    public TensorCollection State { get; }

    /// <summary>Gradients of the last step.</summary>
    public TensorCollection Gradients { get; }

    /// <summary>
    /// One training step: forward, losses, backward, clipping, Adam, average. On an exception nothing has changed. Allocates nothing.
    /// </summary>
    /// <param name="batch">The samples: the trainer's tasks, at least <see cref="Views"/> views, height and width multiples of
    /// <see cref="Stride"/>.</param>
    /// <param name="cancellationToken">Gives the step up.</param>
    /// <exception cref="ArgumentException">The batch does not fit or has a value that its task does not allow; ParamName says which
    /// part.</exception>
    /// <exception cref="JtrNonFiniteException">A loss or a gradient was not a finite number.</exception>
    /// <exception cref="JtrOutOfMemoryException">The batch does not fit into memory.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public StepResult Step(Batch batch, CancellationToken cancellationToken = default) => Step(batch, default, null, cancellationToken);

    /// <summary>One training step that tells more, or uses noise of the caller.</summary>
    /// <param name="batch">As in <see cref="Step(Batch, CancellationToken)"/>.</param>
    /// <param name="capture">Memory for what to tell.</param>
    /// <param name="cancellationToken">Gives the step up.</param>
    /// <inheritdoc cref="Step(Batch, CancellationToken)" path="/exception"/>
    public StepResult Step(Batch batch, in StepCapture capture, CancellationToken cancellationToken = default) =>
        Step(batch, capture, null, cancellationToken);

    /// <summary>One training step, during which a GPU gets the next step's batch. <see cref="FitAsync"/> works so.</summary>
    /// <param name="batch">As in <see cref="Step(Batch, CancellationToken)"/>.</param>
    /// <param name="capture">Memory for what to tell, or default.</param>
    /// <param name="next">
    /// The batch that the next call will give, or null. It must not be written to in between; it is checked in its own step. If the next
    /// call gives another batch, the copy was for nothing.
    /// </param>
    /// <param name="cancellationToken">Gives the step up.</param>
    /// <inheritdoc cref="Step(Batch, CancellationToken)" path="/exception"/>
    public StepResult Step(Batch batch, in StepCapture capture, Batch? next, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using NativeHandle.Lease lease = _handle.Use();
        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenRegistration registration = _cancel.Follow(cancellationToken);
        return StepCore(lease.Pointer, batch, capture, next, cancellationToken);
    }

    /// <summary>
    /// Replaces <see cref="AdamOptions.LearningRate"/> from the next step on; the schedule stays. Checkpoints keep the rate, so that a
    /// resumed run goes on with it; <see cref="Options"/> stay as they are.
    /// </summary>
    /// <param name="rate">Above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the trainer.</exception>
    public void SetLearningRate(double rate)
    {
        OptionRange.Holds(nameof(rate), rate, rate > 0, "above 0 and finite");
        using NativeHandle.Lease lease = _handle.Use();
        NativeError.Check(Api.TrainerSetLearningRate(lease.Pointer, rate));
    }

    /// <summary>
    /// Predicts with the running statistics of the norms; with <see cref="TrainerOptions.EmaDecay"/>, by the averaged network.
    /// </summary>
    /// <param name="images">[samples, 3, height, width] RGB in [0, 1].</param>
    /// <param name="samples">1 or more.</param>
    /// <param name="height">1 or more: inside, the last rows and columns are repeated up to a multiple of the network's stride.</param>
    /// <param name="width">1 or more.</param>
    /// <param name="predictions">
    /// Receives [samples, <see cref="TaskSet.PredictionValues"/>]: raw logits, depths, unit normals, maps, values, tasks in order.
    /// </param>
    /// <exception cref="ArgumentException">A size does not fit.</exception>
    /// <exception cref="JtrOutOfMemoryException">The images do not fit into memory.</exception>
    public void Predict(ReadOnlySpan<float> images, int samples, int height, int width, Span<float> predictions) =>
        Predict(images, default, samples, height, width, predictions);

    /// <summary>Predicts for photographs with further inputs.</summary>
    /// <param name="images">[samples, 3, height, width] RGB in [0, 1].</param>
    /// <param name="inputs">Their further inputs; default: all are missing.</param>
    /// <param name="samples">1 or more.</param>
    /// <param name="height">1 or more.</param>
    /// <param name="width">1 or more.</param>
    /// <param name="predictions">Receives [samples, <see cref="TaskSet.PredictionValues"/>].</param>
    /// <exception cref="ArgumentException">A size does not fit, or the inputs are others than the network's.</exception>
    /// <exception cref="JtrOutOfMemoryException">The images do not fit into memory.</exception>
    public void Predict(ReadOnlySpan<float> images, InputValues inputs, int samples, int height, int width, Span<float> predictions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        long plane = (long)samples * height * width;
        // The text is made where it is needed only: a call allocates nothing.
        int channels = Inputs.ImageChannels;
        if (images.Length != channels * plane)
            throw WrongLength(nameof(images), images.Length, channels * plane, $"[{samples}, {channels}, {height}, {width}]");
        long expected = (long)samples * Tasks.PredictionValues(height, width);
        if (predictions.Length != expected)
            throw WrongLength(nameof(predictions), predictions.Length, expected, Tasks.PredictionShape($"{samples}", height, width));
        using NativeHandle.Lease lease = _handle.Use();
        CheckInputs(Inputs, inputs, samples, height, width);
        PredictCore(lease.Pointer, images, inputs, [], samples, height, width, predictions);
    }

    /// <summary>Frees the network. A fit that is running ends with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose() => _handle.Dispose();

    private long CountParameters(bool all)
    {
        using NativeHandle.Lease lease = _handle.Use();
        return Api.TrainerParameterCount(lease.Pointer, all ? 1 : 0);
    }

    /// <summary>Whether the network is on a GPU.</summary>
    internal bool IsOnGpu { get; }

    /// <summary>Whether a fit gives the next batch along with each: where there is a GPU to copy it to.</summary>
    internal bool TakesBatchesAhead { get; set; }

    /// <summary>A step for someone who has the lease and follows the token with <see cref="_cancel"/>.</summary>
    private StepResult StepCore(nint trainer, Batch batch, in StepCapture capture, Batch? next, CancellationToken cancellationToken)
    {
        CheckTasks(batch, nameof(batch));
        if (next is not null)
            CheckTasks(next, nameof(next));
        CheckCapture(capture, batch);

        Raw.Status status = _border.Step(trainer, batch, capture, next, _cancel.Address, out Raw.StepResult.__Internal result);
        NativeError.Check(status, cancellationToken);
        for (int i = 0; i < capture.Terms.Length; i++)
            capture.Terms[i] = _border.Term(result, i);
        Volatile.Write(ref _stepCount, result.step);
        TrainingSize = (batch.Height, batch.Width);
        return new StepResult(
            result.step,
            result.loss,
            _border.Term(result, 0),
            _border.Term(result, _border.Dist),
            _border.Term(result, _border.Recon),
            result.learning_rate,
            result.gradient_norm
        );
    }

    private void CheckTasks(Batch batch, string parameter)
    {
        if (!SameLayout(batch.Tasks, Tasks))
            throw new ArgumentException($"the batch has the tasks {Describe(batch.Tasks)}; the trainer has {Describe(Tasks)}", parameter);
        if (!batch.Inputs.FitsTo(Inputs))
            throw new ArgumentException(
                $"the batch has the inputs {batch.Inputs.Describe()}; the network reads {Inputs.Describe()}",
                parameter
            );
    }

    private void PredictCore(
        nint trainer,
        ReadOnlySpan<float> images,
        InputValues inputs,
        ReadOnlySpan<long> domains,
        int samples,
        int height,
        int width,
        Span<float> predictions
    )
    {
        // What is not given at all is missing for all samples.
        int values = Inputs.Count == 0 ? 0 : samples * Inputs.Values(height, width);
        bool isMissing = Inputs.Count > 0 && inputs.Inputs is null;
        float[] zeros = isMissing ? new float[values] : [];
        byte[] absent = isMissing ? new byte[samples * Inputs.Count] : [];
        fixed (
            float* from = images,
                to = predictions,
                further = isMissing ? zeros : inputs.Values
        )
        fixed (byte* present = isMissing ? absent : inputs.Present)
        fixed (long* own = domains)
            NativeError.Check(_border.Predict(trainer, from, further, present, own, samples, height, width, to), "image", nameof(images));
    }

    /// <summary>Throws unless further inputs are those of the network, for so many samples.</summary>
    internal static void CheckInputs(InputSet network, InputValues inputs, int samples, int height, int width)
    {
        if (inputs.Inputs is not { } given)
            return;
        if (!given.HasInputsOf(network))
            throw new ArgumentException($"the inputs are {given.Describe()}; the network's are {network.Describe()}", nameof(inputs));
        long values = (long)samples * network.Values(height, width);
        if (inputs.Values.Length != values)
            throw WrongLength("inputs.Values", inputs.Values.Length, values, $"[{samples}, {network.Values(height, width)}]");
        CheckOptional("inputs.Present", inputs.Present.Length, (long)samples * network.Count, $"[{samples}, {network.Count}]");
    }

    private void CheckCapture(in StepCapture capture, Batch batch)
    {
        int samples = batch.Samples;
        CheckOptional("capture.Loss", capture.Loss.Length, samples, "[B]");
        CheckOptional("capture.Supervised", capture.Supervised.Length, samples, "[B]");
        CheckOptional("capture.Dist", capture.Dist.Length, samples, "[B]");
        CheckOptional("capture.Recon", capture.Recon.Length, samples, "[B]");
        CheckOptional("capture.TaskLoss", capture.TaskLoss.Length, Tasks.Count, "[K]");
        long plane = (long)samples * batch.Height * batch.Width;
        long predictions = (long)Views * samples * Tasks.PredictionValues(batch.Height, batch.Width);
        CheckOptional("capture.Prediction", capture.Prediction.Length, predictions, "[V, B, C, H, W]");
        CheckOptional("capture.PredictionGradient", capture.PredictionGradient.Length, predictions, "[V, B, C, H, W]");
        CheckOptional("capture.Terms", capture.Terms.Length, TermNames.Count, "[T]");
        if (capture.Noise.IsEmpty)
            return;
        CheckOptional(
            "capture.Noise",
            capture.Noise.Length,
            _described.NoiseSlots * _described.NoiseChannels * plane,
            $"[B, {_described.NoiseSlots}, {_described.NoiseChannels}, H, W]"
        );
    }

    internal static void CheckOptional(string name, long length, long expected, string shape)
    {
        if (length != 0 && length != expected)
            throw WrongLength(name, length, expected, shape);
    }

    internal static void CheckLength(string name, long length, long expected, string shape)
    {
        if (length != expected)
            throw WrongLength(name, length, expected, shape);
    }

    /// <summary>Throws unless a side is a multiple of what the network's maps are smaller by.</summary>
    internal static void CheckSize(string name, int size, int stride)
    {
        if (size < stride || size % stride != 0)
            throw new ArgumentOutOfRangeException(name, size, $"{name} must be a multiple of {stride}");
    }

    internal static ArgumentException WrongLength(string name, long length, long expected, string shape) =>
        new($"{name} {shape} has {expected} elements here, not {length}", name);
}
