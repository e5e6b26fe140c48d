namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>How samples change beside crops, flips and the published colours.</summary>
internal sealed record AugmentationSection
{
    [Setting("--rotate", "DEGREES",
        Text = "Turn samples by up to so many degrees, either way; normals turn with them (their axes: x right, y down).",
        Minimum = 0, Maximum = 180, Default = 0)]
    public double? Rotate { get; set; }

    [Setting("--blur", "PIXELS",
        Text = "Blur views by a Gaussian of up to this standard deviation.",
        Minimum = 0, Maximum = 16, Default = 0)]
    public double? Blur { get; set; }

    [Setting("--noise", "X",
        Text = "Add Gaussian noise of up to this standard deviation to views, whose values are 0 to 1.",
        Minimum = 0, Maximum = 1, Default = 0)]
    public double? Noise { get; set; }

    [Setting("--color-jitter", "X",
        Text = "Multiply brightness, contrast and saturation of views by up to 1 - X and 1 + X.",
        Minimum = 0, Maximum = 1, Default = 0)]
    public double? ColorJitter { get; set; }

    [Setting("--erase", "SHARE",
        Text = "Cut a hole of up to this share of rows and of columns into views; no pixel task has a label there.",
        Minimum = 0, Maximum = 1, Default = 0)]
    public double? Erase { get; set; }

    [Setting("--augment-cut-mix", "P",
        Text = "How often a box of a sample shows another one of its domain, and its labels (CutMix); a label of the whole photograph "
            + "counts by the part that is still its own.",
        Minimum = 0, Maximum = 1, Default = 0)]
    public double? CutMix { get; set; }
}
// csharpier-ignore-end
