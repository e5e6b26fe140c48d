using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

public sealed unsafe partial class Trainer
{
    /// <summary>
    /// Scores the network on all samples of a data set, a few at a time, with every label that exists. Several processes that train
    /// together share the samples; all have to call, and get the scores of all samples.
    /// </summary>
    /// <param name="data">The data set; its tasks have the names, kinds and channels of the trainer's.</param>
    /// <param name="options">How, or null.</param>
    /// <param name="progress">Told after every batch; of several processes, that of rank 0 alone.</param>
    /// <param name="cancellationToken">Ends the evaluation, in all processes.</param>
    /// <exception cref="ArgumentException">The data set does not fit, or a label has a value that its task does not allow.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the trainer.</exception>
    /// <exception cref="JtrFormatException">A file of the data set is damaged.</exception>
    /// <exception cref="JtrNonFiniteException">A prediction was not a finite number; the exception tells task and sample.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public EvaluationResult Evaluate(
        IMultiTaskDataset data,
        EvaluateOptions? options = null,
        IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new EvaluateOptions();
        options.Validate();
        CheckData(data);
        using NativeHandle.Lease lease = _handle.Use();
        return EvaluateCore(lease.Pointer, data, options, progress, cancellationToken);
    }

    /// <summary>
    /// As <see cref="Evaluate"/>, on a thread of its own, as <see cref="FitAsync"/> works: the caller's is free meanwhile.
    /// </summary>
    /// <inheritdoc cref="Evaluate" path="/param"/>
    /// <inheritdoc cref="Evaluate" path="/exception"/>
    public Task<EvaluationResult> EvaluateAsync(
        IMultiTaskDataset data,
        EvaluateOptions? options = null,
        IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        EvaluateOptions how = options ?? new EvaluateOptions();
        how.Validate();
        CheckData(data);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<EvaluationResult>(cancellationToken);
        return OnOwnThread(
            "jtr evaluate",
            trainer => EvaluateCore(trainer, data, how, progress, cancellationToken),
            onFailure: null,
            cancellationToken
        );
    }

    /// <summary>
    /// Remembers scores of this trainer, so that <see cref="Validation"/> tells when they were best. Checkpoints keep it.
    /// <see cref="FitAsync"/>
    /// does this itself where it is given <see cref="FitOptions.Validation"/>.
    /// </summary>
    /// <param name="result">The scores at <see cref="StepCount"/>.</param>
    /// <param name="minImprovement">By how many percent they have to be better than the best so far to count as better, 0 or more.</param>
    /// <returns>Whether they are the best so far.</returns>
    public bool AddValidation(EvaluationResult result, double minImprovement = 0)
    {
        Validation = Validation.Add(StepCount, result, minImprovement);
        return Validation.BestStep == StepCount;
    }

    /// <summary>The number of the domain as which each sample of a data set is predicted; null: as their mixture.</summary>
    /// <exception cref="ArgumentException">There is no such domain, or domains have no norms of their own.</exception>
    private Func<int, long>? DomainsOf(IMultiTaskDataset data, string? asDomain, string parameter = nameof(EvaluateOptions.AsDomain))
    {
        if (asDomain is null)
            return null;
        if (!_described.HasDomainNorms)
            throw new ArgumentException($"{parameter}: the network has no norms of its own for each domain ('norms')", parameter);
        string[] names = [.. DomainNames];
        int one = Array.IndexOf(names, asDomain);
        if (one >= 0)
            return _ => one;
        if (asDomain != EvaluateOptions.OwnDomain)
            throw new ArgumentException(
                $"{parameter}: there is no domain '{asDomain}' (known: {string.Join(", ", names)}, or {EvaluateOptions.OwnDomain})",
                parameter
            );
        long[] numbers = [.. data.Domains.Select(d => (long)Array.IndexOf(names, d))];
        return i => numbers[data.GetSampleInfo(i).Domain];
    }

    /// <summary>Scores for someone who has the lease.</summary>
    private EvaluationResult EvaluateCore(
        nint trainer,
        IMultiTaskDataset data,
        EvaluateOptions options,
        IProgress<EvaluationProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        Peers peers = new(trainer, Options.Parallel);
        IMultiTaskDataset own = DatasetRange.Share(data, peers.Rank, peers.Size);
        Action<int>? tell = progress is null || !peers.IsFirst ? null : Tell;
        return peers.Together(() => Score(trainer, own, options, tell, cancellationToken)).OfAll(peers).ToResult();

        // The others are about as far.
        void Tell(int done) =>
            progress.Report(new EvaluationProgress(done == own.Count ? data.Count : Math.Min(data.Count, done * peers.Size), data.Count));
    }

    /// <summary>Scores of the samples of this process.</summary>
    private DomainScorers Score(
        nint trainer,
        IMultiTaskDataset data,
        EvaluateOptions options,
        Action<int>? progress,
        CancellationToken cancellationToken
    )
    {
        DomainScorers scorers = new(Tasks, data, options);
        // More processes than samples.
        if (data.Count == 0)
            return scorers;
        DataLoaderOptions loading = DataLoaderOptions.ForEvaluation(Math.Min(options.BatchSize, data.Count));
        using DataLoader loader = new(data, options: loading with { Workers = options.Workers ?? loading.Workers });
        Func<int, long>? domainOf = DomainsOf(data, options.AsDomain);
        long[] domains = domainOf is null ? [] : new long[loader.Options.BatchSize];
        int values = Tasks.PredictionValues(data.Height, data.Width);
        float[] predictions = new float[checked(loader.Options.BatchSize * values)];
        int done = 0;
        try
        {
            for (int i = 0; i < loader.BatchesPerEpoch; i++)
            {
                Batch batch = loader.Next(cancellationToken);
                try
                {
                    InputValues inputs = new(batch.Inputs, batch.InputValues, batch.InputPresent);
                    for (int b = 0; domainOf is not null && b < batch.Samples; b++)
                        domains[b] = domainOf(batch.Indices[b]);
                    PredictCore(trainer, batch.Images, inputs, domains, batch.Samples, batch.Height, batch.Width, predictions);
                    for (int b = 0; b < batch.Samples; b++)
                    {
                        try
                        {
                            scorers.Update(
                                batch.Indices[b],
                                predictions.AsSpan(b * values, values),
                                batch.GetSample(0, b),
                                batch.GetLabeled(b)
                            );
                        }
                        catch (JtrNonFiniteException e)
                        {
                            string name = data.GetName(batch.Indices[b]);
                            throw new JtrNonFiniteException($"{e.Message}; sample: {name}", e.Term, [b], StepCount, [name], e);
                        }
                    }
                    done += batch.Samples;
                }
                finally
                {
                    loader.Recycle(batch);
                }
                progress?.Invoke(done);
            }
        }
        finally
        {
            // The next to compute is likely another thread, which idle ones of this one would slow.
            Api.ReleaseThreads();
        }
        return scorers;
    }
}
