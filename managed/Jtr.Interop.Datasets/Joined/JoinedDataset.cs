using System.Buffers;
using System.Globalization;
using Jtr.Interop.Inputs;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Joined;

/// <summary>
/// Several data sets, each labelled for its own tasks, as one partially labelled data set. Tasks of the same name are the
/// same task; a sample is labelled for those tasks of its source that it was labelled for there.
/// </summary>
/// <remarks>
/// Samples come source by source, each in its own order, repeated or thinned out as <see cref="JoinedSource.Weight"/> says; the
/// loader shuffles them. An assignment that is drawn for the joined set draws anew for a sample's repetitions, which together
/// may then show more labels than the scenario grants: draw one for each source, with <see cref="LabelAssignment.SeedOf"/>, and
/// give them to <see cref="JoinLabels"/>.
/// Several threads may read at once.
/// </remarks>
public sealed class JoinedDataset : IMultiTaskDataset
{
    private readonly JoinedSource[] _sources;
    private readonly int[][] _places;
    private readonly int[][] _inputPlaces;
    private readonly SampleOrigin[] _samples;
    private readonly int[] _firstDomains; // of each source

    /// <summary>Joins data sets.</summary>
    /// <param name="sources">1 or more, whose samples all have the same size.</param>
    /// <exception cref="ArgumentException">
    /// There are no sources, two have the same name, a task that is to be renamed does not exist, one is empty or has a weight that is not
    /// above 0, sizes differ, tasks of the same name are of different kinds or classes, or there are more than 2^31 - 1 samples.
    /// </exception>
    public JoinedDataset(params IReadOnlyList<JoinedSource> sources)
        : this(null, sources) { }

    /// <summary>Joins data sets for given tasks, such as those of a network.</summary>
    /// <param name="tasks">The tasks; sources' tasks of other names are left out. Null: the tasks of all sources.</param>
    /// <param name="sources">1 or more, whose samples all have the same size.</param>
    /// <exception cref="ArgumentException">As of the other constructor; or a task of a source is not the one of that name which is asked
    /// for.</exception>
    public JoinedDataset(TaskSet? tasks, IReadOnlyList<JoinedSource> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        _sources = [.. sources];
        Check(_sources);
        if (tasks is not null)
            JoinedTasks.Check(_sources, tasks);
        Tasks = tasks ?? JoinedTasks.Unite(_sources);
        Height = _sources[0].Data.Height;
        Width = _sources[0].Data.Width;
        _places = [.. _sources.Select(s => JoinedTasks.Places(Tasks, s))];
        Inputs = Unite(_sources);
        _inputPlaces = [.. _sources.Select(s => Inputs.Select(i => s.Data.Inputs.IndexOf(i.Name)).ToArray())];
        _samples = List(_sources);
        Domains = [.. _sources.SelectMany(DomainsOf)];
        _firstDomains = new int[_sources.Length];
        for (int s = 1; s < _sources.Length; s++)
            _firstDomains[s] = _firstDomains[s - 1] + _sources[s - 1].Data.Domains.Count;
    }

    /// <summary>The sources.</summary>
    public IReadOnlyList<JoinedSource> Sources => _sources;

    /// <inheritdoc/>
    public TaskSet Tasks { get; }

    /// <summary>The inputs of all sources; what a source lacks is missing for its samples.</summary>
    public InputSet Inputs { get; }

    /// <summary>Number of samples of an epoch, repetitions included.</summary>
    public int Count => _samples.Length;

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>The sources' names; of a source that has several domains, its name, a slash, and theirs.</summary>
    public IReadOnlyList<string> Domains { get; }

    /// <summary>Where a sample comes from.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    public SampleOrigin GetSource(int index) => _samples[index];

    /// <summary>What is known of a sample. Its name is the source's name, a slash, and the sample's name there.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    public SampleInfo GetSampleInfo(int index)
    {
        (int s, int place) = _samples[index];
        SampleInfo own = _sources[s].Data.GetSampleInfo(place);
        return new($"{_sources[s].Name}/{own.Name}", ToJoined(s, own.Labeled), _firstDomains[s] + own.Domain);
    }

    /// <summary>One assignment of the joined set from one of each source. Repetitions of a sample have the same labels.</summary>
    /// <param name="assignments">For every source its assignment, or null for the labels that exist.</param>
    /// <exception cref="ArgumentException">The number of assignments, or the tasks or samples of one, are not the sources'.</exception>
    public LabelAssignment JoinLabels(params IReadOnlyList<LabelAssignment?> assignments)
    {
        ArgumentNullException.ThrowIfNull(assignments);
        if (assignments.Count != _sources.Length)
            throw new ArgumentException($"{assignments.Count} assignments for {_sources.Length} sources", nameof(assignments));
        for (int s = 0; s < _sources.Length; s++)
        {
            if (assignments[s] is not { } assignment)
                continue;
            if (assignment.Count != _sources[s].Data.Count)
                throw new ArgumentException(
                    $"the assignment for '{_sources[s].Name}' is for {assignment.Count} samples, the source has {_sources[s].Data.Count}",
                    nameof(assignments)
                );
            if (!assignment.Tasks.Select(t => t.Name).SequenceEqual(_sources[s].Data.Tasks.Select(t => t.Name)))
                throw new ArgumentException(
                    $"the assignment for '{_sources[s].Name}' is for the tasks {assignment.Tasks}, the source has {_sources[s].Data.Tasks}",
                    nameof(assignments)
                );
        }
        return new LabelAssignment(
            Tasks,
            [.. _samples.Select(o => ToJoined(o.Source, assignments[o.Source]?[o.Index] ?? _sources[o.Source].Data.GetLabeled(o.Index)))]
        );
    }

    /// <inheritdoc/>
    public double GetLabelWeight(int index, int task)
    {
        SampleOrigin origin = _samples[index];
        int own = Array.IndexOf(_places[origin.Source], task);
        return own < 0 ? 1 : _sources[origin.Source].Data.GetLabelWeight(origin.Index, own);
    }

    /// <inheritdoc/>
    public bool HasInput(int index, int input)
    {
        int place = _inputPlaces[_samples[index].Source][input];
        return place >= 0 && Source(index).Data.HasInput(_samples[index].Index, place);
    }

    /// <inheritdoc/>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination) => Read(index, wanted, destination, CancellationToken.None);

    /// <inheritdoc/>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        if (destination.Height != Height || destination.Width != Width)
            throw new ArgumentException(
                $"the buffer is for {destination.Height} x {destination.Width}, the samples are {Height} x {Width}",
                nameof(destination)
            );

        SampleOrigin origin = _samples[index];
        IMultiTaskDataset data = Source(index).Data;
        int[] places = _places[origin.Source];
        TaskMask theirs = TaskMask.None;
        for (int t = 0; t < places.Length; t++)
            theirs = places[t] >= 0 && wanted[places[t]] ? theirs.With(t) : theirs;

        // The source knows its own tasks only, which may be in another order and with others in between.
        int values = data.Tasks.LabelValues(Height, Width);
        float[] rented = ArrayPool<float>.Shared.Rent(values),
            rentedInputs = [];
        byte[] rentedPresent = [];
        try
        {
            InputSet inputs = destination.Inputs.Count == 0 ? data.Inputs.ImageAlone : data.Inputs;
            int inputValues = inputs.Values(Height, Width);
            rentedInputs = ArrayPool<float>.Shared.Rent(inputValues);
            rentedPresent = ArrayPool<byte>.Shared.Rent(inputs.Count);
            SampleBuffer own = new(
                data.Tasks,
                inputs,
                Height,
                Width,
                destination.Image,
                rented.AsSpan(0, values),
                rentedInputs.AsSpan(0, inputValues),
                rentedPresent.AsSpan(0, inputs.Count)
            );
            own.InputPresent.Clear();
            TaskMask written = data.Read(origin.Index, theirs, own, cancellationToken);
            for (int i = 0; i < destination.Inputs.Count; i++)
            {
                int place = _inputPlaces[origin.Source][i];
                bool isPresent = place >= 0 && own.InputPresent[place] != 0;
                if (isPresent)
                    own.Input(place).CopyTo(destination.Input(i));
                destination.SetInput(i, isPresent);
            }
            for (int t = 0; t < places.Length; t++)
            {
                if (written[t])
                    own.Label(t).CopyTo(destination.Label(places[t]));
            }
            return ToJoined(origin.Source, written);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
            ArrayPool<float>.Shared.Return(rentedInputs);
            ArrayPool<byte>.Shared.Return(rentedPresent);
        }
    }

    private static IEnumerable<string> DomainsOf(JoinedSource source) =>
        source.Data.Domains.Count == 1 ? [source.Name] : source.Data.Domains.Select(d => $"{source.Name}/{d}");

    private static InputSet Unite(JoinedSource[] sources)
    {
        List<InputSpec> all = [];
        int channels = sources[0].Data.Inputs.ImageChannels;
        foreach (JoinedSource source in sources)
        {
            if (source.Data.Inputs.ImageChannels != channels)
                throw new ArgumentException(
                    $"photographs of '{source.Name}' have {source.Data.Inputs.ImageChannels} channels, "
                        + $"those of the sources before it {channels}",
                    nameof(sources)
                );
            foreach (InputSpec input in source.Data.Inputs)
            {
                if (all.Find(i => i.Name == input.Name) is not { } known)
                    all.Add(input);
                else if (known.Kind != input.Kind || known.Channels != input.Channels)
                    throw new ArgumentException(
                        $"the input '{input.Name}' of '{source.Name}' is another than that of the sources before it",
                        nameof(sources)
                    );
            }
        }
        return new InputSet(all, channels);
    }

    private JoinedSource Source(int index) => _sources[_samples[index].Source];

    private TaskMask ToJoined(int source, TaskMask mask)
    {
        int[] places = _places[source];
        TaskMask joined = TaskMask.None;
        for (int t = 0; t < places.Length; t++)
            joined = places[t] >= 0 && mask[t] ? joined.With(places[t]) : joined;
        return joined;
    }

    private static void Check(JoinedSource[] sources)
    {
        if (sources.Length == 0)
            throw new ArgumentException("there are no data sets to join", nameof(sources));
        HashSet<string> names = new(StringComparer.Ordinal);
        JoinedSource first = sources[0] ?? throw new ArgumentException("a source is null", nameof(sources));
        foreach (JoinedSource source in sources)
        {
            if (source?.Data is null || string.IsNullOrWhiteSpace(source.Name))
                throw new ArgumentException("a source, its data set or its name is missing", nameof(sources));
            if (!names.Add(source.Name))
                throw new ArgumentException($"two sources are named '{source.Name}'", nameof(sources));
            if (source.Data.Count == 0)
                throw new ArgumentException($"the source '{source.Name}' has no samples", nameof(sources));
            if (!(source.Weight > 0 && double.IsFinite(source.Weight)))
                throw new ArgumentException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the weight of '{source.Name}' is {source.Weight}; it has to be a finite number above 0"
                    ),
                    nameof(sources)
                );
            if (source.Data.Height != first.Data.Height || source.Data.Width != first.Data.Width)
                throw new ArgumentException(
                    $"the samples of '{source.Name}' are {source.Data.Height} x {source.Data.Width}, those of "
                        + $"'{first.Name}' {first.Data.Height} x {first.Data.Width}; open both with the same Height and Width",
                    nameof(sources)
                );
        }
    }

    private static SampleOrigin[] List(JoinedSource[] sources)
    {
        double total = sources.Sum(s => Math.Round(s.Weight * s.Data.Count));
        if (total > Array.MaxLength)
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"with these weights an epoch has {total} samples, more than {Array.MaxLength}"
                ),
                nameof(sources)
            );
        List<SampleOrigin> samples = new((int)total);
        for (int s = 0; s < sources.Length; s++)
        {
            int count = sources[s].Data.Count;
            // A source that is asked for is not left out altogether.
            long wanted = Math.Max(1, (long)Math.Round(sources[s].Weight * count));
            for (long left = wanted; left > 0; left -= count)
            {
                // All of them, or as many as are left, evenly spread.
                long take = Math.Min(left, count);
                for (long k = 0; k < take; k++)
                    samples.Add(new SampleOrigin(s, (int)((2 * k + 1) * count / (2 * take))));
            }
        }
        return [.. samples];
    }
}
