using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>What <see cref="AugmentationOptions"/> ask for. One instance a thread.</summary>
internal sealed class Augmentation
{
    private readonly GaussianBlur? _blur;
    private readonly GaussianNoise? _noise;
    private readonly ColorJitter? _jitter;
    private readonly RandomErasing? _erasing;

    public Augmentation(TaskSet tasks, int height, int width, AugmentationOptions options)
    {
        Rotation = options.Rotation > 0 ? new Rotation(tasks, height, width, options.Rotation) : null;
        _jitter = options.ColorJitter > 0 ? new ColorJitter(options.ColorJitter) : null;
        _blur = options.Blur > 0 ? new GaussianBlur(height, width, options.Blur) : null;
        _noise = options.Noise > 0 ? new GaussianNoise(options.Noise) : null;
        _erasing = options.Erase > 0 ? new RandomErasing(options.Erase) : null;
    }

    /// <summary>The turn of the sample, or null.</summary>
    public Rotation? Rotation { get; }

    /// <summary>Changes a view in place: its colours, then its sharpness, then noise, then the hole.</summary>
    public void Apply(SampleBuffer view, TaskMask labeled, ViewKey key)
    {
        if (view.Inputs.IsRgb)
            _jitter?.Apply(view.Image, key);
        _blur?.Apply(view.Image, key);
        _noise?.Apply(view.Image, key);
        _erasing?.Apply(view, labeled, key);
    }
}
