using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;

namespace Jtr.Cli.Commands;

/// <summary>Data that are named as an argument, for commands that need no network.</summary>
internal sealed class DataInput
{
    private readonly DataOptions _data = new();

    private readonly Option<string[]?> _tasks = OptionKinds.List("--tasks", "LIST", "Tasks, as in 'jtr train'. Default: all.");

    private readonly Option<string[]?> _classNames = OptionKinds.List("--class-names", "LIST", "Names of the classes of a folder's segmentation, as in 'jtr train'.");

    /// <summary>The data.</summary>
    public Argument<string[]> Data { get; } = new("data") { HelpName = "DATA...", Description = DataOptions.What, Arity = ArgumentArity.ZeroOrMore };

    /// <summary>Whether the command line says a size.</summary>
    public bool NamesSize(ParseResult parsed) => parsed.GetResult(_data.Size) is not null;

    /// <summary>For the help page.</summary>
    public OptionGroup Group => new("Data", [_data.Weights, _data.Test, _tasks, _classNames, _data.Size, _data.VoidId, _data.DepthScale, _data.Scenes, _data.TestScenes, _data.SceneSeed, _data.SceneVariety]);

    /// <summary>Options about the files of benchmarks.</summary>
    public OptionGroup LayoutGroup => _data.LayoutGroup;

    /// <summary>The data that are named.</summary>
    /// <exception cref="UsageException">None are.</exception>
    public DataRequest Request(ParseResult parsed)
    {
        string[] data = parsed.GetValue(Data) is { Length: > 0 } given ? given : throw new UsageException("Name the data: a folder, a packed file, or scenes.");
        // An array that is not given is empty, not null.
        DataRequest request = _data.Request(parsed, saved: null, data);
        string[]? tasks = parsed.GetResult(_tasks) is null ? null : parsed.GetValue(_tasks), names = parsed.GetResult(_classNames) is null ? null : parsed.GetValue(_classNames);
        if (request.Sources is not null && (tasks ?? names) is not null) throw new UsageException("--tasks and --class-names are for one data set; of joined ones a .json file says them for each.");
        return request with { Tasks = tasks, ClassNames = names };
    }
}
