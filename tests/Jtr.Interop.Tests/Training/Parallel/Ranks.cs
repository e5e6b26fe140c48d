using System.Net;
using System.Net.Sockets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training.Parallel;

/// <summary>Several ranks, each on a thread of this process and all over the loopback address.</summary>
internal static class Ranks
{
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(2);

    /// <summary>A port that nobody listens on; it may be taken before it is used, which is rare.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Does the same on each rank; gives what each gave or threw.</summary>
    public static (T? Result, Exception? Error)[] Try<T>(int size, Func<JtrProcessGroup, T> work, double timeout = 60)
    {
        int port = FreePort();
        (T? Result, Exception? Error)[] all = new (T?, Exception?)[size];
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, size)
                .Select(rank => new Thread(() =>
                {
                    try
                    {
                        JtrProcessGroup group = new()
                        {
                            Rank = rank,
                            Size = size,
                            Port = port,
                            Timeout = TimeSpan.FromSeconds(timeout),
                        };
                        all[rank] = (work(group), null);
                    }
#pragma warning disable CA1031 // The test looks at it.
                    catch (Exception e)
#pragma warning restore CA1031
                    {
                        all[rank] = (default, e);
                    }
                })
                {
                    IsBackground = true,
                    Name = $"rank {rank}",
                }),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.That(thread.Join(_longest), $"{thread.Name} ends");
        return all;
    }

    /// <summary>Does the same on each rank; fails where one throws.</summary>
    public static T[] Run<T>(int size, Func<JtrProcessGroup, T> work) =>
        [
            .. Try(size, work)
                .Select(
                    (r, i) =>
                    {
                        Assert.That(r.Error, Is.Null, $"rank {i}");
                        return r.Result!;
                    }
                ),
        ];
}
