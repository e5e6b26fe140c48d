namespace Jtr.Cli.Tests;

/// <summary>Command lines that are wrong: one clear line, nothing done, exit code 2.</summary>
public sealed class UsageErrorTests
{
    [TestCase("trian", "there is no command 'trian'. Did you mean train?")]
    [TestCase("train --stepz 3", "there is no option '--stepz'. Did you mean --steps?")]
    [TestCase("train --optim adam", "there is no option '--optim'. Did you mean --optimizer?")]
    [TestCase("train --optimizer adem", "--optimizer must be one of adam, adamw, sgd, not 'adem'. Did you mean 'adam'?")]
    [TestCase("train --momentum 0.9", "there is no option '--momentum'. Did you mean --sgd-momentum?")]
    [TestCase("train --num-workers 2", "there is no option '--num-workers'. Did you mean --workers?")]
    [TestCase("train --imgsz 64", "there is no option '--imgsz'. Did you mean --size?")]
    [TestCase("train --val a", "there is no option '--val'. Did you mean --test?")]
    [TestCase("train --quite", "there is no option '--quite'. Did you mean --quiet?")]
    [TestCase("eval", "there is no command 'eval'. Did you mean evaluate?")]
    [TestCase("infer", "there is no command 'infer'. Did you mean predict?")]
    [TestCase("train --lr -1", "--learning-rate must be a number above 0, not '-1'.")]
    [TestCase("train --batch 0", "--batch-size must be a whole number of 1 to 65536, not '0'.")]
    [TestCase("train --epoch none", "--epochs must be a whole number of 1 to 2147483647, not 'none'.")]
    [TestCase("train --frobnicate", "there is no option '--frobnicate'.")]
    [TestCase("train more", "there is no argument 'more'.")]
    [TestCase("train --steps 0", "--steps must be a whole number of 1 or more, not '0'.")]
    [TestCase("train --steps many", "--steps must be a whole number of 1 or more, not 'many'.")]
    [TestCase("train --batch-size 65537", "--batch-size must be a whole number of 1 to 65536, not '65537'.")]
    [TestCase("train --size 96", "--size must be two numbers up to 4096, rows x columns, such as 96x128, not '96'.")]
    [TestCase("train --size 0x128", "--size must be two numbers up to 4096, rows x columns, such as 96x128, not '0x128'.")]
    [TestCase(
        "train --size 100x128 --backbone segnet --method jtr",
        "--size is 100x128; this network and method take multiples of 32, such as 96x128."
    )]
    [TestCase("train --learning-rate -1", "--learning-rate must be a number above 0, not '-1'.")]
    [TestCase("train --learning-rate NaN", "--learning-rate must be a number above 0, not 'NaN'.")]
    [TestCase("train --lr-decay-factor 1.5", "--lr-decay-factor must be a number above 0, at most 1, not '1.5'.")]
    [TestCase("train --scenario some", "--scenario must be one of asfound, onelabel, randomlabels, halflabels, full, not 'some'.")]
    [TestCase("train --mode fast", "--mode must be one of published, corrected, not 'fast'.")]
    [TestCase(
        "train --precision float16",
        "--precision must be one of float32, float64, bfloat16, not 'float16'. Did you mean 'bfloat16'?"
    )]
    [TestCase("train --recomputation all", "--recomputation must be one of norms, stages, none, not 'all'.")]
    [TestCase("train --device tpu", "--device must be auto, cpu, cuda or cuda:N, not 'tpu'.")]
    [TestCase("train --tasks depth,,normals", "--tasks must be a list separated by commas, not 'depth,,normals'.")]
    [TestCase("train --steps 5 --epochs 5", "--steps and --epochs say the same thing in two ways; give one of them.")]
    [TestCase("train --test somewhere", "--test is for folders: scenes are scored on further scenes, see --test-scenes.")]
    [TestCase("train --class-names a,b", "--class-names is for folders: the classes of scenes have names.")]
    [TestCase(
        "train --method magic",
        "--method must be one of supervised, single_task, consistency, direct_map, perceptual_map, mtpsl, jtr, "
            + "teacher, supervised+, prototypes, specialists, not 'magic'."
    )]
    [TestCase("train --labels a.pth --scenario full", "--labels and --scenario say the same thing in two ways; give one of them.")]
    [TestCase("train --classes 12", "--classes must be one of 7, 19, 13, 40, not '12'.")]
    [TestCase(
        "train --classes 13",
        "--classes and the other options of benchmarks are for NYU-v2, Cityscapes and Taskonomy, not for scenes."
    )]
    [TestCase("train --flip some", "--flip must be one of none, all, published, not 'some'.")]
    [TestCase("train --data nyuv2:", "'nyuv2:' lacks a path: write nyuv2:PATH.")]
    [TestCase("inspect", "Name the data: a folder, a packed file, or scenes.")]
    [TestCase("pack scenes", "Name the file to write with --output, such as data.jtrpack.")]
    [TestCase("pack scenes --output a.jtrpack --part some", "--part must be one of train, test, not 'some'.")]
    [TestCase("evaluate", "Name a checkpoint, such as jtr-run/checkpoint.safetensors.")]
    [TestCase("predict", "Name a checkpoint, such as jtr-run/checkpoint.safetensors.")]
    [TestCase("predict a.safetensors b.jpg --data scenes", "Name photographs or --data, not both.")]
    public void A_wrong_command_line_is_explained_in_a_line(string line, string message)
    {
        CliRun run = CliRun.Of(line.Split(' '));
        Assert.That(run.Error.Split('\n')[0].TrimEnd(), Is.EqualTo($"jtr: {message}"));
        Assert.That(run.Error, Does.Contain("--help' explains it."));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
    }

    [Test]
    public void Several_wrong_values_are_all_named()
    {
        CliRun run = CliRun.Of("train", "--steps", "0", "--size", "0x1");
        Assert.That(run.Error, Does.Contain("jtr: --steps").And.Contain("jtr: --size"));
    }

    [TestCase("train --steps")]
    [TestCase("train --data")]
    public void A_missing_value_is_named(string line)
    {
        CliRun run = CliRun.Of(line.Split(' '));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain(line.Split(' ')[1]));
    }

    [Test]
    public void An_unknown_task_of_the_scenes_is_named_with_those_that_exist()
    {
        CliRun run = CliRun.Of("train", "--tasks", "taste");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain("'taste'").And.Contain("segmentation, depth, normals"));
    }
}
