namespace Jtr.Interop;

/// <summary>Base of the library's own exceptions.</summary>
public class JtrException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public JtrException() { }

    /// <summary>Makes an exception.</summary>
    public JtrException(string message)
        : base(message) { }

    /// <summary>Makes an exception with a cause.</summary>
    public JtrException(string message, Exception? innerException)
        : base(message, innerException) { }
}

/// <summary>A file does not hold what its format, or the data set's layout, asks for.</summary>
public sealed class JtrFormatException : JtrException
{
    /// <summary>Makes an exception without a message.</summary>
    public JtrFormatException() { }

    /// <summary>Makes an exception.</summary>
    public JtrFormatException(string message)
        : base(message) { }

    /// <summary>Makes an exception with a cause.</summary>
    public JtrFormatException(string message, Exception? innerException)
        : base(message, innerException) { }

    /// <summary>Makes an exception about a file. The message is prefixed with the path.</summary>
    /// <param name="path">The file at fault.</param>
    /// <param name="message">What was expected and what was found.</param>
    /// <param name="offset">Byte offset in the file, or -1.</param>
    /// <param name="innerException">The cause, if any.</param>
    public JtrFormatException(string path, string message, long offset = -1, Exception? innerException = null)
        : base(offset < 0 ? $"{path}: {message}" : $"{path} (byte {offset}): {message}", innerException)
    {
        Path = path;
        Offset = offset;
    }

    /// <summary>The file at fault, or empty.</summary>
    public string Path { get; } = "";

    /// <summary>Byte offset in that file, or -1.</summary>
    public long Offset { get; } = -1;
}

/// <summary>Host or device memory ran out in the native library.</summary>
public sealed class JtrOutOfMemoryException : JtrException
{
    /// <summary>Makes an exception without a message.</summary>
    public JtrOutOfMemoryException() { }

    /// <summary>Makes an exception.</summary>
    public JtrOutOfMemoryException(string message)
        : base(message) { }

    /// <summary>Makes an exception with a cause.</summary>
    public JtrOutOfMemoryException(string message, Exception? innerException)
        : base(message, innerException) { }
}

/// <summary>The device that was asked for is absent, or failed.</summary>
public sealed class JtrDeviceException : JtrException
{
    /// <summary>Makes an exception without a message.</summary>
    public JtrDeviceException() { }

    /// <summary>Makes an exception.</summary>
    public JtrDeviceException(string message)
        : base(message) { }

    /// <summary>Makes an exception with a cause.</summary>
    public JtrDeviceException(string message, Exception? innerException)
        : base(message, innerException) { }
}

/// <summary>A loss, a gradient or a prediction was not a finite number; a step was not applied.</summary>
public sealed class JtrNonFiniteException : JtrException
{
    /// <summary>Makes an exception about a step.</summary>
    /// <param name="message">What was not finite.</param>
    /// <param name="term">
    /// The term: "supervised.(task)", "dist", "recon", "loss" (what the method adds), "gradient" or "prediction.(task)".
    /// </param>
    /// <param name="samples">The samples of the batch whose loss was not finite.</param>
    /// <param name="step">The step, counted from 1, or 0 where it is not known.</param>
    /// <param name="sampleNames">Names of these samples in the data set; of all samples of the batch where the term is "gradient".</param>
    /// <param name="innerException">The cause, if any.</param>
    public JtrNonFiniteException(
        string message,
        string term,
        IReadOnlyList<int> samples,
        long step = 0,
        IReadOnlyList<string>? sampleNames = null,
        Exception? innerException = null
    )
        : base(message, innerException)
    {
        Term = term;
        Samples = samples;
        Step = step;
        SampleNames = sampleNames ?? [];
    }

    /// <summary>
    /// The term that was not finite: "supervised.(task)", "dist", "recon", "loss" (what the method adds) or "gradient" of a step,
    /// "prediction.(task)" of an evaluation; or empty.
    /// </summary>
    public string Term { get; } = "";

    /// <summary>The samples of the batch whose loss was not finite; none for a gradient.</summary>
    public IReadOnlyList<int> Samples { get; } = [];

    /// <summary>The step that was not applied, counted from 1; 0 where it is not known.</summary>
    public long Step { get; }

    /// <summary>
    /// Names of <see cref="Samples"/> in the data set, after a fit or an evaluation; of all samples of the batch for a gradient.
    /// </summary>
    public IReadOnlyList<string> SampleNames { get; } = [];

    /// <summary>Makes an exception without a message.</summary>
    public JtrNonFiniteException() { }

    /// <summary>Makes an exception.</summary>
    public JtrNonFiniteException(string message)
        : base(message) { }

    /// <summary>Makes an exception with a cause.</summary>
    public JtrNonFiniteException(string message, Exception? innerException)
        : base(message, innerException) { }
}

/// <summary>libjtr, or a library that it needs, could not be loaded.</summary>
public sealed class JtrNativeLibraryException : JtrException
{
    /// <summary>Makes an exception without a message.</summary>
    public JtrNativeLibraryException() { }

    /// <summary>Makes an exception.</summary>
    public JtrNativeLibraryException(string message)
        : base(message) { }

    /// <summary>Makes an exception with a cause.</summary>
    public JtrNativeLibraryException(string message, Exception? innerException)
        : base(message, innerException) { }
}
