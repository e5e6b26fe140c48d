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

    [Setting("--domain-weights", "LIST",
        Text = "How much terms count for samples of a domain, as DOMAIN:TERM=WEIGHT with commas between: streets:depth=0.5,rooms:jtr=0. "
            + "TERM is a task, for its supervised loss, or a method, for what it adds; 0 switches it off there.",
        DefaultText = "1 each")]
    public string[]? Weights { get; set; }

    [Setting("--learn-domain-weights", "DOMAIN",
        Text = "Learn how much each task counts on other domains than this one, from scores on a fifth of the labelled samples that "
            + "training then does not see: less where it is solved worse on this one. Ten looks a run.",
        DefaultText = "off")]
    public string? LearnWeights { get; set; }
}
// csharpier-ignore-end
