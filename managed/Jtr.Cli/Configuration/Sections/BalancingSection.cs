namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>Weights of the tasks.</summary>
internal sealed record BalancingSection
{
    [Setting("--balance", "RULE",
        Text = "How the tasks' losses are weighed, whatever the method.",
        Selects = "balancing", Default = "equal")]
    public string? Rule { get; set; }

    [Setting("--task-weights", "LIST",
        Native = "balancing[fixed].weights",
        Text = "For --balance fixed: a weight of 0 or more for each task, in order, separated by commas.",
        Minimum = 0)]
    public double[]? TaskWeights { get; set; }

    [Setting("--class-balance", "POWER",
        Text = "How much more rare classes count, in segmentation and classification. 0: each label counts alike; 1: each class does.",
        Minimum = 0, Maximum = 1, Default = 0)]
    public double? ClassBalance { get; set; }

    [Setting("--dwa-temperature", "X",
        Native = "balancing[dwa].temperature")]
    public double? DwaTemperature { get; set; }
}
// csharpier-ignore-end
