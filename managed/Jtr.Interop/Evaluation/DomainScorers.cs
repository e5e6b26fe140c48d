using System.Runtime.InteropServices;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Evaluation;

/// <summary>The metrics of one evaluation: of all samples and, where the data have several domains, of each domain's.</summary>
internal sealed class DomainScorers
{
    private readonly TaskSet _tasks;
    private readonly IMultiTaskDataset _data;
    private readonly EvaluateOptions _options;
    private readonly TaskScorer[] _all;
    private readonly TaskScorer[][] _domains; // none where there is but one
    private readonly long[] _samples; // of each domain
    private long _seen;

    public DomainScorers(TaskSet tasks, IMultiTaskDataset data, EvaluateOptions options)
    {
        _tasks = tasks;
        _data = data;
        _options = options;
        _all = Scorers();
        _domains = data.Domains.Count == 1 ? [] : [.. data.Domains.Select(_ => Scorers())];
        _samples = new long[data.Domains.Count];

        TaskScorer[] Scorers() => [.. tasks.Select(t => new TaskScorer(t, options.Metrics))];
    }

    /// <summary>Adds one sample to the scores of the tasks that it has labels for.</summary>
    /// <param name="index">The sample's place in the data set.</param>
    /// <param name="prediction">Its predictions.</param>
    /// <param name="sample">Its labels.</param>
    /// <param name="labeled">The tasks that it has labels for.</param>
    public void Update(int index, Span<float> prediction, SampleBuffer sample, TaskMask labeled)
    {
        Update(_all, prediction, sample, labeled);
        _seen++;
        if (_domains.Length == 0)
            return;
        int domain = _data.GetSampleInfo(index).Domain;
        Update(_domains[domain], prediction, sample, labeled);
        _samples[domain]++;
    }

    /// <summary>The scores; of domains, those that had a sample.</summary>
    public EvaluationResult ToResult() =>
        new(_seen, _all.Select(s => s.ToResult()))
        {
            Domains =
            [
                .. _domains
                    .Select((d, i) => (Scorers: d, Name: _data.Domains[i], Samples: _samples[i]))
                    .Where(d => d.Samples > 0)
                    .Select(d => new DomainResult(d.Name, new EvaluationResult(d.Samples, d.Scorers.Select(s => s.ToResult())))),
            ],
        };

    /// <summary>The metrics of all processes' samples: the same numbers in each of them, to the bit.</summary>
    /// <param name="peers">The processes; each calls.</param>
    /// <exception cref="NotSupportedException">A metric cannot be taken to another process.</exception>
    public DomainScorers OfAll(Peers peers)
    {
        if (peers.IsAlone)
            return this;
        List<double> own = [_seen, .. _samples];
        foreach (ITaskMetric metric in Metrics())
        {
            double[] state =
                metric.GetState()
                ?? throw new NotSupportedException(
                    $"several processes cannot score together with {metric.GetType()}: it has no {nameof(ITaskMetric.GetState)}"
                );
            own.Add(state.Length);
            own.AddRange(state);
        }
        DomainScorers all = new(_tasks, _data, _options);
        peers.HandAround(CollectionsMarshal.AsSpan(own), (_, numbers) => all.AddState(numbers));
        return all;
    }

    private void AddState(ReadOnlySpan<double> numbers)
    {
        _seen += (long)numbers[0];
        for (int d = 0; d < _samples.Length; d++)
            _samples[d] += (long)numbers[1 + d];
        numbers = numbers[(1 + _samples.Length)..];
        foreach (ITaskMetric metric in Metrics())
        {
            int length = (int)numbers[0];
            metric.AddState(numbers.Slice(1, length));
            numbers = numbers[(1 + length)..];
        }
    }

    private IEnumerable<ITaskMetric> Metrics() => _all.Concat(_domains.SelectMany(d => d)).SelectMany(s => s.Metrics);

    private void Update(TaskScorer[] scorers, Span<float> prediction, SampleBuffer sample, TaskMask labeled)
    {
        for (int t = 0; t < scorers.Length; t++)
        {
            if (!labeled[t])
                continue;
            ReadOnlySpan<float> values = _tasks.PredictionOf(prediction, t, sample.Height, sample.Width);
            scorers[t].Update(values, sample.Label(t), sample.Height, sample.Width);
        }
    }
}
