using System.Numerics;

namespace Jtr.Interop.Tasks;

/// <summary>A subset of the tasks of a <see cref="TaskSet"/>, such as those that a sample is labelled for.</summary>
/// <param name="Bits">Bit t says whether task t is in the subset.</param>
public readonly record struct TaskMask(ulong Bits)
{
    /// <summary>The empty subset.</summary>
    public static TaskMask None => default;

    /// <summary>The subset of the first n tasks.</summary>
    /// <param name="n">0 to <see cref="TaskSet.MaxCount"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">n is outside that range.</exception>
    public static TaskMask FirstN(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(n, TaskSet.MaxCount);
        return new(n == TaskSet.MaxCount ? ulong.MaxValue : (1UL << n) - 1);
    }

    /// <summary>Whether a task is in the subset.</summary>
    /// <param name="task">0 or more, below <see cref="TaskSet.MaxCount"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There can be no such task.</exception>
    public bool this[int task] => (Bits & Bit(task)) != 0;

    /// <summary>Number of tasks in the subset.</summary>
    public int Count => BitOperations.PopCount(Bits);

    /// <summary>The subset with a task added.</summary>
    /// <param name="task">0 or more, below <see cref="TaskSet.MaxCount"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There can be no such task.</exception>
    public TaskMask With(int task) => new(Bits | Bit(task));

    /// <summary>The subset with a task taken out.</summary>
    /// <param name="task">0 or more, below <see cref="TaskSet.MaxCount"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There can be no such task.</exception>
    public TaskMask Without(int task) => new(Bits & ~Bit(task));

    /// <summary>Tasks that are in both.</summary>
    public static TaskMask operator &(TaskMask a, TaskMask b) => new(a.Bits & b.Bits);

    /// <summary>Tasks that are in either.</summary>
    public static TaskMask operator |(TaskMask a, TaskMask b) => new(a.Bits | b.Bits);

    /// <summary>Tasks that are in both.</summary>
    public static TaskMask BitwiseAnd(TaskMask left, TaskMask right) => left & right;

    /// <summary>Tasks that are in either.</summary>
    public static TaskMask BitwiseOr(TaskMask left, TaskMask right) => left | right;

    // A shift by 64 is one by 0.
    private static ulong Bit(int task)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(task);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(task, TaskSet.MaxCount);
        return 1UL << task;
    }
}
