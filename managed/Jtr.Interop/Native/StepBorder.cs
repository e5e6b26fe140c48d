using System.Runtime.InteropServices;
using System.Text.Json;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Native;

/// <summary>What libjtr says of an object (jtr_trainer_describe).</summary>
/// <param name="Views">Views of each sample that the method reads.</param>
/// <param name="NoiseSlots">Draws of noise for each sample.</param>
/// <param name="NoiseChannels">Channels of each draw.</param>
/// <param name="Stride">Of which rows and columns of a step's images must be multiples.</param>
/// <param name="NetworkStride">Of which those are that the network itself computes at.</param>
/// <param name="Terms">Names of the terms of the loss.</param>
internal sealed record NativeDescription(
    int Views,
    int NoiseSlots,
    int NoiseChannels,
    int Stride,
    int NetworkStride,
    IReadOnlyList<string> Terms
)
{
    /// <summary>The network's operations in evaluation mode; empty where there are several networks, or none.</summary>
    public NetworkGraph Graph { get; private init; } = NetworkGraph.Empty;

    /// <summary>Names of the domains that samples are of; none where no technique asks for them.</summary>
    public IReadOnlyList<string> Domains { get; private init; } = [];

    /// <summary>Parts that a step's samples are worked on in.</summary>
    public int Accumulate { get; private init; } = 1;

    /// <summary>Whether each of them has norms of its own.</summary>
    public bool HasDomainNorms { get; private init; }

    /// <summary>Reads it; what an object does not have is 0.</summary>
    public static NativeDescription Parse(nint utf8)
    {
        using JsonDocument document = JsonDocument.Parse(Marshal.PtrToStringUTF8(NativeError.CheckHandle(utf8))!);
        JsonElement root = document.RootElement;
        int Number(string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : 0;
        return new(
            Number("views"),
            Number("noise_slots"),
            Number("noise_channels"),
            Number("stride"),
            Number("network_stride"),
            [.. root.GetProperty("terms").EnumerateArray().Select(t => t.GetString()!)]
        )
        {
            Graph = root.TryGetProperty("graph", out JsonElement graph)
                ? NetworkGraph.Parse(graph, Number("network_stride"))
                : NetworkGraph.Empty,
            Domains = DomainsOf(root),
            Accumulate =
                root.TryGetProperty("options", out JsonElement options) && options.TryGetProperty("accumulate", out JsonElement parts)
                    ? parts.GetInt32()
                    : 1,
            HasDomainNorms = root.TryGetProperty("domain_norms", out JsonElement norms) && norms.GetBoolean(),
        };
    }

    private static string[] DomainsOf(JsonElement root) =>
        root.TryGetProperty("options", out JsonElement options)
        && options.TryGetProperty("domains", out JsonElement names)
        && options.TryGetProperty("domain_techniques", out JsonElement techniques)
        && techniques.GetArrayLength() > 0
            ? [.. names.EnumerateArray().Select(d => d.GetString()!)]
            : [];
}

/// <summary>Hands batches and captures of one trainer to libjtr, by name, without allocating. For one thread at a time.</summary>
internal sealed unsafe class StepBorder
{
    private readonly TaskSet _tasks;
    private readonly NativeDescription _described;
    private readonly int _imageChannels;
    private readonly TensorTable _inputs,
        _next,
        _outputs,
        _images,
        _predictions;
    private readonly PinnedName _image = new("image"),
        _labeled = new("labelled"),
        _labelWeight = new("label_weight"),
        _domain = new("domain"),
        _crops = new("crops"),
        _noise = new("noise"),
        _loss = new("loss"),
        _taskLoss = new("task_loss");
    private readonly InputTensors _furtherInputs;
    private readonly TaskTensors _labels,
        _prediction,
        _gradient;
    private readonly PinnedName[] _terms;

    public StepBorder(TaskSet tasks, InputSet inputs, NativeDescription described)
    {
        _furtherInputs = new InputTensors(inputs);
        (_tasks, _described, _imageChannels) = (tasks, described, inputs.ImageChannels);
        _labels = TaskTensors.OfLabels(tasks);
        (_prediction, _gradient) = (TaskTensors.OfPredictions(tasks), TaskTensors.OfGradients(tasks));
        _terms = [.. described.Terms.Select(t => new PinnedName(t))];
        string[] names = [.. described.Terms];
        (Dist, Recon) = (Array.IndexOf(names, "jtr.dist"), Array.IndexOf(names, "jtr.recon"));
        _inputs = new(tasks.Count + 6 + _furtherInputs.Count);
        _next = new(tasks.Count + 6 + _furtherInputs.Count);
        _outputs = new(2 * tasks.Count + 5);
        _images = new(2 + _furtherInputs.Count);
        _predictions = new(tasks.Count);
    }

    /// <summary>Place of the method's first term behind the supervised ones.</summary>
    public int FirstOwnTerm => 1 + _tasks.Count;

    /// <summary>Place of the distance term of "jtr", or -1.</summary>
    public int Dist { get; }

    /// <summary>Place of the reconstruction term of "jtr", or -1.</summary>
    public int Recon { get; }

    /// <summary>One step. The status is to be checked by the caller.</summary>
    public Raw.Status Step(
        nint trainer,
        Batch batch,
        in StepCapture capture,
        Batch? next,
        nint cancel,
        out Raw.StepResult.__Internal result
    )
    {
        Raw.StepResult.__Internal native = new() { struct_size = (ulong)sizeof(Raw.StepResult.__Internal) };
        Raw.Status status;
        fixed (
            double* loss = capture.Loss,
                supervised = capture.Supervised,
                dist = capture.Dist,
                recon = capture.Recon,
                taskLoss = capture.TaskLoss,
                prediction = capture.Prediction,
                gradient = capture.PredictionGradient,
                noise = capture.Noise
        )
        {
            Fill(_inputs, batch);
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
            if (next is not null)
                Fill(_next, next);
            _outputs.Clear();
            PerSample(_loss, loss, batch);
            PerSample(_terms[0], supervised, batch);
            if (Dist >= 0)
                PerSample(_terms[Dist], dist, batch);
            if (Recon >= 0)
                PerSample(_terms[Recon], recon, batch);
            if (taskLoss != null)
                _outputs.Add(_taskLoss, Raw.Dtype.Float64, taskLoss, sizeof(double), _tasks.Count);
            AddCaptured(_prediction, prediction, batch);
            AddCaptured(_gradient, gradient, batch);
            Raw.StepRequest.__Internal request = new()
            {
                struct_size = (ulong)sizeof(Raw.StepRequest.__Internal),
                inputs = _inputs.Address,
                input_count = _inputs.Count,
                outputs = _outputs.Address,
                output_count = _outputs.Count,
                next_inputs = next is null ? 0 : _next.Address,
                next_input_count = next is null ? 0 : _next.Count,
                cancel = cancel,
            };
            status = Api.TrainerStep(trainer, (nint)(&request), (nint)(&native));
            GC.KeepAlive(batch);
            GC.KeepAlive(next);
            GC.KeepAlive(this);
        }
        // Terms that the method does not have are 0.
        if (status == Raw.Status.Ok && Dist < 0)
            capture.Dist.Clear();
        if (status == Raw.Status.Ok && Recon < 0)
            capture.Recon.Clear();
        result = native;
        return status;
    }

    /// <summary>The mean of a term, 0 where there is none of that number.</summary>
    public double Term(in Raw.StepResult.__Internal result, int index) =>
        index >= 0 && index < result.term_count ? ((Raw.Term.__Internal*)result.terms)[index].value : 0;

    /// <summary>
    /// Predictions [samples, values] of images [samples, 3, height, width] with further inputs [samples, values] and [samples, inputs], by
    /// the norms of domains [samples], or null for the mixture.
    /// </summary>
    public Raw.Status Predict(
        nint trainer,
        float* images,
        float* inputs,
        byte* present,
        long* domains,
        int samples,
        int height,
        int width,
        float* predictions
    )
    {
        _images.Clear();
        _images.Add(_image, Raw.Dtype.Float32, images, sizeof(float), samples, _imageChannels, height, width);
        _furtherInputs.AddTo(_images, inputs, present, 0, samples, height, width);
        if (domains != null)
            _images.Add(_domain, Raw.Dtype.Int64, domains, sizeof(long), samples);
        _predictions.Clear();
        _prediction.AddTo(_predictions, Raw.Dtype.Float32, predictions, sizeof(float), 0, samples, height, width);
        Raw.PredictRequest.__Internal request = new()
        {
            struct_size = (ulong)sizeof(Raw.PredictRequest.__Internal),
            inputs = _images.Address,
            input_count = _images.Count,
            outputs = _predictions.Address,
            output_count = _predictions.Count,
        };
        Raw.Status status = Api.TrainerPredict(trainer, (nint)(&request));
        GC.KeepAlive(this);
        return status;
    }

    private void Fill(TensorTable table, Batch batch)
    {
        table.Clear();
        table.Add(
            _image,
            Raw.Dtype.Float32,
            batch.ImagesPointer,
            sizeof(float),
            batch.Views,
            batch.Samples,
            _imageChannels,
            batch.Height,
            batch.Width
        );
        _furtherInputs.AddTo(table, batch.InputsPointer, batch.PresentPointer, batch.Views, batch.Samples, batch.Height, batch.Width);
        _labels.AddTo(table, Raw.Dtype.Float32, batch.LabelsPointer, sizeof(float), batch.Views, batch.Samples, batch.Height, batch.Width);
        table.Add(_labeled, Raw.Dtype.Uint8, batch.LabeledPointer, sizeof(byte), batch.Samples, _tasks.Count);
        if (batch.LabelWeightsPointer is var weights && weights != null)
            table.Add(_labelWeight, Raw.Dtype.Float64, weights, sizeof(double), batch.Samples, _tasks.Count);
        if (_described.Domains.Count > 1)
            table.Add(_domain, Raw.Dtype.Int64, batch.DomainsPointer, sizeof(long), batch.Samples);
        table.Add(
            _crops,
            Raw.Dtype.Float64,
            batch.CropsPointer,
            sizeof(double),
            batch.Views,
            batch.Samples,
            sizeof(ViewCrop) / sizeof(double)
        );
    }

    private void PerSample(PinnedName name, double* memory, Batch batch)
    {
        if (memory != null)
            _outputs.Add(name, Raw.Dtype.Float64, memory, sizeof(double), batch.Samples);
    }

    private void AddCaptured(TaskTensors tensors, double* memory, Batch batch) =>
        tensors.AddTo(_outputs, Raw.Dtype.Float64, memory, sizeof(double), _described.Views, batch.Samples, batch.Height, batch.Width);
}
