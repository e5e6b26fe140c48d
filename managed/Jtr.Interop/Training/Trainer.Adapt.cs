using System.Text.Json.Nodes;
using Jtr.Interop.Datasets;
using Jtr.Interop.Export;
using Jtr.Interop.Inference;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

public sealed unsafe partial class Trainer
{
    // Of the running statistics, as libjtr has it: what a step adds of its batch's.
    private const double Momentum = 0.1;
    private const string MeanSuffix = ".running_mean",
        VarianceSuffix = ".running_var";

    // Nothing has a gradient; this is for weight decay and the like that native options may ask for.
    private const double NoRate = 1e-300;

    /// <summary>
    /// Gives the norms of the network that predicts the statistics of other photographs, which need no labels: those of a target that was
    /// not trained on (AdaBN, Li et al., Pattern Recognition 2018). Weights stay. Each norm gets mean and variance of what it reads of all
    /// photographs, in batches that are normalised by themselves, as in training. Where domains have norms of their own, the mixture is
    /// replaced. For predictions: <see cref="Save"/> it as a checkpoint of its own.
    /// </summary>
    /// <param name="data">The photographs, at the size of training; labels are not looked at.</param>
    /// <param name="options">How, or null.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellationToken">Ends it; then nothing has changed.</param>
    /// <returns>Norms that have new statistics.</returns>
    /// <exception cref="ArgumentException">The data set does not fit.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the trainer.</exception>
    /// <exception cref="JtrFormatException">A file of the data set is damaged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public int AdaptNorms(
        IMultiTaskDataset data,
        AdaptOptions? options = null,
        IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new AdaptOptions();
        options.Validate();
        CheckData(data);
        NetworkTensors network = new(Options, StepCount);
        Dictionary<string, TensorInfo> own = network.Choose(State, i => i.Name);
        using Trainer copy = Still(own.Keys.Any(n => new NetworkTensors(Options, 0).IsSeparate(n)));
        foreach ((string name, TensorInfo info) in own)
            copy.State.Write(name, State.Read(info.Name));
        NormMoments[] norms = [.. copy.State.Where(i => IsMean(copy, i)).Select(i => new NormMoments(copy.State, i))];

        DataLoaderOptions loading = DataLoaderOptions.ForEvaluation(Math.Min(options.BatchSize, data.Count));
        using (DataLoader loader = new(data, options: loading with { Views = copy.Views, Workers = options.Workers ?? loading.Workers }))
        {
            int done = 0;
            for (int i = 0; i < loader.BatchesPerEpoch; i++)
            {
                Batch batch = loader.Next(cancellationToken);
                for (int b = 0; b < batch.Samples; b++)
                    batch.SetLabeled(b, TaskMask.None);
                foreach (NormMoments norm in norms)
                    norm.Clear();
                copy.Step(batch, cancellationToken);
                foreach (NormMoments norm in norms)
                    norm.Add(batch.Samples);
                done += batch.Samples;
                loader.Recycle(batch);
                progress?.Report(new EvaluationProgress(done, data.Count));
            }
        }
        NormMoments[] seen = [.. norms.Where(n => n.HasSeen)];
        foreach (NormMoments norm in seen)
        {
            foreach (string start in (string[])["", NetworkTensors.AveragePrefix])
            {
                if (State.Contains(start + norm.Mean))
                {
                    State.Write(start + norm.Mean, norm.MeanOfAll());
                    State.Write(start + norm.Variance, norm.VarianceOfAll());
                }
            }
        }
        return seen.Length;
    }

    private static bool IsMean(Trainer trainer, TensorInfo info) =>
        info.Name.EndsWith(MeanSuffix, StringComparison.Ordinal)
        && trainer.State.Contains(info.Name[..^MeanSuffix.Length] + VarianceSuffix);

    /// <summary>A trainer of the network alone, whose steps change nothing but norm statistics.</summary>
    private Trainer Still(bool isSeparate)
    {
        TrainerOptions network = OptionsWriter.OfTheNetwork(Options, isSeparate);
        JsonObject native = network.NativeOptions is { } more ? OptionsWriter.Parse(more, nameof(TrainerOptions.NativeOptions)) : [];
        native["optimizer"] = new JsonObject { ["name"] = "sgd", ["learning_rate"] = NoRate };
        return new Trainer(
            network with
            {
                MaxGradientNorm = null,
                Balancing = new BalancingOptions(),
                InputDropout = 0,
                Accumulate = 1,
                Parallel = null,
                // Frozen parts keep their weights here anyway.
                Network = Options.Network is { } made ? made with { Freeze = BackboneStage.None, FreezeNorms = false } : null,
                NativeOptions = native.ToJsonString(),
            }
        );
    }

    /// <summary>What a norm has read of all batches.</summary>
    private sealed class NormMoments
    {
        private readonly TensorCollection _state;
        private readonly string? _counter;
        private readonly double[] _zeros,
            _batch,
            _sum,
            _squares;
        private double _weight;

        public NormMoments(TensorCollection state, TensorInfo mean)
        {
            _state = state;
            Mean = mean.Name;
            string name = Mean[..^MeanSuffix.Length];
            Variance = name + VarianceSuffix;
            _counter = state.Contains(name + NetworkWeights.CounterSuffix) ? name + NetworkWeights.CounterSuffix : null;
            (_zeros, _batch) = (new double[mean.Count], new double[mean.Count]);
            (_sum, _squares) = (new double[mean.Count], new double[mean.Count]);
        }

        public string Mean { get; }

        public string Variance { get; }

        public bool HasSeen => _weight > 0;

        /// <summary>So that a step leaves its batch's statistics, times the momentum.</summary>
        public void Clear()
        {
            _state.Write(Mean, _zeros);
            _state.Write(Variance, _zeros);
            if (_counter is not null)
                _state.Write(_counter, [0]);
        }

        public void Add(int samples)
        {
            // A norm that no sample came to, such as of an input that all of them lack.
            if (_counter is not null && _state.Read(_counter)[0] == 0)
                return;
            _weight += samples;
            _state.Read(Mean, _batch);
            for (int c = 0; c < _batch.Length; c++)
            {
                double mean = _batch[c] / Momentum;
                _sum[c] += samples * mean;
                _squares[c] += samples * mean * mean;
            }
            _state.Read(Variance, _batch);
            for (int c = 0; c < _batch.Length; c++)
                _squares[c] += samples * _batch[c] / Momentum;
        }

        public double[] MeanOfAll() => [.. _sum.Select(s => s / _weight)];

        /// <summary>The mean of the batches' variances, and the variance of their means.</summary>
        public double[] VarianceOfAll() => [.. _sum.Select((s, c) => Math.Max(0, _squares[c] / _weight - s / _weight * (s / _weight)))];
    }
}
