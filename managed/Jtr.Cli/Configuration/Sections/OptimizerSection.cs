namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>Optimiser.</summary>
internal sealed record OptimizerSection
{
    [Setting("--optimizer", "NAME",
        Text = "How gradients change the weights.",
        Selects = "optimizer", DefaultText = "adam; with --weight-decay adamw")]
    public string? Name { get; set; }

    [Setting("--learning-rate", "RATE",
        Native = "optimizer[*].learning_rate",
        Text = "The optimizer's rate (also --lr); published: 1e-4 (for hundreds of epochs).",
        Aliases = ["--lr"], DefaultText = "2e-3; with a --backbone other than segnet 5e-4; with --preset published 1e-4")]
    public double? LearningRate { get; set; }

    [Setting("--lr-schedule", "NAME",
        Text = "How the rate changes: step by --lr-decay-every and --lr-decay-factor; cosine down to --lr-final at the last step.",
        Selects = "schedule", DefaultText = "cosine; with --lr-decay-every, or another --preset and segnet, step")]
    public string? Schedule { get; set; }

    [Setting("--weight-decay", "X",
        Native = "optimizer[*].weight_decay",
        Text = "Decoupled weight decay (AdamW), of convolutions and linear maps but no norms and biases.",
        Aliases = ["--wd"], DefaultText = "none; with --optimizer adamw or a --backbone other than segnet 0.01")]
    public double? WeightDecay { get; set; }

    [Setting("--lr-decay-every", "STEPS",
        Native = "schedule[step].decay_steps")]
    public long? DecayEvery { get; set; }

    [Setting("--lr-decay-factor", "F",
        Native = "schedule[step].decay_factor")]
    public double? DecayFactor { get; set; }

    [Setting("--warmup", "STEPS",
        Native = "schedule[*].warmup_steps",
        Text = "Steps over which the rate rises linearly at the beginning, whatever the schedule.",
        DefaultText = "a twelfth of the steps, at most 1000; with another --preset 0")]
    public long? Warmup { get; set; }

    [Setting("--lr-final", "F",
        Native = "schedule[cosine].final_factor")]
    public double? FinalFactor { get; set; }

    [Setting("--clip", "NORM",
        Text = "Scale gradients down to this Euclidean norm where they are longer, each network's by itself; 0: off.",
        Minimum = 0, DefaultText = "5; with another --preset off")]
    public double? Clip { get; set; }

    [Setting("--ema", "DECAY",
        Text = "Keep a moving average of the network's weights, such as 0.999; it is what is scored, predicts and is exported. "
            + "0: off.",
        Minimum = 0, Below = 1, DefaultText = "reaches back over a quarter of the steps, at most 0.999; with another --preset off")]
    public double? Ema { get; set; }
}
// csharpier-ignore-end
