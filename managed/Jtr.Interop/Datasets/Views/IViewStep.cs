using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Views;

/// <summary>One change that makes a view of a sample. May keep scratch memory, so each thread has its own.</summary>
internal interface IViewStep
{
    /// <summary>Writes the changed image, and the changed labels of the labelled tasks.</summary>
    /// <param name="source">Read.</param>
    /// <param name="destination">Written; does not overlap the source. Labels of other tasks stay as they are.</param>
    /// <param name="labelled">The tasks whose labels the source holds.</param>
    /// <param name="key">What random numbers depend on.</param>
    void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labelled, ViewKey key);
}
