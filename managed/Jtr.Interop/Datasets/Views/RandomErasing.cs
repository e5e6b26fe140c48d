using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>A hole in a view (random erasing, Zhong et al., AAAI 2020) of the image's mean colour, without labels of pixel tasks.</summary>
/// <param name="largest">The largest share of rows and of columns.</param>
internal sealed class RandomErasing(double largest)
{
    /// <summary>Makes the hole that is drawn for a view.</summary>
    /// <param name="view">The view, changed in place.</param>
    /// <param name="labeled">The tasks that it has labels for.</param>
    /// <param name="key">What random numbers depend on.</param>
    public void Apply(SampleBuffer view, TaskMask labeled, ViewKey key)
    {
        CounterRandom random = key.Random(RandomUse.Erase);
        int rows = (int)Math.Round(largest * random.NextDouble() * view.Height),
            columns = (int)Math.Round(largest * random.NextDouble() * view.Width);
        int top = random.NextInt32(view.Height - rows + 1),
            left = random.NextInt32(view.Width - columns + 1);
        int plane = view.Height * view.Width;
        for (int c = 0; c < view.Inputs.ImageChannels; c++)
        {
            Span<float> channel = view.Image.Slice(c * plane, plane);
            double sum = 0;
            foreach (float value in channel)
                sum += value;
            Fill(channel, view.Width, top, left, rows, columns, (float)(sum / plane));
        }
        for (int t = 0; t < view.Tasks.Count; t++)
        {
            VisionTask task = view.Tasks[t];
            if (!labeled[t] || task.Kind.Extent != TaskExtent.Pixel)
                continue;
            for (int c = 0; c < task.LabelChannels; c++)
                Fill(view.Label(t).Slice(c * plane, plane), view.Width, top, left, rows, columns, task.InvalidLabel);
        }
    }

    private static void Fill(Span<float> plane, int width, int top, int left, int rows, int columns, float value)
    {
        for (int y = top; y < top + rows; y++)
            plane.Slice(y * width + left, columns).Fill(value);
    }
}
