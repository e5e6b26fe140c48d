using System.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Data;
using Jtr.Cli.Specialists;
using Jtr.Interop;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Inspection;

/// <summary>The look at labels before they are learned.</summary>
internal static class LabelLook
{
    // Seconds at most; 'jtr inspect' looks at more.
    private const int Labels = 32;
    private const long Bytes = 32L << 20;

    /// <summary>The option that leaves it out.</summary>
    public static Option<bool> MakeOption() =>
        new("--no-check") { Description = "Do not look at labels before they are learned; 'jtr inspect --help' says what is looked for." };

    /// <summary>Looks at the data.</summary>
    /// <param name="settings">The run.</param>
    /// <param name="data">Its data.</param>
    /// <param name="labels">The labels that training sees.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="JtrFormatException">There is nothing to learn from.</exception>
    public static DataCheckReport At(TrainSettings settings, OpenData data, LabelAssignment labels, CancellationToken cancellationToken)
    {
        DataCheckReport report = DataChecks.Run(
            data.Train,
            data.Test,
            new DataCheckOptions
            {
                MostLabels = Labels,
                MostPhotographBytes = Bytes,
                Labels = labels,
                UnlabeledUse =
                    JtrRuntime.FindMethod(settings.NetworkMethod) is { } method && !SpecialistStages.AreIn(settings.Method)
                        ? $"The method {settings.Method} {method.Unlabeled}"
                        : null,
            },
            cancellationToken
        );
        return report.Findings.FirstOrDefault(f => f.Level == FindingLevel.Error) is { } error
            ? throw new JtrFormatException(settings.Data.Data, error.ToString())
            : report;
    }
}
