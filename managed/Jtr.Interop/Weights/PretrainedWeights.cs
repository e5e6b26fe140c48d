using Jtr.Interop.Training;

namespace Jtr.Interop.Weights;

/// <summary>Weights that are known by a name: where they come from, and what their backbone reads.</summary>
/// <remarks>None of them travels with this library: they are looked for where their package is restored.</remarks>
public sealed record PretrainedWeights
{
    /// <summary>
    /// Environment variable that names a folder where the files of the weights, by the names that they have in their packages, are looked
    /// for
    /// first.
    /// </summary>
    public const string FolderVariable = "JTR_WEIGHTS";

    private const int Colors = 3;

    /// <summary>All that are known.</summary>
    public static IReadOnlyList<PretrainedWeights> All { get; } =
    [
        new()
        {
            Name = "resnet18-imagenet",
            Backbone = "resnet18-cntk",
            About = "ResNet-18 trained on ImageNet by CNTK",
            Package = "Microsoft.ML.DnnImageFeaturizer.ResNet18",
            Version = "0.23.1",
            License = "MIT",
            File = "tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx",
            MeanFile = "tools/DnnImageModels/ResNetPrepOnnx/ResNetPreprocess.onnx",
        },
    ];

    /// <summary>The name, such as "resnet18-imagenet".</summary>
    public required string Name { get; init; }

    /// <summary>The backbone that they are weights of.</summary>
    public required string Backbone { get; init; }

    /// <summary>What they are, in words.</summary>
    public required string About { get; init; }

    /// <summary>The NuGet package that has them.</summary>
    public required string Package { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>Its licence.</summary>
    public required string License { get; init; }

    /// <summary>The file of the weights in the package.</summary>
    public required string File { get; init; }

    /// <summary>The file of the mean image in the package.</summary>
    public required string MeanFile { get; init; }

    /// <summary>The weights of a name, or null.</summary>
    public static PretrainedWeights? Find(string name) =>
        All.FirstOrDefault(w => string.Equals(w.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The file of the weights on this machine, or null where their package was not restored.</summary>
    public string? Locate() => Restored(File) is { } file && Restored(MeanFile) is not null ? file : null;

    /// <summary>What their backbone reads: the mean image's colours in the mean over its pixels.</summary>
    /// <exception cref="JtrFormatException">The file of the mean image is damaged.</exception>
    /// <exception cref="FileNotFoundException">The package was not restored.</exception>
    public InputTransform ReadInput() =>
        ReadInput(
            Restored(MeanFile) ?? throw new FileNotFoundException($"{Path.GetFileName(MeanFile)} of the package {Package} is not there")
        );

    /// <summary>The same out of a file.</summary>
    internal static InputTransform ReadInput(string path)
    {
        OnnxFile file = OnnxFile.Read(path);
        if (file.Nodes.FirstOrDefault(n => n.Operation == "Sub") is not { Inputs.Count: 2 } minus)
            throw new JtrFormatException(path, "has no mean image that is taken from photographs");
        if (!file.Tensors.TryGetValue(minus.Inputs[1], out OnnxTensor? mean))
            throw new JtrFormatException(path, "has no mean image");
        if (mean.Shape is not [1, Colors, > 0, > 0])
            throw new JtrFormatException(
                path,
                $"its mean image has the shape [{string.Join(", ", mean.Shape)}], expected [1, {Colors}, rows, columns]"
            );
        double[] values = mean.ToWeights(path).ToDoubles();
        Checkpoints.FiniteWeights.Check(path, mean.Name, values);
        return new InputTransform
        {
            Order = ColorOrder.Bgr,
            Scale = byte.MaxValue,
            Mean = [.. values.Chunk(values.Length / Colors).Select(c => c.Average())],
        };
    }

    /// <summary>A file of the package: in the folder that the environment names, else among the restored packages.</summary>
    private string? Restored(string file)
    {
        List<string> candidates = [];
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder)
            candidates.Add(Path.Combine(folder, Path.GetFileName(file)));
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
#pragma warning disable CA1308 // NuGet's folders are in lower case.
        candidates.Add(Path.Combine(packages, Package.ToLowerInvariant(), Version, file));
#pragma warning restore CA1308
        return candidates.FirstOrDefault(System.IO.File.Exists);
    }
}
