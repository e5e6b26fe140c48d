using Jtr.Interop.Tests.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Tests.Hosting;

/// <summary>Hosts with settings in memory, whose log can be read.</summary>
internal static class TestHost
{
    /// <summary>Makes a host.</summary>
    /// <param name="add">Adds its services.</param>
    /// <param name="settings">Keys and values.</param>
    /// <param name="log">Receives what is logged.</param>
    public static IHost Create(Action<HostApplicationBuilder> add, Dictionary<string, string?> settings, ListLogger? log = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings);
        if (log is not null)
            builder.Logging.SetMinimumLevel(LogLevel.Information).AddProvider(new ListProvider(log));
        add(builder);
        return builder.Build();
    }

    /// <summary>Waits until something holds. What never comes true ends the test after a minute, which no machine needs.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            if (patience.IsCancellationRequested)
                Assert.Fail($"it never came to pass: {what}");
            await Task.Delay(10, CancellationToken.None);
        }
    }

    private sealed class ListProvider(ListLogger log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose() { }
    }
}
