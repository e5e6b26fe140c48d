namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>Scores and checkpoints on the way.</summary>
internal sealed record RunSection
{
    [Setting("--eval-every", "STEPS",
        Text = "Score in between, after every so many steps.",
        Minimum = 1, DefaultText = "at the end only",
        MayChange = true)]
    public long? EvalEvery { get; set; }

    [Setting("--save-every", "STEPS",
        Text = "Save the checkpoint after every so many steps.",
        Minimum = 1, Default = 500,
        MayChange = true)]
    public long? SaveEvery { get; set; }

    [Setting("--keep", "N",
        Text = "Keep the last N checkpoints under their steps too, such as checkpoint-00000500.safetensors.",
        Minimum = 1, Maximum = 1_000_000, DefaultText = "only the last one",
        MayChange = true)]
    public int? Keep { get; set; }

    [Setting("--early-stopping", "N",
        Text = "End when scores were no better N times in a row; needs --eval-every.",
        Minimum = 1, Maximum = int.MaxValue, DefaultText = "off",
        MayChange = true)]
    public int? EarlyStopping { get; set; }

    [Setting("--min-improvement", "PERCENT",
        Text = "By how much scores have to be better to count, on geometric average over the tasks.",
        Minimum = 0, Default = 0,
        MayChange = true)]
    public double? MinImprovement { get; set; }

    [Setting("--baseline", "FILE",
        Text = "A results.json to compare with: adds Delta %, the mean improvement over it.",
        Kind = SettingKind.Path,
        MayChange = true)]
    public string? Baseline { get; set; }
}
// csharpier-ignore-end
