using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Labels;

public sealed class TaskMaskTests
{
    [Test]
    public void Every_task_of_64_can_be_added_asked_for_and_taken_out() =>
        Assert.Multiple(() =>
        {
            for (int t = 0; t < TaskSet.MaxCount; t++)
            {
                TaskMask only = TaskMask.None.With(t);
                Assert.That(Enumerable.Range(0, TaskSet.MaxCount).Where(i => only[i]), Is.EqualTo(new[] { t }));
                Assert.That(only.Without(t), Is.EqualTo(TaskMask.None));
                Assert.That(TaskMask.FirstN(t).Count, Is.EqualTo(t));
            }
            Assert.That(TaskMask.FirstN(TaskSet.MaxCount).Bits, Is.EqualTo(ulong.MaxValue));
        });

    [TestCase(-1)]
    [TestCase(64)]
    [TestCase(65)]
    [TestCase(int.MaxValue)]
    [TestCase(int.MinValue)]
    public void A_task_that_cannot_be_is_refused_and_stands_for_no_other(int task) =>
        Assert.Multiple(() =>
        {
            Assert.That(() => TaskMask.None.With(task), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => TaskMask.FirstN(64).Without(task), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => TaskMask.FirstN(64)[task], Throws.TypeOf<ArgumentOutOfRangeException>());
            if (task != 64)
                Assert.That(() => TaskMask.FirstN(task), Throws.TypeOf<ArgumentOutOfRangeException>());
        });
}
