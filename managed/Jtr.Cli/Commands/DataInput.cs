using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;

namespace Jtr.Cli.Commands;

/// <summary>Data that are named as an argument, for commands that need no network.</summary>
internal sealed class DataInput
{
    /// <summary>The data.</summary>
    public Argument<string[]> Data { get; } =
        new("data")
        {
            HelpName = "DATA...",
            Description = DataOptions.What,
            Arity = ArgumentArity.ZeroOrMore,
        };

    /// <summary>For the help page.</summary>
    public static OptionGroup Group =>
        SettingsTable.Group(
            "Data",
            "data.weights",
            "data.test",
            "data.tasks",
            "data.inputs",
            "data.sceneInputShare",
            "data.classNames",
            "data.size",
            "data.voidId",
            "data.depthScale",
            "data.scenes",
            "data.testScenes",
            "data.sceneSeed",
            "data.sceneVariety",
            "data.sceneShift"
        );

    /// <summary>The data that are named.</summary>
    /// <exception cref="UsageException">None are.</exception>
    public DataRequest Request(ParseResult parsed)
    {
        string[] data = parsed.GetValue(Data) is { Length: > 0 } given
            ? given
            : throw new UsageException("Name the data: a folder, a packed file, or scenes.");
        RunConfiguration said = RunConfigurationReader.Read(parsed);
        said.Data.Data = data;
        return DataOptions.Request(said);
    }
}
