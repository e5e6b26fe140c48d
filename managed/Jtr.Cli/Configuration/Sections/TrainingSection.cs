using Jtr.Cli.CommandLine;
using Jtr.Interop.Training;

namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>Training.</summary>
internal sealed record TrainingSection
{
    [Setting("--preset",
        Text = "What counts where nothing is said. recommended: the best of docs/results.md, with a backbone that has seen photographs "
            + "where its weights are there ('jtr weights') and the photographs have 64 rows and columns; published: the paper's recipe; "
            + "none: a small SegNet at a constant rate.",
        Words = nameof(Words.Presets), DefaultText = "recommended")]
    public string? Preset { get; set; }

    [Setting("--method", "NAME",
        Text = "What is learned beside the labels. Several with '+' between: jtr+teacher. specialists trains a network for each task, lets "
            + "them label what is missing, and then trains one network on both (specialists+teacher: by another method).",
        Selects = "method", DefaultText = "supervised; with another --preset jtr")]
    public string? Method { get; set; }

    [Setting("--constraint", "NAME:VALUES",
        Text = "What is known of predictions, beside any method; may be there several times. implication:if=seg,then=tags (a tag that "
            + "is absent forbids the class of its name; others: classes=shirt>top;bag>bag); exclusion:one=...,other=...,classes=...; "
            + "depth_normals:depth=...,normals=...,focal_x=...,focal_y=...; bounds:task=...,lowest=...,highest=... "
            + "(where=seg,classes=sky). All take weight=X.",
        Kind = SettingKind.Constraints)]
    public string[]? Constraints { get; set; }

    [Setting("--steps", "N",
        Text = "Steps in all.",
        Minimum = 1, Aliases = ["--step"], Default = 2000,
        MayChange = true)]
    public long? Steps { get; set; }

    [Setting("--epochs", "N",
        Text = "Passes over the data in all, instead of --steps.",
        Minimum = 1, Maximum = int.MaxValue, Aliases = ["--epoch"],
        MayChange = true)]
    public int? Epochs { get; set; }

    [Setting("--batch-size", "N",
        Text = "Samples of a step.",
        Minimum = 1, Maximum = 65536, Aliases = ["--batch", "--bs"],
        DefaultText = "by --size: 16 up to 64x64, 8 up to 256x256, 4 up to 512x512, 2 above; with --preset none 8, published 4 or 16")]
    public int? BatchSize { get; set; }

    [Setting("--drop-last",
        Text = "Leave out an epoch's last batch where it is smaller than the others: of other samples in each epoch.",
        Kind = SettingKind.Flag, Default = false)]
    public bool? DropLast { get; set; }

    [Setting("--accumulate", "N",
        Native = "accumulate")]
    public int? Accumulate { get; set; }

    [Setting("--sync-norms",
        Native = "parallel[c10d].sync_norms")]
    public string? SyncNorms { get; set; }

    [Setting("--gradient-compression",
        Native = "parallel[c10d].compression")]
    public string? GradientCompression { get; set; }

    [Setting("--bucket-mib", "MIB",
        Native = "parallel[c10d].bucket_mib")]
    public double? BucketMib { get; set; }

    [Setting("--width", "N",
        Text = "First stage width of SegNets; published: 64. Small ones train in minutes on a CPU. Beside a --backbone it is that of "
            + "the methods' own networks.",
        Minimum = 1, Maximum = TrainerOptions.MaxWidth, Default = 16)]
    public int? Width { get; set; }

    [Setting("--init-from", "RUN",
        Text = "Start from the weights of a run's folder, a checkpoint or a safetensors file, also of other tasks: what fits by name "
            + "and shape is taken, and told; the rest starts fresh.",
        Kind = SettingKind.Path, DefaultText = "all fresh")]
    public string? InitFrom { get; set; }

    [Setting("--seed", "N",
        Text = "Seed of weights, noise, order, crops and scenario. The same seed gives the same run.",
        Minimum = 0, Default = 1)]
    public ulong? Seed { get; set; }

    [Setting("--precision",
        Native = "precision")]
    public string? Precision { get; set; }

    [Setting("--recomputation",
        Native = "recomputation",
        MayChange = true)]
    public string? Recomputation { get; set; }

    [Setting("--no-augment",
        Text = "Train on whole images instead of random crops.",
        Kind = SettingKind.NegatedFlag, Default = true)]
    public bool? Augment { get; set; }

    [Setting("--flip",
        Text = "Views that are mirrored at random: none; all; or those that the published code for Cityscapes mirrors, which leaves "
            + "out the third.",
        Words = nameof(Words.Flips), DefaultText = "all for Cityscapes, else none")]
    public string? Flip { get; set; }

    [Setting("--no-color",
        Text = "Leave the photographs' colors as they are; by default each view undergoes two random color operations, as published.",
        OldNames = ["--no-colour", "colour"], Kind = SettingKind.NegatedFlag, Default = true)]
    public bool? Color { get; set; }

    [Setting("--option", "PATH=VALUE",
        Text = "An option of the native library that has none here, such as parallel.name=none; may be there several times. 'jtr "
            + "options' lists them all.",
        Kind = SettingKind.Assignments)]
    public string[]? Options { get; set; }
}
// csharpier-ignore-end
