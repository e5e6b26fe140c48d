using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;

namespace Jtr.Cli.Commands;

/// <summary>Data that are named as an argument, for commands that need no network.</summary>
internal sealed class DataInput
{
    private readonly DataOptions _data = new();

    private readonly Option<string[]?> _tasks = OptionKinds.List("--tasks", "LIST", "Tasks, as in 'jtr train'. Default: all.");

    /// <summary>The data.</summary>
    public Argument<string?> Data { get; } = new("data") { HelpName = "DATA", Description = DataOptions.What, Arity = ArgumentArity.ZeroOrOne };

    /// <summary>For the help page.</summary>
    public OptionGroup Group => new("Data", [_data.Test, _tasks, _data.Size, _data.VoidId, _data.DepthScale, _data.Scenes, _data.TestScenes, _data.SceneSeed]);

    /// <summary>Options about the files of benchmarks.</summary>
    public OptionGroup LayoutGroup => _data.LayoutGroup;

    /// <summary>The data that are named.</summary>
    /// <exception cref="UsageException">None are.</exception>
    public DataRequest Request(ParseResult parsed)
    {
        string data = parsed.GetValue(Data) ?? throw new UsageException("Name the data: a folder, a packed file, or scenes.");
        // An array that is not given is empty, not null.
        return _data.Request(parsed, saved: null, data) with { Tasks = parsed.GetResult(_tasks) is null ? null : parsed.GetValue(_tasks) };
    }
}
