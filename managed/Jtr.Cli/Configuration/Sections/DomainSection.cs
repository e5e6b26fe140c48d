namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>What makes domains alike.</summary>
internal sealed record DomainSection
{
    [Setting("--domain", "LIST",
        Text = "What makes domains alike (joined data sets, or domains.csv): fourier gives half of the samples the low frequencies of "
            + "another domain's, histogram its colours.",
        Selects = "domain_techniques", Choices = ["fourier", "histogram"], DefaultText = "nothing")]
    public string[]? Techniques { get; set; }

    [Setting("--fourier-share", "X",
        Text = "Of the shorter side's frequencies those that fourier exchanges.",
        Above = 0, Maximum = 0.25, Default = 0.05)]
    public double? FourierShare { get; set; }
}
// csharpier-ignore-end
