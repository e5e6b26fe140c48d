using System.Globalization;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Labels;
using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Datasets;

/// <summary>How labels that a network has made are used.</summary>
public sealed record PseudoLabelOptions
{
    /// <summary>How much such a label counts in training, where one of people's counts 1; above 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>
    /// The least probability, 0 to 1, at which a class is taken: pixels and photographs below it have no label. Of tasks without classes,
    /// whose confidence is no probability, all labels are taken.
    /// </summary>
    public double Threshold { get; init; }

    /// <summary>
    /// What labels have to obey. Where such a label violates one of these, alone or beside those of people, it is left out; of pixels and
    /// a whole photograph, the pixels are.
    /// </summary>
    public IReadOnlyList<ConstraintOptions> Constraints { get; init; } = [];

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        if (!(Weight > 0 && double.IsFinite(Weight)))
            throw new ArgumentOutOfRangeException(
                nameof(Weight),
                Weight.ToString(CultureInfo.InvariantCulture),
                $"{nameof(Weight)} has to be a finite number above 0"
            );
        if (!(Threshold is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(Threshold),
                Threshold.ToString(CultureInfo.InvariantCulture),
                $"{nameof(Threshold)} has to be 0 to 1"
            );
    }
}

/// <summary>
/// Photographs with the labels of people, and, where one of those is missing, labels that a network has made: files in a folder of their
/// own (<see cref="LabelFolder"/>), so that they can be looked at, mended and deleted, and are never mistaken for people's. For training;
/// scores are taken on the data set itself.
/// </summary>
/// <remarks>Several threads may read at once.</remarks>
public sealed class PseudoLabelDataset : DatasetDecorator
{
    /// <summary>The folder of confidences in a folder of such labels.</summary>
    public const string ConfidenceFolder = ".confidence";

    private readonly FolderDataset _pseudo;
    private readonly PseudoLabelOptions _options;
    private readonly LabelConstraints _constraints;

    // Where a label is a network's, and where it is people's.
    private readonly TaskMask[] _made;
    private readonly TaskMask[] _own;

    /// <summary>Looks for the labels.</summary>
    /// <param name="data">Photographs, and the labels of people.</param>
    /// <param name="folder">The folder of the labels that a network has made.</param>
    /// <param name="visible">Those labels of people that training may see, or null: all that there are.</param>
    /// <param name="options">How they are used, or null.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the assignment is for other data.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="JtrFormatException">Its tasks.json is damaged.</exception>
    public PseudoLabelDataset(FolderDataset data, string folder, LabelAssignment? visible = null, PseudoLabelOptions? options = null)
        : base(data)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        _options = options ?? new PseudoLabelOptions();
        _options.Validate();
        _constraints = new LabelConstraints(data.Tasks, _options.Constraints);
        if (visible is not null && (visible.Count != data.Count || visible.Tasks.Count != data.Tasks.Count))
            throw new ArgumentException(
                $"the assignment is for {visible.Count} samples and {visible.Tasks.Count} tasks, the data set has "
                    + $"{data.Count} and {data.Tasks.Count}",
                nameof(visible)
            );
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException(
                $"the folder of labels that a network has made does not exist: {Path.GetFullPath(folder)}"
            );
        _pseudo = new FolderDataset(
            folder,
            new FolderOptions
            {
                Height = data.Height,
                Width = data.Width,
                Tasks = data.Tasks,
                Image = data.FolderImage,
                Photographs = Path.GetDirectoryName(data.GetImagePath(0)),
                CacheInMemory = false,
            }
        );
        _own = [.. Enumerable.Range(0, data.Count).Select(i => data.GetLabeled(i) & (visible?[i] ?? data.Tasks.All))];
        _made = [.. Enumerable.Range(0, data.Count).Select(i => Without(_pseudo.GetLabeled(i), _own[i]))];
        if (Enumerable.Range(0, data.Tasks.Count).FirstOrDefault(t => Thresholds(t) && !HasConfidence(t), -1) is >= 0 and int task)
            throw new DirectoryNotFoundException(
                $"a threshold needs confidences, and {folder} has none of the task '{data.Tasks[task].Name}' in {ConfidenceFolder}"
            );
    }

    /// <summary>The labels that training sees: those of people that are visible, and those that a network has made.</summary>
    public LabelAssignment Labels => new(Tasks, [.. _own.Zip(_made, (own, made) => own | made)]);

    /// <summary>Number of labels of a task that a network has made.</summary>
    /// <param name="task">Its place in <see cref="DatasetDecorator.Tasks"/>.</param>
    public int MadeCount(int task) => _made.Count(m => m[task]);

    /// <summary>How often labels violate constraints, where one of a network's is among them. It reads all of these.</summary>
    /// <param name="constraints">The constraints.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>For each constraint.</returns>
    /// <exception cref="ArgumentException">A constraint is about a task or class that there is not.</exception>
    public IReadOnlyList<LabelViolations> Check(IReadOnlyList<ConstraintOptions> constraints, CancellationToken cancellationToken = default)
    {
        LabelConstraints rules = new(Tasks, constraints);
        LabelViolations[] all = [.. rules.Names.Select(name => new LabelViolations(name, 0, 0))];
        float[] image = new float[Inputs.ImageValues(Height, Width)],
            labels = new float[Tasks.LabelValues(Height, Width)],
            inputs = new float[Inputs.Values(Height, Width)];
        byte[] present = new byte[Inputs.Count];
        for (int i = 0; i < Count; i++)
        {
            if (_made[i] == TaskMask.None)
                continue;
            SampleBuffer sample = new(Tasks, Inputs, Height, Width, image, labels, inputs, present);
            IReadOnlyList<LabelViolations> own = rules.Apply(sample, ReadAll(i, Tasks.All, sample, cancellationToken));
            for (int c = 0; c < all.Length; c++)
                all[c] = all[c].Plus(own[c]);
        }
        return all;
    }

    /// <inheritdoc/>
    public override SampleInfo GetSampleInfo(int index) => Inner.GetSampleInfo(index) with { Labeled = _own[index] | _made[index] };

    /// <inheritdoc/>
    public override double GetLabelWeight(int index, int task) => _made[index][task] ? _options.Weight : Inner.GetLabelWeight(index, task);

    /// <inheritdoc/>
    /// <exception cref="IOException">A file of the sample cannot be read.</exception>
    public override TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        TaskMask written = ReadAll(index, wanted, destination, cancellationToken);
        if (_options.Constraints.Count > 0 && (written & _made[index]) != TaskMask.None)
            _constraints.Apply(destination, written, _made[index]);
        return written;
    }

    private TaskMask ReadAll(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        TaskMask written = Inner.Read(index, wanted & _own[index], destination, cancellationToken);
        for (int t = 0; t < Tasks.Count; t++)
        {
            if (!wanted[t] || !_made[index][t])
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            Span<float> label = destination.Label(t);
            _pseudo.ReadLabelAlone(index, t).CopyTo(label);
            if (Thresholds(t))
                LeaveOutDoubtful(index, t, label);
            written = written.With(t);
        }
        return written;
    }

    /// <summary>Whether a task's labels are taken by their probability.</summary>
    private bool Thresholds(int task) => _options.Threshold > 0 && Tasks[task].Kind.ClassNames(Tasks[task]).Count > 0;

    private bool HasConfidence(int task) =>
        MadeCount(task) == 0 || Directory.Exists(Path.Combine(_pseudo.Root, ConfidenceFolder, Tasks[task].Name));

    private void LeaveOutDoubtful(int index, int task, Span<float> label)
    {
        VisionTask of = Tasks[task];
        string path = Path.Combine(_pseudo.Root, ConfidenceFolder, of.Name, _pseudo.GetName(index));
        if (of.Kind.Extent == TaskExtent.Image)
        {
            using NpyArray array = NpyReader.Read(path + ".npy");
            float[] value = new float[array.Count];
            array.CopyTo(value);
            if (value is not [var probability])
                throw new JtrFormatException(path + ".npy", $"an array of shape {array.ShapeText}, where one probability is asked for");
            if (probability < _options.Threshold)
                label.Fill(of.InvalidLabel);
            return;
        }
        using Raster raster = ImageFiles.ReadLabel(path + ".png", ids: false);
        LabelSource source = new(path + ".png", raster.Height, raster.Width, Height, Width);
        using Pooled<ushort> confidence = source.Check(raster, channels: 1, hint: null).ToWords();
        using Pooled<ushort> picked = source.Nearest<ushort>(confidence.Span);
        Span<ushort> probabilities = picked.Span;
        // As PredictionFiles.SaveConfidencePng writes them.
        double least = _options.Threshold * raster.Maximum;
        int plane = Height * Width;
        for (int i = 0; i < plane; i++)
        {
            if (probabilities[i] >= least)
                continue;
            for (int c = i; c < label.Length; c += plane)
                label[c] = of.InvalidLabel;
        }
    }

    private static TaskMask Without(TaskMask mask, TaskMask other) => new(mask.Bits & ~other.Bits);
}
