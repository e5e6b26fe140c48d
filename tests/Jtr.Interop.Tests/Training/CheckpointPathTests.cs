using Jtr.Interop.Checkpoints;
using Jtr.Interop.Inference;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>What may be named where a checkpoint is wanted, and what is said of other files.</summary>
public sealed class CheckpointPathTests
{
    [Test]
    public void The_folder_of_a_run_stands_for_its_checkpoint_everywhere()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = SmallModel.Create();
        string file = folder.File("checkpoint.safetensors");
        trainer.Save(file);
        Assert.That(CheckpointInfo.Read(folder.Path).Path, Is.EqualTo(file));
        using (Trainer loaded = Trainer.Load(folder.Path))
            Assert.That(loaded.Tasks, Is.EqualTo(trainer.Tasks));
        using (Predictor predictor = Predictor.Load(folder.Path))
            Assert.That(predictor.Tasks, Is.EqualTo(trainer.Tasks));
        using Trainer begun = Trainer.Create(SmallModel.Options with { Seed = 8 }, new InitFrom(folder.Path));
        Assert.That(begun.State.Read(begun.State.First().Name), Is.EqualTo(trainer.State.Read(trainer.State.First().Name)));
    }

    [Test]
    public void A_checkpoint_knows_the_size_that_was_trained_on_also_after_it_was_loaded()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("a.safetensors");
        using Trainer trainer = SmallModel.Create();
        trainer.Save(file);
        Assert.That(CheckpointInfo.Read(file).TrainingSize, Is.Null);
        trainer.Step(SmallModel.CreateBatch(height: 32, width: 64));
        trainer.Save(file);
        Assert.That(CheckpointInfo.Read(file).TrainingSize, Is.EqualTo((32, 64)));
        using Trainer loaded = Trainer.Load(file);
        loaded.Save(file);
        Assert.That(CheckpointInfo.Read(file).TrainingSize, Is.EqualTo((32, 64)));
    }

    [Test]
    public void A_folder_without_a_checkpoint_is_told()
    {
        using TemporaryFolder folder = new();
        Assert.That(
            () => CheckpointInfo.Read(folder.Path),
            Throws.TypeOf<FileNotFoundException>().With.Message.Contains($"{folder.Path}: this folder has no checkpoint.safetensors")
        );
    }

    [TestCase("89504E470D0A1A0A0000", "a PNG picture")]
    [TestCase("FFD8FFE000104A464946", "a JPEG picture")]
    [TestCase("504B0304140000000000", "a PyTorch file")]
    [TestCase("80027D71002E00000000", "a PyTorch file")]
    [TestCase("08071208000000000000", "an ONNX model")]
    [TestCase("7B227461736B73223A5B", "a JSON document")]
    public void A_file_that_is_no_checkpoint_is_told_with_what_it_is(string bytes, string what)
    {
        using TemporaryFolder folder = new();
        string file = folder.File("file");
        File.WriteAllBytes(file, Convert.FromHexString(bytes));
        Assert.That(
            () => CheckpointInfo.Read(file),
            Throws.TypeOf<JtrFormatException>().With.Message.StartsWith($"{file}: not a jtr checkpoint, but {what}")
        );
    }
}
