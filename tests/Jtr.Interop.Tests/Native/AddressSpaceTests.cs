using Jtr.Interop.Native;

namespace Jtr.Interop.Tests.Native;

/// <summary>A limit of the address space is told before it makes libtorch's BLAS wait for ever.</summary>
public sealed class AddressSpaceTests
{
    [Test]
    public void The_limit_and_what_is_taken_are_read_as_the_kernel_writes_them()
    {
        string[] limits =
        [
            "Limit                     Soft Limit           Hard Limit           Units     ",
            "Max address space         6144000000           unlimited            bytes     ",
        ];
        Assert.That(AddressSpace.Limit(limits), Is.EqualTo(6144000000));
        Assert.That(AddressSpace.Limit([limits[1].Replace("6144000000", "unlimited ", StringComparison.Ordinal)]), Is.Null);
        Assert.That(AddressSpace.Used(["Name:\tdotnet", "VmSize:\t 4790272 kB"]), Is.EqualTo(4790272L << 10));
    }

    [Test]
    public void Too_little_is_told_with_the_limit_and_its_remedies_and_enough_is_not()
    {
        const long gibibyte = 1L << 30;
        Assert.That(AddressSpace.Fault(20 * gibibyte, 10 * gibibyte, threads: 2), Is.Null);
        string? fault = AddressSpace.Fault(6 * gibibyte, 5 * gibibyte, threads: 2);
        Assert.That(fault, Does.Contain("RLIMIT_AS").And.Contain("6144 MiB").And.Contain("5120").And.Contain("ulimit -v unlimited"));
        // More threads need more.
        Assert.That(AddressSpace.Fault(9 * gibibyte, 6 * gibibyte, threads: 2), Is.Null);
        Assert.That(AddressSpace.Fault(9 * gibibyte, 6 * gibibyte, threads: 64), Is.Not.Null);
    }
}
