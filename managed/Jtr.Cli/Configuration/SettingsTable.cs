using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Interop.Training;

namespace Jtr.Cli.Configuration;

/// <summary>
/// All settings of a run. The options of `jtr train` with their help, the JSON schema of configuration files, the table in
/// docs/configuration.md and the check of what is said, on the command line or in a file, are made from it.
/// </summary>
internal static class SettingsTable
{
    // What the library does where nothing is said.
    private static readonly JointTaskOptions _jointTask = new();
    private static readonly MtpslOptions _mtpsl = new();

    // A row of a table is a few lines, which CSharpier would make ten of.
    // csharpier-ignore-start
    /// <summary>The settings, section by section.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("data.data", "--data", "scenes|PATH", SettingKind.DataSets, c => c.Data.Data, DataOptions.What),
        new("data.weights", "--data-weights", "LIST", SettingKind.Numbers, c => c.Data.Weights,
            "How often an epoch has a sample of each of the joined data sets: 2,0.5 has those of the first twice and every other one of "
            + "the second. Default: 1 each.") { Minimum = 0, IsAboveMinimum = true },
        new("data.test", "--test", "PATH", SettingKind.Data, c => c.Data.Test,
            "Other data to score on. Default: the part of --data that is for it: test/ or val/ of a folder, val or test of a benchmark."),
        new("data.tasks", "--tasks", "LIST", SettingKind.Texts, c => c.Data.Tasks,
            "Tasks to learn, separated by commas: names of scenes' labels or of label folders. In full NAME[=KIND][:COUNT], such as "
            + "seg=segmentation:11. Default: all folders; of scenes segmentation,depth,normals."),
        new("data.inputs", "--inputs", "LIST", SettingKind.Texts, c => c.Data.Inputs,
            "What the network reads beside the photograph: inputs that the data's tasks.json lists, of scenes depth; none for none. "
            + "Default: all that tasks.json lists; of scenes none."),
        new("data.classNames", "--class-names", "LIST", SettingKind.Texts, c => c.Data.ClassNames,
            "Names of the classes of a folder's segmentation, in the order of their ids, where tasks.json does not tell them."),
        new("data.scenario", "--scenario", Alternatives(Words.Scenarios), SettingKind.Word, c => c.Data.Scenario,
            "Labels that training may see: asfound all that exist; onelabel one a sample; randomlabels 1 to K-1 a sample; halflabels each "
            + "with probability 1/2; full all, and a missing one is an error. Default: asfound; for scenes onelabel.")
            { Words = Of(Words.Scenarios) },
        new("data.labels", "--labels", "FILE", SettingKind.Path, c => c.Data.Labels,
            "Labels that training may see, instead of --scenario: a published assignment (.pth or .npy, samples x tasks of 0 and 1) or the "
            + "labels.json of a run."),
        new("data.limitLabels", "--limit-labels", "LIST", SettingKind.Texts, c => c.Data.LimitLabels,
            "Labels of some tasks that training may see, by number or part: seg=40,depth=1/4. Drawn by the seed; fewer are "
            + "always among more. "
            + "Default: all of --scenario or --labels."),
        new("data.pseudoLabels", "--pseudo-labels", "FOLDER", SettingKind.Path, c => c.Data.PseudoLabels,
            "Labels that a network has made ('jtr label'), for training where those of people are missing."),
        new("data.pseudoWeight", "--pseudo-weight", "W", SettingKind.Number, c => c.Data.PseudoWeight,
            "How much such a label counts, where one of people's counts 1. Default: 1.") { Minimum = 0, IsAboveMinimum = true },
        new("data.pseudoThreshold", "--pseudo-threshold", "P", SettingKind.Number, c => c.Data.PseudoThreshold,
            "The least probability, 0 to 1, at which a class of such a label is taken. Default: 0, all.") { Minimum = 0, Maximum = 1 },
        new("data.size", "--size", "HxW", SettingKind.Size, c => c.Data.Size,
            $"Rows x columns that everything is resized to; multiples of 32 with a SegNet. Default: {DataOptions.SceneSize} for scenes, "
            + $"{DataOptions.FolderSize} for folders, as published for benchmarks ({DataOptions.NyuSize} NYU-v2, "
            + $"{DataOptions.CityscapesSize} Cityscapes), {DataOptions.TaskonomySize} for Taskonomy, a packed file's own."),
        new("data.skipBad", "--skip-bad", null, SettingKind.Flag, c => c.Data.SkipBad,
            "Use another sample in place of one whose files are damaged, and count it; otherwise it is an error."),
        new("data.voidId", "--void-id", "N", SettingKind.Whole, c => c.Data.VoidId,
            "Class id that says \"no label\" in label files. Default: as tasks.json says, else 255.") { Minimum = 0, Maximum = 65535 },
        new("data.depthScale", "--depth-scale", "METRES", SettingKind.Number, c => c.Data.DepthScale,
            "Metres of one unit in whole-number depth files. Default: as tasks.json says, else 0.001.")
            { Minimum = 0, IsAboveMinimum = true },
        new("data.scenes", "--scenes", "N", SettingKind.Whole, c => c.Data.Scenes, "Scenes to train on. Default: 400.")
            { Minimum = 1, Maximum = 100_000_000 },
        new("data.testScenes", "--test-scenes", "N", SettingKind.Whole, c => c.Data.TestScenes, "Further scenes to score on. Default: 200.")
            { Minimum = 1, Maximum = 100_000_000 },
        new("data.sceneSeed", "--scene-seed", "N", SettingKind.Whole, c => c.Data.SceneSeed, "Seed of the scenes themselves. Default: 1.")
            { Minimum = 0 },
        new("data.sceneInputShare", "--scene-input-share", "P", SettingKind.Number, c => c.Data.SceneInputShare,
            "Which part of the scenes has the --inputs, 0 to 1. Default: 1.") { Minimum = 0, Maximum = 1 },
        new("data.sceneVariety", "--scene-variety", "X", SettingKind.Number, c => c.Data.SceneVariety,
            "How much the scenes differ, 0 to 1: at 0 muted colours, few patterns, fewer things and a camera in a corner, which small "
            + "networks learn in minutes. Default: 1.") { Minimum = 0, Maximum = 1 },

        new("benchmark.classes", "--classes", "7|19|13|40", SettingKind.Whole, c => c.Benchmark.Classes,
            "Classes of segmentation: 7 or 19 of Cityscapes (default: 7), 13 or 40 of NYU-v2 (default: 13; 40 from the .mat file only).")
            { Words = ["7", "19", "13", "40"] },
        new("benchmark.cityscapesDepth", "--cityscapes-depth", Alternatives(Words.CityscapesDepths), SettingKind.Word,
            c => c.Benchmark.CityscapesDepth,
            "Cityscapes: inverse depth as published, metres (needs camera/), or no depth. Default: inverse.")
            { Words = Of(Words.CityscapesDepths) },
        new("benchmark.classMapping", "--class-mapping", "FILES", SettingKind.Paths, c => c.Benchmark.ClassMapping,
            "NYU-v2 .mat: files that map its 894 labels to classes, applied one after the other. Default: classMapping40.mat, "
            + "class13Mapping.mat beside it."),
        new("benchmark.splitFile", "--split-file", "FILE", SettingKind.Path, c => c.Benchmark.SplitFile,
            "NYU-v2 .mat: which samples are for training and testing. Default: splits.mat beside it."),
        new("benchmark.normals", "--normals", "FOLDER", SettingKind.Path, c => c.Benchmark.Normals,
            "NYU-v2 .mat: a folder of normals. Default: estimated from depth."),
        new("benchmark.extraFrames", "--extra-frames", "FOLDER", SettingKind.Path, c => c.Benchmark.ExtraFrames,
            "NYU-v2: further frames to train on (image/ and depth/), which are labelled for depth alone."),
        new("benchmark.buildings", "--buildings", "FILE", SettingKind.Path, c => c.Benchmark.Buildings,
            "Taskonomy: a published list such as train_val_test_tiny.csv; its part train is trained on, test scored on. Default: train on "
            + "all buildings."),
        new("benchmark.mapRange", "--map-range", "LIST", SettingKind.Texts, c => c.Benchmark.MapRange,
            "Taskonomy: the part of the 16-bit range that becomes 1, such as edge_texture=0.08,keypoints2d=0.005. Default: all of it."),
        new("benchmark.allowMissing", "--allow-missing", null, SettingKind.Flag, c => c.Benchmark.AllowMissing,
            "A missing file of NYU-v2 or Cityscapes is a missing label, and a label without photograph is passed over; otherwise both are "
            + "errors."),

        new("network.backbone", "--backbone", "NAME", SettingKind.Text, c => c.Network.Backbone,
            "What makes features of photographs: segnet, the published network; resnet18, resnet34, resnet50, resnet101; resnet18-cntk; "
            + "torchscript:FILE, whose forward gives a list of maps. Default: segnet, or that of --weights."),
        new("network.decoder", "--decoder", "NAME", SettingKind.Text, c => c.Network.Decoder,
            "What makes predictions of the features: pyramid or deeplab; segnet with the backbone segnet. Default: pyramid."),
        new("network.decoderWidth", "--decoder-width", "N", SettingKind.Whole, c => c.Network.DecoderWidth,
            "Channels of the decoder. Default: 64 of pyramid, 256 of deeplab.") { Minimum = 1, Maximum = TrainerOptions.MaxWidth },
        new("network.outputStride", "--output-stride", "32|16|8", SettingKind.Whole, c => c.Network.OutputStride,
            "Rows of a photograph for one of the backbone's coarsest features; below 32 its last stages are dilated. Default: 32.")
            { Words = ["32", "16", "8"] },
        new("network.weights", "--weights", "NAME|FILE", SettingKind.Text, c => c.Network.Weights,
            "Start from weights that are known by a name ('jtr weights' lists them), a file of weights (ONNX, safetensors, .pth), or a "
            + "run. What fits is taken, and told; the rest starts fresh. Default: all fresh."),
        new("network.strict", "--strict", null, SettingKind.Flag, c => c.Network.Strict,
            "With --weights: an error where a weight of the backbone is missing, or one of the file has no place."),
        new("network.backboneRate", "--backbone-rate", "X", SettingKind.Number, c => c.Network.BackboneRate,
            "The backbone's learning rate, times --learning-rate. Default: 1; with --weights 0.3.") { Minimum = 0 },
        new("network.decoderRate", "--decoder-rate", "X", SettingKind.Number, c => c.Network.DecoderRate,
            "The decoder's learning rate, times --learning-rate. Default: 1.") { Minimum = 0 },
        new("network.headsRate", "--heads-rate", "X", SettingKind.Number, c => c.Network.HeadsRate,
            "The heads' learning rate, times --learning-rate. Default: 1.") { Minimum = 0 },
        new("network.freeze", "--freeze", Alternatives(Words.BackboneStages), SettingKind.Word, c => c.Network.Freeze,
            "The backbone's stages up to this one keep their weights and statistics; stage4 is all of it. Default: none.")
            { Words = Of(Words.BackboneStages) },
        new("network.freezeSteps", "--freeze-steps", "STEPS", SettingKind.Whole, c => c.Network.FreezeSteps,
            "Steps after which frozen stages train like the others; 0: never. Default: 0.") { Minimum = 0 },
        new("network.freezeNorms", "--freeze-norms", null, SettingKind.Flag, c => c.Network.FreezeNorms,
            "The backbone's norms keep their statistics, and train their weights."),
        new("network.fusion", "--fusion", Alternatives(Words.Fusions), SettingKind.Word, c => c.Network.Fusion,
            "How planes of --inputs enter the network: early as channels of its first convolution; sum, concat and gate by an encoder of "
            + "their own, whose features meet the photograph's so. Vectors scale and shift features (FiLM). Default: early.")
            { Words = Of(Words.Fusions) },
        new("network.inputDropout", "--input-dropout", "P", SettingKind.Number, c => c.Network.InputDropout,
            "How often a step leaves out a sample's input, each by itself, so that the network learns to do without it. Default: 0.")
            { Minimum = 0, Maximum = 1, IsBelowMaximum = true },

        new("training.method", "--method", "NAME", SettingKind.Text, c => c.Training.Method,
            "supervised uses the labels alone; single_task does so with a network for each task, supervised+ on more views; consistency, "
            + "direct_map, perceptual_map, mtpsl, jtr and teacher also learn where labels are missing. Several with '+' "
            + "between: jtr+teacher. specialists trains a network for each task, lets them label what is missing, and then trains one "
            + "network on both (specialists+teacher: by another method). "
            + "Default: jtr."),
        new("training.constraints", "--constraint", "NAME:VALUES", SettingKind.Constraints, c => c.Training.Constraints,
            "What is known of predictions, beside any method; may be there several times. implication:if=seg,then=tags (a tag "
            + "that is absent forbids the class of its name; others: classes=shirt>top;bag>bag); exclusion:one=...,other=...,"
            + "classes=...; depth_normals:depth=...,normals=...,focal_x=...,focal_y=...; bounds:task=...,lowest=...,highest=... "
            + "(where=seg,classes=sky). All take weight=X."),
        new("training.steps", "--steps", "N", SettingKind.Whole, c => c.Training.Steps, "Steps in all. Default: 2000.")
            { Minimum = 1, Aliases = ["--step"] },
        new("training.epochs", "--epochs", "N", SettingKind.Whole,
            c => c.Training.Epochs, "Passes over the data in all, instead of --steps.")
            { Minimum = 1, Maximum = int.MaxValue, Aliases = ["--epoch"] },
        new("training.batchSize", "--batch-size", "N", SettingKind.Whole, c => c.Training.BatchSize, "Samples of a step. Default: 8.")
            { Minimum = 1, Maximum = 65536, Aliases = ["--batch", "--bs"] },
        new("training.width", "--width", "N", SettingKind.Whole, c => c.Training.Width,
            "First stage width of SegNets; published: 64. Small ones train in minutes on a CPU. Beside a --backbone it is that of the "
            + $"methods' own networks. Default: {TrainSettings.DefaultWidth}.")
            { Minimum = 1, Maximum = TrainerOptions.MaxWidth },
        new("training.initFrom", "--init-from", "RUN", SettingKind.Path, c => c.Training.InitFrom,
            "Start from the weights of a run's folder, a checkpoint or a safetensors file, also of other tasks: what fits by name and "
            + "shape "
            + "is taken, and told; the rest starts fresh. Default: all fresh."),
        new("training.seed", "--seed", "N", SettingKind.Whole, c => c.Training.Seed,
            "Seed of weights, noise, order, crops and scenario. The same seed gives the same run. "
            + $"Default: {TrainSettings.DefaultSeed}.") { Minimum = 0 },
        new("training.precision", "--precision", Alternatives(Words.Precisions), SettingKind.Word, c => c.Training.Precision,
            "Number format; bfloat16 is for GPUs (maps and convolutions; weights stay in float32), float64 is slow, for checking. Default: "
            + "float32.") { Words = Of(Words.Precisions) },
        new("training.recomputation", "--recomputation", Alternatives(Words.Recomputations), SettingKind.Word,
            c => c.Training.Recomputation,
            "What the backward pass computes again instead of keeping it: norms; stages, nearly a whole forward pass, where memory is too "
            + "short for a batch; none, which takes the most memory. The results are the same. Default: norms.")
            { Words = Of(Words.Recomputations) },
        new("training.augment", "--no-augment", null, SettingKind.NegatedFlag, c => c.Training.Augment,
            "Train on whole images instead of random crops."),
        new("training.flip", "--flip", Alternatives(Words.Flips), SettingKind.Word, c => c.Training.Flip,
            "Views that are mirrored at random: none; all; or those that the published code for Cityscapes mirrors, which leaves out the "
            + "third. Default: all for Cityscapes, else none.") { Words = Of(Words.Flips) },
        new("training.colour", "--no-colour", null, SettingKind.NegatedFlag, c => c.Training.Colour,
            "Leave the photographs' colours as they are; by default each view undergoes two random colour operations, as published.")
            { Aliases = ["--no-color"] },
        new("augmentation.rotate", "--rotate", "DEGREES", SettingKind.Number, c => c.Augmentation.Rotate,
            "Turn samples by up to so many degrees, either way; normals turn with them (their axes: x right, y down). Default: 0.")
            { Minimum = 0, Maximum = 180 },
        new("augmentation.blur", "--blur", "PIXELS", SettingKind.Number, c => c.Augmentation.Blur,
            "Blur views by a Gaussian of up to this standard deviation. Default: 0.") { Minimum = 0, Maximum = 16 },
        new("augmentation.noise", "--noise", "X", SettingKind.Number, c => c.Augmentation.Noise,
            "Add Gaussian noise of up to this standard deviation to views, whose values are 0 to 1. Default: 0.")
            { Minimum = 0, Maximum = 1 },
        new("augmentation.colorJitter", "--color-jitter", "X", SettingKind.Number, c => c.Augmentation.ColorJitter,
            "Multiply brightness, contrast and saturation of views by up to 1 - X and 1 + X. Default: 0.") { Minimum = 0, Maximum = 1 },
        new("augmentation.erase", "--erase", "SHARE", SettingKind.Number, c => c.Augmentation.Erase,
            "Cut a hole of up to this share of rows and of columns into views; no pixel task has a label there. Default: 0.")
            { Minimum = 0, Maximum = 1 },

        new("domain.techniques", "--domain", "LIST", SettingKind.Texts, c => c.Domain.Techniques,
            "What makes domains alike (joined data sets, or domains.csv): fourier gives half of the samples the low frequencies of another "
            + "domain's, histogram its colours. Default: nothing."),
        new("domain.fourierShare", "--fourier-share", "X", SettingKind.Number, c => c.Domain.FourierShare,
            "Of the shorter side's frequencies those that fourier exchanges. Default: 0.05.")
            { Minimum = 0, IsAboveMinimum = true, Maximum = 0.25 },

        new("training.options", "--option", "PATH=VALUE", SettingKind.Assignments, c => c.Training.Options,
            "An option of the native library that has none here, such as optimizer.name=adamw; may be there several times. 'jtr options' "
            + "lists them all."),

        new("optimizer.learningRate", "--learning-rate", "RATE", SettingKind.Number, c => c.Optimizer.LearningRate,
            "Adam's rate (also --lr); published: 1e-4 (for hundreds of epochs). Default: 2e-3; with a --backbone other than "
            + "segnet 5e-4.") { Minimum = 0, IsAboveMinimum = true, Aliases = ["--lr"] },
        new("optimizer.schedule", "--lr-schedule", Alternatives(Words.Schedules), SettingKind.Word, c => c.Optimizer.Schedule,
            "How the rate changes: constant; step (--lr-decay-every, --lr-decay-factor); cosine, down to --lr-final at the last step. "
            + "Default: step; with a --backbone other than segnet cosine.") { Words = Of(Words.Schedules) },
        new("optimizer.weightDecay", "--weight-decay", "X", SettingKind.Number, c => c.Optimizer.WeightDecay,
            "Decoupled weight decay (AdamW), of convolutions and linear maps but no norms and biases. Default: none; with a --backbone "
            + "other than segnet 0.01.") { Minimum = 0, Aliases = ["--wd"] },
        new("optimizer.decayEvery", "--lr-decay-every", "STEPS", SettingKind.Whole, c => c.Optimizer.DecayEvery,
            "Multiply the rate after so many steps, again and again; 0 keeps it. Default: 0.") { Minimum = 0 },
        new("optimizer.decayFactor", "--lr-decay-factor", "F", SettingKind.Number, c => c.Optimizer.DecayFactor,
            $"By this. Default: {Number(TrainSettings.DefaultLrDecayFactor)}.")
            { Minimum = 0, IsAboveMinimum = true, Maximum = 1 },
        new("optimizer.warmup", "--warmup", "STEPS", SettingKind.Whole, c => c.Optimizer.Warmup,
            "Steps over which the rate rises linearly at the beginning, whatever the schedule. Default: 0.") { Minimum = 0 },
        new("optimizer.finalFactor", "--lr-final", "F", SettingKind.Number, c => c.Optimizer.FinalFactor,
            "For --lr-schedule cosine: what the rate ends at, as a part of --learning-rate. Default: 0.") { Minimum = 0, Maximum = 1 },
        new("optimizer.clip", "--clip", "NORM", SettingKind.Number, c => c.Optimizer.Clip,
            "Scale gradients down to this Euclidean norm where they are longer, each network's by itself. Default: off, as published.")
            { Minimum = 0, IsAboveMinimum = true },
        new("optimizer.ema", "--ema", "DECAY", SettingKind.Number, c => c.Optimizer.Ema,
            "Keep a moving average of the network's weights, such as 0.999; it is what is scored, predicts and is exported. Default: "
            + "off, as "
            + "published.") { Minimum = 0, IsAboveMinimum = true, Maximum = 1, IsBelowMaximum = true },

        new("jointTask.lambdaDist", "--lambda-dist", "X", SettingKind.Number, c => c.JointTask.LambdaDist,
            "Weight of the distance between predictions and labels in the joint-task space. "
            + $"Default: {Number(_jointTask.LambdaDist)}.") { Minimum = 0 },
        new("jointTask.lambdaRecon", "--lambda-recon", "X", SettingKind.Number, c => c.JointTask.LambdaRecon,
            $"Weight of the auto-encoder's reconstruction. Default: {Number(_jointTask.LambdaRecon)}.") { Minimum = 0 },
        new("jointTask.mode", "--mode", Alternatives(Words.Modes), SettingKind.Word, c => c.JointTask.Mode,
            "The JTR loss as the published code computes it, or with its quirks mended. Default: published.") { Words = Of(Words.Modes) },
        new("jointTask.microBatch", "--micro-batch", "N", SettingKind.Whole, c => c.JointTask.MicroBatch,
            "Samples that go through the auto-encoder at once (mtpsl: pairs of tasks through its mapping network), against memory; the "
            + "result is the same. Default: chosen.") { Minimum = 0, Maximum = 65536 },

        new("methods.specialistSteps", "--specialist-steps", "N", SettingKind.Whole, c => c.Methods.SpecialistSteps,
            "Steps of each network that specialists trains for one task. Default: as many as --steps or --epochs say.") { Minimum = 1 },
        new("methods.weight", "--method-weight", "X", SettingKind.Number, c => c.Methods.Weight,
            "Weight of the term that consistency, direct_map or perceptual_map adds. "
            + $"Default: {Number(new ConsistencyOptions().Weight)}.") { Minimum = 0 },
        new("methods.temperature", "--temperature", "X", SettingKind.Number, c => c.Methods.Temperature,
            "What consistency divides segmentation logits by. "
            + $"Default: {Number(new ConsistencyOptions().Temperature)}.") { Minimum = 0, IsAboveMinimum = true },
        new("methods.mapWidth", "--map-width", "N", SettingKind.Whole, c => c.Methods.MapWidth,
            "First stage width of the networks of direct_map and perceptual_map. Default: that of the network.")
            { Minimum = 1, Maximum = TrainerOptions.MaxWidth },
        new("methods.conWeight", "--con-weight", "X", SettingKind.Number, c => c.Methods.ConWeight,
            "Weight of mtpsl's cross-task consistency; published: 2 for NYU-v2, 1 for Cityscapes. "
            + $"Default: {Number(_mtpsl.ConWeight)}.") { Minimum = 0 },
        new("methods.regWeight", "--reg-weight", "X", SettingKind.Number, c => c.Methods.RegWeight,
            $"Weight of what ties mtpsl's joint spaces to the backbone's feature. Default: {Number(_mtpsl.RegWeight)}.") { Minimum = 0 },
        new("methods.rampUp", "--ramp-up", "STEPS", SettingKind.Whole, c => c.Methods.RampUp,
            "Steps over which mtpsl's weight rises from 0; published: none, or 100 epochs. Default: 0.") { Minimum = 0 },
        new("methods.filmLearningRate", "--film-learning-rate", "RATE", SettingKind.Number, c => c.Methods.FilmLearningRate,
            "Adam's rate for mtpsl's FiLM weights; published: 1e-3 for NYU-v2, 1e-5 for Cityscapes. Default: "
            + $"{Rate(_mtpsl.Film.LearningRate)}.")
            { Minimum = 0, IsAboveMinimum = true },
        new("methods.filmDecayEvery", "--film-lr-decay-every", "STEPS", SettingKind.Whole, c => c.Methods.FilmDecayEvery,
            "Halve that rate after so many steps; published: 30 epochs; 0 keeps it. Default: 0.") { Minimum = 0 },

        new("teacher.weight", "--teacher-weight", "X", SettingKind.Number, c => c.Teacher.Weight,
            "Weight of what the average of the weights teaches. Default: 1.") { Minimum = 0 },
        new("teacher.valueWeight", "--teacher-value-weight", "X", SettingKind.Number, c => c.Teacher.ValueWeight,
            "What that weight is multiplied by for tasks without classes: depth, normals, maps. Default: 1.") { Minimum = 0 },
        new("teacher.rampUp", "--teacher-ramp-up", "STEPS", SettingKind.Whole, c => c.Teacher.RampUp,
            "Steps over which that weight rises; 0: none. Default: 100.") { Minimum = 0 },
        new("teacher.target", "--teacher-target", Alternatives(Words.TeacherTargets), SettingKind.Word, c => c.Teacher.Target,
            "What is taught of classes: the teacher's probabilities, or its most probable class. Default: soft.")
            { Words = Of(Words.TeacherTargets) },
        new("teacher.selection", "--teacher-selection", Alternatives(Words.TeacherSelections), SettingKind.Word, c => c.Teacher.Selection,
            "Pixels that a class is taught to: those above a threshold of their class that follows the teacher, those above "
            + "--teacher-threshold, or all. Default: adaptive.") { Words = Of(Words.TeacherSelections) },
        new("teacher.threshold", "--teacher-threshold", "P", SettingKind.Number, c => c.Teacher.Threshold,
            "Least probability of a class that is taught, with --teacher-selection fixed. Default: 0.95.") { Minimum = 0, Maximum = 1 },
        new("teacher.color", "--teacher-color", "X", SettingKind.Number, c => c.Teacher.Color,
            "How far the colours of the network's view change. Default: 0.5.") { Minimum = 0, Maximum = 1 },
        new("teacher.cutOut", "--cut-out", "SHARE", SettingKind.Number, c => c.Teacher.CutOut,
            "How often a box of the network's view is grey. Default: 0.") { Minimum = 0, Maximum = 1 },
        new("teacher.cutMix", "--cut-mix", "SHARE", SettingKind.Number, c => c.Teacher.CutMix,
            "How often a box of the network's view shows another photograph, and its target. Default: 0.5.") { Minimum = 0, Maximum = 1 },

        new("balancing.rule", "--balance", "RULE", SettingKind.Text, c => c.Balancing.Rule,
            "How the tasks' losses are weighed, whatever the method: equal; fixed (--task-weights); uncertainty; dwa; "
            + "random; pcgrad; labels. "
            + "Default: equal."),
        new("balancing.taskWeights", "--task-weights", "LIST", SettingKind.Numbers, c => c.Balancing.TaskWeights,
            "For --balance fixed: a weight of 0 or more for each task, in order, separated by commas.") { Minimum = 0 },
        new("balancing.dwaTemperature", "--dwa-temperature", "X", SettingKind.Number, c => c.Balancing.DwaTemperature,
            "For --balance dwa. "
            + $"Default: {Number(new BalancingOptions().Temperature)}, as published.") { Minimum = 0, IsAboveMinimum = true },

        new("run.evalEvery", "--eval-every", "STEPS", SettingKind.Whole, c => c.Run.EvalEvery,
            "Score in between, after every so many steps. Default: at the end only.") { Minimum = 1 },
        new("run.saveEvery", "--save-every", "STEPS", SettingKind.Whole, c => c.Run.SaveEvery,
            $"Save the checkpoint after every so many steps. Default: {TrainSettings.DefaultSaveEvery}.") { Minimum = 1 },
        new("run.keep", "--keep", "N", SettingKind.Whole, c => c.Run.Keep,
            "Keep the last N checkpoints under their steps too, such as checkpoint-00000500.safetensors. Default: only the last one.")
            { Minimum = 1, Maximum = 1_000_000 },
        new("run.earlyStopping", "--early-stopping", "N", SettingKind.Whole, c => c.Run.EarlyStopping,
            "End when scores were no better N times in a row; needs --eval-every. Default: off.") { Minimum = 1, Maximum = int.MaxValue },
        new("run.minImprovement", "--min-improvement", "PERCENT", SettingKind.Number, c => c.Run.MinImprovement,
            "By how much scores have to be better to count, on geometric average over the tasks. Default: 0.") { Minimum = 0 },
        new("run.baseline", "--baseline", "FILE", SettingKind.Path, c => c.Run.Baseline,
            "A results.json to compare with: adds Delta %, the mean improvement over it."),

        new("machine.device", "--device", "auto|cpu|cuda[:N]", SettingKind.Device, c => c.Machine.Device,
            "Where to compute; auto takes a GPU if there is one. Default: auto."),
        new("machine.threads", "--threads", "N", SettingKind.Whole, c => c.Machine.Threads,
            "Threads of the arithmetic. Default: what OMP_NUM_THREADS says, else one a core.") { Minimum = 1, Maximum = 1024 },
        new("machine.workers", "--workers", "N", SettingKind.Whole, c => c.Machine.Workers,
            "Threads that read and prepare samples. Default: one a core, at most 4.") { Minimum = 1, Maximum = 256 },
        new("machine.chunkBytes", "--chunk-bytes", "N", SettingKind.Whole, c => c.Machine.ChunkBytes,
            "Bytes of a layer's input and output that are worked on at once, so that they stay in cache. Default: chosen.") { Minimum = 1 },
        new("machine.deterministic", "--deterministic", null, SettingKind.Flag, c => c.Machine.Deterministic,
            "On a GPU, algorithms that give the same result every time, where there are any; slower. A CPU always does, for the same "
            + "--threads."),
    ];
    // csharpier-ignore-end

    /// <summary>Sections and what they are about.</summary>
    public static IReadOnlyList<(string Name, string Title)> Sections { get; } =
    [
        ("data", "Data and labels"),
        ("benchmark", "How the files of benchmarks are read"),
        ("network", "Backbone, decoder and their weights"),
        ("training", "Training"),
        ("augmentation", "Changes of samples beside crops, flips and the published colours"),
        ("domain", "Sources that differ"),
        ("optimizer", "Adam, its rate, clipping and average"),
        ("jointTask", "Joint-Task Regularization (method jtr)"),
        ("methods", "The other methods"),
        ("teacher", "The method teacher"),
        ("balancing", "Weights of the tasks' losses"),
        ("run", "Scores and checkpoints on the way"),
        ("machine", "Where and with what to compute"),
    ];

    /// <summary>Settings that say the same as another one: the command line's counts, and the file's other one does not.</summary>
    public static IReadOnlyList<(string One, string Other)> Rivals { get; } =
    [("training.steps", "training.epochs"), ("data.scenario", "data.labels")];

    /// <summary>The setting of a key.</summary>
    public static Setting Get(string key) => Find(key) ?? throw new ArgumentException($"there is no setting '{key}'", nameof(key));

    /// <summary>Options of some settings, for the help page of a command.</summary>
    /// <param name="title">What they are about.</param>
    /// <param name="keys">The settings' keys.</param>
    public static OptionGroup Group(string title, params IEnumerable<string> keys) =>
        new(title, [.. keys.Select(k => Get(k).MakeOption())]);

    /// <summary>A setting by its key, in any case, or null.</summary>
    public static Setting? Find(string key) => All.FirstOrDefault(s => string.Equals(s.Key, key, StringComparison.OrdinalIgnoreCase));

    /// <summary>The key that a wrong one may have meant, or null.</summary>
    public static string? Suggest(string key)
    {
        string name = Last(key);
        // As the option is spelled: batch-size, --lr-schedule.
        string option = $"--{name.TrimStart('-')}";
        if (All.FirstOrDefault(s => string.Equals(s.Option, option, StringComparison.OrdinalIgnoreCase)) is { } spelled)
            return spelled.Key;
        (string Key, int Slips) best = All.Select(s =>
                (
                    s.Key,
                    Math.Min(
                        Suggestion.Distance(key.ToUpperInvariant(), s.Key.ToUpperInvariant()),
                        // The right name in the wrong section, or in none.
                        Suggestion.Distance(name.ToUpperInvariant(), Last(s.Key).ToUpperInvariant())
                    )
                )
            )
            .MinBy(s => s.Item2);
        if (best.Slips <= 2 && best.Slips < name.Length / 2 + 1)
            return best.Key;
        // A part of a name, where it is one setting's alone: first of the section, then of all.
        string section = key[..^name.Length];
        return Only(All.Where(s => s.Key.StartsWith(section, StringComparison.OrdinalIgnoreCase))) ?? Only(All);

        string? Only(IEnumerable<Setting> among)
        {
            Setting[] found =
                name.Length < 3 ? [] : [.. among.Where(s => Last(s.Key).Contains(name, StringComparison.OrdinalIgnoreCase)).Take(2)];
            return found.Length == 1 ? found[0].Key : null;
        }
    }

    /// <summary>
    /// A sentence with the settings of the section that a wrong key is in, where no single one suggests itself; else null.
    /// </summary>
    public static string? Siblings(string key)
    {
        if (Suggest(key) is not null)
            return null;
        string section = key.Split('.')[0];
        string[] names = [.. All.Where(s => s.Key.StartsWith(section + ".", StringComparison.OrdinalIgnoreCase)).Select(s => Last(s.Key))];
        return names.Length > 0
            ? $"'{section}' has {string.Join(", ", names)}."
            : $"The sections are {string.Join(", ", Sections.Select(s => s.Name))}.";
    }

    private static string Last(string key) => key[(key.LastIndexOf('.') + 1)..];

    private static string Alternatives<T>(IReadOnlyList<(string Word, T Value)> words) => string.Join('|', Of(words));

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    // "1e-3"
    private static string Rate(double value) => value.ToString("0.###e-0", CultureInfo.InvariantCulture);

    private static string[] Of<T>(IReadOnlyList<(string Word, T Value)> words) => [.. words.Select(w => w.Word)];
}
