using System.Numerics;

namespace Jtr.Interop.Tasks;

/// <summary>A subset of the tasks of a <see cref="TaskSet"/>, such as those that a sample is labelled for.</summary>
/// <param name="Bits">Bit t says whether task t is in the subset.</param>
public readonly record struct TaskMask(ulong Bits)
{
    /// <summary>The empty subset.</summary>
    public static TaskMask None => default;

    /// <summary>The subset of the first n tasks.</summary>
    public static TaskMask FirstN(int n) => new(n >= 64 ? ulong.MaxValue : (1UL << n) - 1);

    /// <summary>Whether a task is in the subset.</summary>
    public bool this[int task] => (Bits >> task & 1) != 0;

    /// <summary>Number of tasks in the subset.</summary>
    public int Count => BitOperations.PopCount(Bits);

    /// <summary>The subset with a task added.</summary>
    public TaskMask With(int task) => new(Bits | 1UL << task);

    /// <summary>The subset with a task taken out.</summary>
    public TaskMask Without(int task) => new(Bits & ~(1UL << task));

    /// <summary>Tasks that are in both.</summary>
    public static TaskMask operator &(TaskMask a, TaskMask b) => new(a.Bits & b.Bits);

    /// <summary>Tasks that are in either.</summary>
    public static TaskMask operator |(TaskMask a, TaskMask b) => new(a.Bits | b.Bits);

    /// <summary>Tasks that are in both.</summary>
    public static TaskMask BitwiseAnd(TaskMask left, TaskMask right) => left & right;

    /// <summary>Tasks that are in either.</summary>
    public static TaskMask BitwiseOr(TaskMask left, TaskMask right) => left | right;
}
