using Jtr.Interop.Checkpoints;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Diagnostics;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Inference;

/// <summary>
/// A trained network for use: predicts from any number of threads at once. Calls that come together go through the network together,
/// up to <see cref="PredictorOptions.MaxBatch"/> samples; a call allocates nothing.
/// </summary>
/// <remarks>
/// Holds native memory: dispose it. Norms use their running statistics, so that a prediction depends on its own image only.
/// </remarks>
public sealed unsafe partial class Predictor : IDisposable
{
    private readonly PredictionQueue _queue;

    /// <summary>Takes the network of a trainer as it is now; later steps do not change it.</summary>
    /// <param name="trainer">The trainer; not used by another call meanwhile.</param>
    /// <param name="options">How to compute, or null.</param>
    /// <exception cref="ArgumentException">An option is outside its range; ParamName is its name.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the trainer.</exception>
    /// <exception cref="JtrDeviceException">The device is absent.</exception>
    public Predictor(Trainer trainer, PredictorOptions? options = null)
        : this(NotNull(trainer).Options, StateOf(trainer, options?.AsDomain), options ?? new PredictorOptions(), trainer.TrainingSize) { }

    private Predictor(
        TrainerOptions network,
        IReadOnlyDictionary<string, double[]> state,
        PredictorOptions options,
        (int Height, int Width)? trainingSize
    )
    {
        options.Validate();
        TrainingSize = trainingSize;
        Options = options;
        Tasks = network.Tasks;
        Inputs = network.Inputs;
        bool isSeparate = state.Keys.Any(new NetworkTensors(network, 0).IsSeparate);
        TrainerOptions bare = OptionsWriter.OfTheNetwork(network, isSeparate) with
        {
            Device = options.Device,
            DeviceIndex = options.DeviceIndex,
        };
        List<Trainer> networks = [];
        try
        {
            for (int i = 0; i < options.Networks; i++)
            {
                Trainer copy = new(bare);
                networks.Add(copy);
                foreach ((string name, double[] values) in state)
                    copy.State.Write(name, values);
            }
        }
        catch
        {
            foreach (Trainer made in networks)
                made.Dispose();
            throw;
        }
        NetworkStride = networks[0].NetworkStride;
        _queue = new PredictionQueue(networks, options.MaxBatch, new PredictorMetrics(options.Name));
    }

    /// <summary>How it computes.</summary>
    public PredictorOptions Options { get; }

    /// <summary>The tasks, in the order of the predictions.</summary>
    public TaskSet Tasks { get; }

    /// <summary>What the network reads beside the photograph.</summary>
    public InputSet Inputs { get; }

    /// <summary>Of which rows and columns are multiples that the network computes at.</summary>
    internal int NetworkStride { get; }

    /// <summary>Pixels, of all samples together, that there is memory for to put calls together in.</summary>
    internal long ReservedPixels => _queue.ReservedPixels;

    /// <summary>Reads the network of a checkpoint; what else is in there, such as the optimiser's state, is left out.</summary>
    /// <param name="path">A checkpoint that <see cref="Trainer.Save"/> wrote.</param>
    /// <param name="options">How to compute, or null.</param>
    /// <param name="logger">Receives a message when it is loaded, or null. What it throws is dropped.</param>
    /// <exception cref="ArgumentException">
    /// An option is outside its range, or the network has no norms of <see cref="PredictorOptions.AsDomain"/>; ParamName is its name.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="JtrFormatException">It is damaged, or was not written by a trainer.</exception>
    /// <exception cref="JtrDeviceException">The device is absent.</exception>
    /// <exception cref="JtrNativeLibraryException">The native library could not be loaded.</exception>
    public static Predictor Load(string path, PredictorOptions? options = null, ILogger? logger = null)
    {
        options ??= new PredictorOptions();
        options.Validate();
        CheckpointInfo info = CheckpointInfo.Read(path);
        NetworkTensors wanted = new(info.Options, info.Step, options.AsDomain);
        List<string> names = [];
        IReadOnlyList<SafetensorsTensor> tensors = SafetensorsFile.Read(path, n => wanted.Has(n, names));
        wanted.CheckDomain(names, n => SafetensorsFile.Read(path, m => m == n)[0].ToDoubles());
        if (tensors.Count == 0)
            throw new JtrFormatException(path, "has no weights of a network");
        try
        {
            Dictionary<string, double[]> state = wanted
                .Choose(tensors, t => t.Name)
                .ToDictionary(t => t.Key, t => FiniteWeights.Of(path, t.Value), StringComparer.Ordinal);
            Predictor predictor = new(info.Options, state, options, info.TrainingSize);
            ILogger guarded = GuardedLogger.Around(logger);
            PredictorLog.Loaded(guarded, path, predictor.Tasks, options.MaxBatch);
            return predictor;
        }
        catch (Exception e) when (e is KeyNotFoundException || (e is ArgumentException && e is not ArgumentOutOfRangeException))
        {
            throw new JtrFormatException(path, $"its weights do not fit its options: {e.Message}", innerException: e);
        }
    }

    /// <summary>Predicts. Any number of threads may call at once; a call returns when its predictions are there.</summary>
    /// <param name="images">[samples, 3, height, width] RGB in [0, 1].</param>
    /// <param name="samples">1 or more.</param>
    /// <param name="height">1 or more: inside, the last rows and columns are repeated up to a multiple of the network's stride.</param>
    /// <param name="width">1 or more.</param>
    /// <param name="predictions">Receives [samples, <see cref="TaskSet.PredictionValues"/>]: raw logits, depths, unit normals, maps,
    /// values, tasks in order; see <see cref="Prediction"/>.</param>
    /// <exception cref="ArgumentException">A size does not fit.</exception>
    /// <exception cref="JtrOutOfMemoryException">The images do not fit into memory.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Predict(ReadOnlySpan<float> images, int samples, int height, int width, Span<float> predictions) =>
        Predict(images, default, samples, height, width, predictions);

    /// <summary>Predicts for photographs with further inputs, as the other <c>Predict</c> does.</summary>
    /// <param name="images">[samples, 3, height, width] RGB in [0, 1].</param>
    /// <param name="inputs">Their further inputs; default: all are missing.</param>
    /// <param name="samples">1 or more.</param>
    /// <param name="height">1 or more.</param>
    /// <param name="width">1 or more.</param>
    /// <param name="predictions">Receives [samples, <see cref="TaskSet.PredictionValues"/>].</param>
    /// <exception cref="ArgumentException">A size does not fit, or the inputs are others than the network's.</exception>
    /// <exception cref="JtrOutOfMemoryException">The images do not fit into memory.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Predict(ReadOnlySpan<float> images, InputValues inputs, int samples, int height, int width, Span<float> predictions)
    {
        Check(images.Length, samples, height, width, predictions.Length);
        Trainer.CheckInputs(Inputs, inputs, samples, height, width);
        fixed (
            float* from = images,
                further = inputs.Values,
                to = predictions
        )
        fixed (byte* present = inputs.Present)
            _queue.Run(from, new FurtherInputs(further, present), to, samples, height, width);
    }

    /// <summary>Throws unless sizes and lengths fit.</summary>
    private void Check(int imageValues, int samples, int height, int width, int predictionValues)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        long plane = (long)samples * height * width;
        int channels = Inputs.ImageChannels;
        if (imageValues != channels * plane)
            throw Trainer.WrongLength("images", imageValues, channels * plane, $"[{samples}, {channels}, {height}, {width}]");
        long expected = (long)samples * Tasks.PredictionValues(height, width);
        if (predictionValues != expected)
            throw Trainer.WrongLength("predictions", predictionValues, expected, Tasks.PredictionShape($"{samples}", height, width));
    }

    /// <summary>Lets the calls that are running finish, then frees the network.</summary>
    public void Dispose() => _queue.Dispose();

    private static Dictionary<string, double[]> StateOf(Trainer trainer, string? asDomain)
    {
        NetworkTensors wanted = new(trainer.Options, trainer.StepCount, asDomain);
        wanted.CheckDomain(trainer.State.Select(i => i.Name), trainer.State.Read);
        return wanted
            .Choose(trainer.State, i => i.Name)
            .ToDictionary(i => i.Key, i => trainer.State.Read(i.Value.Name), StringComparer.Ordinal);
    }

    private static Trainer NotNull(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return trainer;
    }
}

/// <summary>What a predictor logs.</summary>
internal static partial class PredictorLog
{
    [LoggerMessage(
        EventId = 20,
        Level = LogLevel.Information,
        Message = "Loaded the network of {Path} to predict {Tasks}, up to {MaxBatch} samples at once."
    )]
    public static partial void Loaded(ILogger logger, string path, TaskSet tasks, int maxBatch);
}
