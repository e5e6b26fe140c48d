using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>
/// Makes all views of a sample (Nishi et al., CVPR 2024): view 0 from the sample, every further view from view 0, and then
/// changes the colours of all; the caller's own steps come last. One instance a thread.
/// </summary>
internal sealed class ViewMaker
{
    private readonly IMultiTaskDataset _data;
    private readonly bool _augment;
    private readonly FlipMode _flip;
    private readonly RandomScaleCrop? _straightCrop;
    private readonly RandomScaleCrop? _flippingCrop;
    private readonly ViewPipeline _straight;
    private readonly ViewPipeline _flipping;
    private readonly ColorAugmentation? _color;
    private readonly Augmentation? _augmentation;
    private readonly AppearanceStep? _appearance;
    private readonly CutMix? _cutMix;
    private readonly ViewPipeline? _own;
    private readonly float[] _image;
    private readonly float[] _labels;
    private readonly float[] _inputs;
    private readonly byte[] _present;

    /// <summary>Makes one.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="options">How views are made.</param>
    /// <param name="members">The samples of its domains, where samples take something from others; else null.</param>
    /// <param name="labels">The labels that training may see of such others, or null for all.</param>
    public ViewMaker(IMultiTaskDataset data, DataLoaderOptions options, DomainMembers? members = null, LabelAssignment? labels = null)
    {
        _data = data;
        _augment = options.Augment;
        _flip = options.Flip;
        _straightCrop = options.Augment ? new RandomScaleCrop(data.Tasks, data.Height, data.Width) : null;
        _flippingCrop = options.Augment ? new RandomScaleCrop(data.Tasks, data.Height, data.Width, flip: true) : null;
        _augmentation =
            options.Augment && options.Augmentation is { } augmentation
                ? new Augmentation(data.Tasks, data.Height, data.Width, augmentation)
                : null;
        _appearance =
            members is { HasSeveral: true } && options.Appearance.Count > 0 ? new AppearanceStep(data, members, options.Appearance) : null;
        _cutMix =
            members is not null && options.Augmentation is { CutMix: > 0 and var often } ? new CutMix(data, members, labels, often) : null;
        _straight = Pipeline(_straightCrop);
        _flipping = Pipeline(_flippingCrop);
        _color = options.Augment && options.Color && data.Inputs.IsRgb ? new ColorAugmentation(data.Height, data.Width) : null;
        _own =
            options.ViewSteps.Count == 0
                ? null
                : new ViewPipeline(data.Tasks, data.Inputs, data.Height, data.Width, [.. options.ViewSteps.Select(Make)]);
        bool between = options.Augment || _own is not null;
        _image = between ? new float[data.Inputs.ImageValues(data.Height, data.Width)] : [];
        _labels = between ? new float[data.Tasks.LabelValues(data.Height, data.Width)] : [];
        _inputs = between ? new float[data.Inputs.Values(data.Height, data.Width)] : [];
        _present = new byte[data.Inputs.Count];
    }

    /// <summary>Reads a sample and writes its views, its labelled tasks and, elsewhere, invalid labels.</summary>
    /// <param name="batch">Written in one sample's place; other threads may write other samples' places.</param>
    /// <param name="sample">The place.</param>
    /// <param name="wanted">The tasks that the sample may count as labelled for.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">0 or more.</param>
    /// <param name="cancellationToken">Says that nobody waits for the sample any more.</param>
    public void Fill(Batch batch, int sample, TaskMask wanted, ulong seed, long epoch, CancellationToken cancellationToken)
    {
        int index = batch.Indices[sample];
        SampleBuffer view0 = batch.GetSample(0, sample);
        TaskMask labeled;
        Span<ViewCrop> crops = batch.Crops;
        crops[sample] = ViewCrop.Whole(batch.Height, batch.Width);
        double own = 1;
        if (_augment)
        {
            SampleBuffer raw = Between(batch);
            labeled = wanted & _data.Read(index, wanted, raw, cancellationToken);
            ViewKey key = new(seed, epoch, index, 0);
            _appearance?.Apply(raw.Image, key, cancellationToken);
            own = _cutMix?.Apply(raw, labeled, key, cancellationToken) ?? 1;
            if (_augmentation?.Rotation is { } rotation)
            {
                // Through the view's own place, which the crop then writes anew.
                rotation.Apply(raw, view0, labeled, key);
                ViewPipeline.Copy(view0, raw, labeled);
            }
            View(0).Apply(raw, view0, labeled, key);
            if ((Flips(0) ? _flippingCrop : _straightCrop) is { } crop)
                crops[sample] = crop.Describe(crop.Window(key));
        }
        else
        {
            labeled = wanted & _data.Read(index, wanted, view0, cancellationToken);
        }
        for (int v = 1; v < batch.Views; v++)
        {
            ViewKey key = new(seed, epoch, index, v);
            View(v).Apply(view0, batch.GetSample(v, sample), labeled, key);
            RandomScaleCrop? crop = Flips(v) ? _flippingCrop : _straightCrop;
            crops[v * batch.Samples + sample] = crop?.Describe(crop.Window(key)) ?? ViewCrop.Whole(batch.Height, batch.Width);
        }
        // The other views were to be cut out of view 0 as it was, so its colours change last.
        for (int v = 0; v < batch.Views; v++)
        {
            _color?.Apply(batch.GetSample(v, sample).Image, new ViewKey(seed, epoch, index, v));
            _augmentation?.Apply(batch.GetSample(v, sample), labeled, new ViewKey(seed, epoch, index, v));
        }

        for (int v = 0; v < batch.Views && _own is not null; v++)
        {
            SampleBuffer view = batch.GetSample(v, sample),
                before = Between(batch);
            ViewPipeline.Copy(view, before, labeled);
            _own.Apply(before, view, labeled, new ViewKey(seed, epoch, index, v));
        }

        batch.SetLabeled(sample, labeled);
        Span<double> weights = batch.LabelWeights.Slice(sample * batch.Tasks.Count, batch.Tasks.Count);
        for (int t = 0; t < weights.Length; t++)
            weights[t] = labeled[t] ? _data.GetLabelWeight(index, t) * (IsOfImage(batch.Tasks, t) ? own : 1) : 1;
        for (int v = 0; v < batch.Views; v++)
            Invalidate(batch.GetSample(v, sample), batch.Tasks, labeled);
    }

    private static bool IsOfImage(TaskSet tasks, int task) => tasks[task].Kind.Extent == TaskExtent.Image;

    private SampleBuffer Between(Batch batch) =>
        new(batch.Tasks, batch.Inputs, batch.Height, batch.Width, _image, _labels, _inputs, _present);

    // What an earlier batch left there must not be seen by anyone who forgets to look at the mask.
    private static void Invalidate(SampleBuffer view, TaskSet tasks, TaskMask labeled)
    {
        for (int t = 0; t < tasks.Count; t++)
        {
            if (!labeled[t])
                view.Label(t).Fill(tasks[t].InvalidLabel);
        }
    }

    private ViewPipeline View(int v) => Flips(v) ? _flipping : _straight;

    private bool Flips(int v) => _flip == FlipMode.EveryView || (_flip == FlipMode.Published && v < 2);

    private static IViewStep Make(Func<IViewStep> step) =>
        step() ?? throw new InvalidOperationException($"a function of {nameof(DataLoaderOptions.ViewSteps)} made no step");

    private ViewPipeline Pipeline(RandomScaleCrop? crop)
    {
        IViewStep[] steps = crop is null ? [] : [crop];
        return new ViewPipeline(_data.Tasks, _data.Inputs, _data.Height, _data.Width, steps);
    }
}
