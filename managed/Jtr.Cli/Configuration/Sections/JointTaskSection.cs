namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>Joint-Task Regularization.</summary>
internal sealed record JointTaskSection
{
    [Setting("--lambda-dist", "X",
        Native = "method[jtr].lambda_dist")]
    public double? LambdaDist { get; set; }

    [Setting("--lambda-recon", "X",
        Native = "method[jtr].lambda_recon")]
    public double? LambdaRecon { get; set; }

    [Setting("--mode",
        Native = "method[jtr].mode")]
    public string? Mode { get; set; }

    [Setting("--micro-batch", "N",
        Native = "method[jtr].micro_batch, method[mtpsl].micro_batch",
        Text = "Samples that go through the auto-encoder at once (mtpsl: pairs of tasks through its mapping network), against memory; "
            + "the result is the same.",
        Default = 0, DefaultText = "chosen")]
    public long? MicroBatch { get; set; }
}
// csharpier-ignore-end
