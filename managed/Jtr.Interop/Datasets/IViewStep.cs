using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// One change that makes a view of a sample, such as noise, blur or a hole. One of your own comes behind the built-in crop, flip and
/// colours with <see cref="DataLoaderOptions.ViewSteps"/> or <see cref="Training.FitOptions.ViewSteps"/>. It may keep scratch memory:
/// each thread has an instance of its own.
/// </summary>
/// <remarks>
/// What it does may depend on what it is given and on nothing else, so that a run is the same for any number of threads, and when it is
/// resumed: random numbers come from <see cref="ViewKey.Random()"/>, never from a generator that goes on from call to call.
/// </remarks>
public interface IViewStep
{
    /// <summary>Writes the changed image, and the changed labels of the labelled tasks; all of them, also where nothing changes.</summary>
    /// <param name="source">Read. Image [3, H, W] in [0, 1], labels of each task as <see cref="SampleBuffer"/> has them.</param>
    /// <param name="destination">
    /// Written, the image in [0, 1]; of the same size, and does not overlap the source. Its content before means nothing. Labels of other
    /// tasks stay as they are.
    /// </param>
    /// <param name="labeled">The tasks whose labels the source holds, by their place in <see cref="SampleBuffer.Tasks"/>.</param>
    /// <param name="key">What random numbers depend on.</param>
    void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labeled, ViewKey key);
}
