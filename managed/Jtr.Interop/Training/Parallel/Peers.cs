using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>
/// The processes that train together. All call the same in the same order. One process is alone: then nothing happens.
/// </summary>
/// <param name="rank">This process's number.</param>
/// <param name="size">Number of processes.</param>
/// <param name="reduce">Sums numbers over all processes, or takes the largest of each, in place.</param>
internal sealed class Peers(int rank, int size, Action<double[], Raw.Reduction> reduce)
{
    /// <summary>Numbers that are handed around at once, unless one process has more: 8 MiB.</summary>
    private const int MostNumbers = 1 << 20;

    private const int MessageBytes = 2048;

    private readonly double[] _code = new double[1];

    /// <summary>The processes of a trainer that the caller has the lease of.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="group">Its group, or null.</param>
    public Peers(nint trainer, JtrProcessGroup? group)
        : this(group?.Rank ?? 0, group?.Size ?? 1, (numbers, how) => Reduce(trainer, numbers, how)) { }

    /// <summary>This process's number.</summary>
    public int Rank => rank;

    /// <summary>Number of processes.</summary>
    public int Size => size;

    /// <summary>Whether this process trains by itself.</summary>
    public bool IsAlone => Size == 1;

    /// <summary>Whether this process writes and reports.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>
    /// What stops one stops all: throws where any process has a failure. A process throws its own; else that of the lowest rank, which the
    /// message names. A cancel gives way to a failure. Allocates nothing where there is none.
    /// </summary>
    /// <param name="failure">This process's failure, or null.</param>
    public void Agree(Exception? failure)
    {
        if (!IsAlone)
        {
            _code[0] =
                failure is null ? 0
                : failure is OperationCanceledException ? Size - Rank
                : 2 * Size - Rank;
            reduce(_code, Raw.Reduction.Max);
            int code = (int)_code[0];
            if (code == 0)
                return;
            Exception theirs = Tell(code > Size ? 2 * Size - code : Size - code, failure);
            failure ??= theirs;
        }
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Does what each process does by itself, and agrees on how it ended.</summary>
    /// <param name="work">The work. Where another process failed, what it gave is disposed.</param>
    public T Together<T>(Func<T> work)
    {
        if (IsAlone)
            return work();
        T? done = default;
        Exception? failure = null;
        try
        {
            done = work();
        }
#pragma warning disable CA1031 // It is thrown below, when all know of it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }
        try
        {
            Agree(failure);
        }
        catch
        {
            (done as IDisposable)?.Dispose();
            throw;
        }
        return done!;
    }

    /// <summary>Does what each process does by itself, and agrees on how it ended.</summary>
    public void Together(Action work) =>
        Together(() =>
        {
            work();
            return true;
        });

    /// <summary>Throws unless numbers are the same in all processes.</summary>
    /// <param name="facts">What they are, and their values: whole numbers below 2^53.</param>
    /// <exception cref="InvalidOperationException">One is not.</exception>
    public void CheckSame(params IReadOnlyList<(string What, double Value)> facts)
    {
        if (IsAlone)
            return;
        double[] bounds = [.. facts.SelectMany(f => (double[])[f.Value, -f.Value])];
        reduce(bounds, Raw.Reduction.Max);
        for (int i = 0; i < facts.Count; i++)
        {
            (double highest, double lowest) = (bounds[2 * i], -bounds[2 * i + 1]);
            if (lowest != highest)
                throw new InvalidOperationException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The {Size} processes do not do the same: {facts[i].What} is {facts[i].Value} on rank {Rank}, and {lowest} to "
                            + $"{highest} over all."
                    )
                );
        }
    }

    /// <summary>Receives the numbers of a process.</summary>
    public delegate void TakeNumbers(int rank, ReadOnlySpan<double> numbers);

    /// <summary>
    /// Hands the numbers of every process to all, rank by rank. Memory does not grow with the number of processes, unless beyond 131,072.
    /// </summary>
    /// <param name="own">This process's numbers, as many as it likes.</param>
    /// <param name="take">Called for each rank, this process's own too, the lowest first.</param>
    public void HandAround(ReadOnlySpan<double> own, TakeNumbers take)
    {
        if (IsAlone)
        {
            take(0, own);
            return;
        }
        double[] lengths = new double[Size];
        lengths[Rank] = own.Length;
        reduce(lengths, Raw.Reduction.Sum);
        for (int first = 0, end = 0; first < Size; first = end)
        {
            int count = 0;
            while (end < Size && (end == first || count + lengths[end] <= MostNumbers))
                count += (int)lengths[end++];
            double[] numbers = new double[count];
            int at = 0;
            for (int r = first; r < end; at += (int)lengths[r++])
            {
                if (r == Rank)
                    own.CopyTo(numbers.AsSpan(at));
            }
            // All others have zeros in its places.
            reduce(numbers, Raw.Reduction.Sum);
            at = 0;
            for (int r = first; r < end; at += (int)lengths[r++])
                take(r, numbers.AsSpan(at, (int)lengths[r]));
        }
    }

    /// <summary>Tells all of one's failure.</summary>
    /// <param name="from">Whose.</param>
    /// <param name="own">This process's.</param>
    /// <returns>What the others throw.</returns>
    private Exception Tell(int from, Exception? own)
    {
        double[] note = new double[1 + MessageBytes];
        if (from == Rank)
        {
            note[0] = (double)StatusOf(own!);
            byte[] bytes = Encoding.UTF8.GetBytes(own!.Message);
            for (int i = 0; i < bytes.Length && i < MessageBytes; i++)
                note[1 + i] = bytes[i];
        }
        reduce(note, Raw.Reduction.Sum);
        byte[] message = [.. note.Skip(1).TakeWhile(b => b != 0).Select(b => (byte)b)];
        string text = $"rank {from}: {Encoding.UTF8.GetString(message)}";
        return (Raw.Status)note[0] switch
        {
            Raw.Status.Cancelled => new OperationCanceledException(text),
            Raw.Status.NonFinite => new JtrNonFiniteException(text),
            Raw.Status.Format => new JtrFormatException(text),
            Raw.Status.Io => new IOException(text),
            Raw.Status.OutOfMemory => new JtrOutOfMemoryException(text),
            Raw.Status.Device => new JtrDeviceException(text),
            Raw.Status.InvalidArgument => new ArgumentException(text),
            Raw.Status.InvalidState => new InvalidOperationException(text),
            _ => new JtrException(text),
        };
    }

    private static Raw.Status StatusOf(Exception failure) =>
        failure switch
        {
            OperationCanceledException => Raw.Status.Cancelled,
            JtrNonFiniteException => Raw.Status.NonFinite,
            JtrFormatException => Raw.Status.Format,
            IOException or UnauthorizedAccessException => Raw.Status.Io,
            JtrOutOfMemoryException or OutOfMemoryException => Raw.Status.OutOfMemory,
            JtrDeviceException => Raw.Status.Device,
            ArgumentException => Raw.Status.InvalidArgument,
            InvalidOperationException => Raw.Status.InvalidState,
            _ => Raw.Status.Internal,
        };

    private static unsafe void Reduce(nint trainer, double[] numbers, Raw.Reduction reduction)
    {
        fixed (double* first = numbers)
            NativeError.Check(Api.TrainerReduce(trainer, first, numbers.Length, (int)reduction));
    }
}
