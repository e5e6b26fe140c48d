using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>Reads samples whose files may be out of reach for a moment, as on a network drive: a read that fails is tried again.</summary>
internal static class PatientReader
{
    /// <summary>How often a file that cannot be read is tried.</summary>
    public const int Attempts = 4;

    /// <summary>How often a damaged or missing one is: a cut connection looks like damage to who decodes.</summary>
    public const int AttemptsOfFormat = 2;

    // 20, 80, 320 ms.
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Reads a sample.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="index">The sample.</param>
    /// <param name="wanted">Tasks whose labels are wanted.</param>
    /// <param name="destination">Receives image and labels.</param>
    /// <param name="cancellationToken">Ends the waits.</param>
    /// <returns>The tasks whose labels were written.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TaskMask Read(
        IMultiTaskDataset data,
        int index,
        TaskMask wanted,
        SampleBuffer destination,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan pause;
            try
            {
                return data.Read(index, wanted, destination, cancellationToken);
            }
            catch (Exception e) when (SkippedSample.IsBad(e) && attempt < (IsOutOfReach(e) ? Attempts : AttemptsOfFormat))
            {
                pause = IsOutOfReach(e) ? _firstPause * Math.Pow(4, attempt - 1) : TimeSpan.Zero;
            }
            if (pause > TimeSpan.Zero)
                cancellationToken.WaitHandle.WaitOne(pause);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Whether a later read may well succeed.</summary>
    private static bool IsOutOfReach(Exception e) => e is IOException and not FileNotFoundException and not DirectoryNotFoundException;
}
