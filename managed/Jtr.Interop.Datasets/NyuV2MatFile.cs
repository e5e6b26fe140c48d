namespace Jtr.Interop.Datasets;

/// <summary>
/// An open nyu_depth_v2_labeled.mat (MATLAB 7.3, which is HDF5). <see cref="Hdf5.NyuV2Hdf5File"/> is one. See
/// <see cref="NyuV2Options.OpenMat"/>. For one thread at a time.
/// </summary>
/// <remarks>
/// All methods throw <see cref="JtrFormatException"/> for a damaged file and <see cref="IOException"/> for one that cannot be read.
/// </remarks>
public abstract class NyuV2MatFile : IDisposable
{
    /// <summary>Number of samples, N.</summary>
    public abstract int Count { get; }

    /// <summary>Rows of every sample, H.</summary>
    public abstract int Height { get; }

    /// <summary>Columns of every sample, W.</summary>
    public abstract int Width { get; }

    /// <summary>Number of the labels' names (894), or null if the file has none.</summary>
    public abstract long? NameCount { get; }

    /// <summary>Reads a photograph.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="image">Receives [H, W, 3] RGB in [0, 1].</param>
    /// <exception cref="ArgumentException">The memory has another length.</exception>
    public abstract void ReadImage(int index, Span<float> image);

    /// <summary>Reads the depth.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="depth">Receives [H, W] metres, 0 for none.</param>
    /// <exception cref="ArgumentException">The memory has another length.</exception>
    public abstract void ReadDepth(int index, Span<float> depth);

    /// <summary>Reads the labels.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="labels">Receives [H, W] labels from 1 up, 0 for none.</param>
    /// <exception cref="ArgumentException">The memory has another length.</exception>
    public abstract void ReadLabels(int index, Span<ushort> labels);

    /// <summary>Closes the file. Harmless when repeated.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    /// <param name="disposing">True, unless a finalizer calls.</param>
    protected abstract void Dispose(bool disposing);
}
