using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;

namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>Data and labels.</summary>
internal sealed record DataSection
{
    [Setting("--data", "scenes|PATH",
        Text = DataOptions.What,
        Kind = SettingKind.DataSets,
        MayChange = true)]
    public string[]? Data { get; set; }

    [Setting("--data-weights", "LIST",
        Text = "How often an epoch has a sample of each of the joined data sets: 2,0.5 has those of the first twice and every other "
            + "one of the second.",
        Above = 0, DefaultText = "1 each",
        MayChange = true)]
    public double[]? Weights { get; set; }

    [Setting("--test", "PATH",
        Text = "Other data to score on.",
        Kind = SettingKind.Data, DefaultText = "the part of --data that is for it: test/ or val/ of a folder, val or test of a benchmark",
        MayChange = true)]
    public string? Test { get; set; }

    [Setting("--tasks", "LIST",
        Text = "Tasks to learn, separated by commas: names of scenes' labels or of label folders. In full NAME[=KIND][:COUNT], such "
            + "as seg=segmentation:11.",
        DefaultText = "all folders; of scenes segmentation,depth,normals")]
    public string[]? Tasks { get; set; }

    [Setting("--inputs", "LIST",
        Text = "What the network reads beside the photograph: inputs that the data's tasks.json lists, of scenes depth; none for none.",
        DefaultText = "all that tasks.json lists; of scenes none",
        MayChange = true)]
    public string[]? Inputs { get; set; }

    [Setting("--scene-input-share", "P",
        Text = "Which part of the scenes has the --inputs, 0 to 1.",
        Minimum = 0, Maximum = 1, Default = 1,
        MayChange = true)]
    public double? SceneInputShare { get; set; }

    [Setting("--class-names", "LIST",
        Text = "Names of the classes of a folder's segmentation, in the order of their ids, where tasks.json does not tell them.")]
    public string[]? ClassNames { get; set; }

    [Setting("--scenario",
        Text = "Labels that training may see: asfound all that exist; onelabel one a sample; randomlabels 1 to K-1 a sample; "
            + "halflabels each with probability 1/2; full all, and a missing one is an error.",
        Words = nameof(Words.Scenarios), DefaultText = "asfound; for scenes onelabel")]
    public string? Scenario { get; set; }

    [Setting("--labels", "FILE",
        Text = "Labels that training may see, instead of --scenario: a published assignment (.pth or .npy, samples x tasks of 0 and "
            + "1) or the labels.json of a run.",
        Kind = SettingKind.Path)]
    public string? Labels { get; set; }

    [Setting("--limit-labels", "LIST",
        Text = "Labels of some tasks that training may see, by number or part: seg=40,depth=1/4. Drawn by the seed; fewer are always "
            + "among more.",
        DefaultText = "all of --scenario or --labels")]
    public string[]? LimitLabels { get; set; }

    [Setting("--pseudo-labels", "FOLDER",
        Text = "Labels that a network has made ('jtr label'), for training where those of people are missing.",
        Kind = SettingKind.Path)]
    public string? PseudoLabels { get; set; }

    [Setting("--pseudo-weight", "W",
        Text = "How much such a label counts, where one of people's counts 1.",
        Above = 0, Default = 1)]
    public double? PseudoWeight { get; set; }

    [Setting("--pseudo-threshold", "P",
        Text = "The least probability, 0 to 1, at which a class of such a label is taken.",
        Minimum = 0, Maximum = 1, DefaultText = "0, all")]
    public double? PseudoThreshold { get; set; }

    [Setting("--drop-violations",
        Text = "Labels that a network has made are left out where they violate a --constraint.")]
    public bool? DropViolations { get; set; }

    [Setting("--size", "HxW",
        Text = "Rows x columns that everything is resized to; multiples of 32 with a SegNet.",
        Kind = SettingKind.Size, DefaultText = DataOptions.DefaultSizes)]
    public string? Size { get; set; }

    [Setting("--skip-bad",
        Text = "Use another sample in place of one whose files are damaged, and count it; otherwise it is an error.",
        MayChange = true)]
    public bool? SkipBad { get; set; }

    [Setting("--void-id", "N",
        Text = "Class id that says \"no label\" in label files.",
        Minimum = 0, Maximum = 65535, DefaultText = "as tasks.json says, else 255",
        MayChange = true)]
    public int? VoidId { get; set; }

    [Setting("--depth-scale", "METRES",
        Text = "Metres of one unit in whole-number depth files.",
        Above = 0, DefaultText = "as tasks.json says, else 0.001",
        MayChange = true)]
    public double? DepthScale { get; set; }

    [Setting("--scenes", "N",
        Text = "Scenes to train on.",
        Minimum = 1, Maximum = 100_000_000, Default = DataRequest.DefaultScenes,
        MayChange = true)]
    public int? Scenes { get; set; }

    [Setting("--test-scenes", "N",
        Text = "Further scenes to score on.",
        Minimum = 1, Maximum = 100_000_000, Default = DataRequest.DefaultTestScenes,
        MayChange = true)]
    public int? TestScenes { get; set; }

    [Setting("--scene-seed", "N",
        Text = "Seed of the scenes themselves.",
        Minimum = 0, Default = 1,
        MayChange = true)]
    public ulong? SceneSeed { get; set; }

    [Setting("--scene-variety", "X",
        Text = "How much the scenes differ, 0 to 1: at 0 muted colours, few patterns, fewer things and a camera in a corner, which "
            + "small networks learn in minutes.",
        Minimum = 0, Maximum = 1, Default = 1,
        MayChange = true)]
    public double? SceneVariety { get; set; }

    [Setting("--scene-shift", "X",
        Text = "How unlike the scenes' photographs are to those of the usual camera, 0 to 1: at 1 warm, dark, hazy and soft, as another "
            + "domain; labels stay.",
        Minimum = 0, Maximum = 1, Default = 0,
        MayChange = true)]
    public double? SceneShift { get; set; }
}
// csharpier-ignore-end
