namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>The other methods.</summary>
internal sealed record MethodsSection
{
    [Setting("--specialist-steps", "N",
        Text = "Steps of each network that specialists trains for one task.",
        Minimum = 1, DefaultText = "as many as --steps or --epochs say")]
    public long? SpecialistSteps { get; set; }

    [Setting("--task-graph", "PAIRS",
        Text = "Which tasks may inform which, for direct_map, perceptual_map, mtpsl and jtr. Pairs with semicolons between: depth>normals "
            + "(depth informs normals), depth<>seg*0.5 (each the other, with half of the weight). similarity: those whose predictions vary "
            + "together, estimated in training (not for jtr).",
        DefaultText = "all, every task informs every other one")]
    public string? TaskGraph { get; set; }

    [Setting("--method-weight", "X",
        Native = "method[consistency].weight, method[direct_map].weight, method[perceptual_map].weight",
        Text = "Weight of the term that consistency, direct_map or perceptual_map adds.")]
    public double? Weight { get; set; }

    [Setting("--temperature", "X",
        Native = "method[consistency].temperature")]
    public double? Temperature { get; set; }

    [Setting("--map-width", "N",
        Native = "method[direct_map].width, method[perceptual_map].width",
        Text = "First stage width of the networks of direct_map and perceptual_map.",
        Minimum = 1, DefaultText = "that of the network")]
    public long? MapWidth { get; set; }

    [Setting("--con-weight", "X",
        Native = "method[mtpsl].con_weight")]
    public double? ConWeight { get; set; }

    [Setting("--reg-weight", "X",
        Native = "method[mtpsl].reg_weight")]
    public double? RegWeight { get; set; }

    [Setting("--ramp-up", "STEPS",
        Native = "method[mtpsl].ramp_up_steps",
        Text = "Steps over which mtpsl's weight rises from 0; published: none, or 100 epochs.")]
    public long? RampUp { get; set; }

    [Setting("--film-learning-rate", "RATE",
        Native = "method[mtpsl].film_optimizer[adam].learning_rate",
        Text = "Adam's rate for mtpsl's FiLM weights; published: 1e-3 for NYU-v2, 1e-5 for Cityscapes.")]
    public double? FilmLearningRate { get; set; }

    [Setting("--film-lr-decay-every", "STEPS",
        Native = "method[mtpsl].film_schedule[step].decay_steps",
        Text = "Halve that rate after so many steps; published: 30 epochs; 0 keeps it.")]
    public long? FilmDecayEvery { get; set; }
}
// csharpier-ignore-end
