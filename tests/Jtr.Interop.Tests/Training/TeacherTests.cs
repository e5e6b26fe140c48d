using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>The method "teacher" from C#, and methods that add their terms to each other's.</summary>
public sealed class TeacherTests
{
    private static readonly TrainerOptions _taught = SmallModel.Options with
    {
        Method = "jtr+teacher",
        Width = 2,
        Teacher = new TeacherOptions
        {
            Weight = 0.5,
            RampUpSteps = 0,
            Target = TeacherTarget.Hard,
            Selection = TeacherSelection.Fixed,
            Threshold = 0.1,
            CutMix = 0.25,
        },
    };

    [Test]
    public void Methods_stand_beside_each_other_with_all_their_terms()
    {
        using Trainer trainer = new(_taught);
        Assert.Multiple(() =>
        {
            Assert.That(trainer.Views, Is.EqualTo(3));
            Assert.That(
                trainer.TermNames,
                Is.EqualTo(
                    new[]
                    {
                        "supervised",
                        "supervised.seg",
                        "supervised.depth",
                        "jtr.dist",
                        "jtr.recon",
                        "teacher.agreement",
                        "teacher.agreement.seg",
                        "teacher.agreement.depth",
                        "teacher.taught.seg",
                        "teacher.taught.depth",
                    }
                )
            );
            Assert.That(trainer.Options.EmaDecay, Is.EqualTo(TrainerOptions.DefaultTeacherDecay), "the teacher is an average");
        });
        using Batch batch = SmallModel.CreateBatch();
        using Trainer alone = new(_taught with { Method = "jtr" });
        Assert.That(trainer.Step(batch).Loss, Is.GreaterThan(alone.Step(batch).Loss));
    }

    [Test]
    public void The_native_library_gets_what_was_said_and_nothing_else()
    {
        string native = OptionsWriter.Trainer(_taught);
        Assert.That(
            native,
            Does.Contain(
                "\"beside\":[{\"name\":\"teacher\",\"weight\":0.5,\"ramp_up_steps\":0,\"target\":\"hard\",\"selection\":\"fixed\","
                    + "\"threshold\":0.1,\"cut_mix\":0.25}]"
            )
        );
    }

    [Test]
    public void Options_survive_in_checkpoints() =>
        Assert.That(OptionsDocument.Read(OptionsDocument.Write(_taught), "a file").Teacher, Is.EqualTo(_taught.Teacher));

    [Test]
    public void Names_of_several_methods_are_taken_apart() =>
        Assert.Multiple(() =>
        {
            Assert.That(JtrRuntime.FindMethod("supervised++teacher")!.Parts.Select(m => m.Name), Is.EqualTo(["supervised+", "teacher"]));
            Assert.That(JtrRuntime.FindMethod("supervised+teacher")!.Parts.Select(m => m.Name), Is.EqualTo(["supervised", "teacher"]));
            Assert.That(JtrRuntime.FindMethod("mtpsl+teacher")!.MinTasks, Is.EqualTo(2));
            Assert.That(JtrRuntime.FindMethod("mtpsl+teacher")!.HasTeacher, Is.True);
            Assert.That(JtrRuntime.FindMethod("jtr")!.HasTeacher, Is.False);
            foreach (string none in (string[])["", "+", "jtr+", "+jtr", "jtr+jtr", "jtr+nothing", "Jtr"])
                Assert.That(JtrRuntime.FindMethod(none), Is.Null, none);
        });

    [Test]
    public void What_cannot_be_is_refused_by_name() =>
        Assert.Multiple(() =>
        {
            Assert.That(
                () => new Trainer(_taught with { Method = "jtr+nobody" }),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("Method").And.Message.Contains("teacher")
            );
            Assert.That(
                () => new Trainer(_taught with { Teacher = new TeacherOptions { Threshold = 1.5 } }),
                Throws.ArgumentException.With.Message.Contains("threshold")
            );
            Assert.That(
                () => new Trainer(_taught with { Teacher = new TeacherOptions { Target = (TeacherTarget)7 } }),
                Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("Teacher.Target")
            );
        });

    [Test]
    public async Task A_fit_learns_from_samples_without_any_label()
    {
        // One sample of eight has labels: without the teacher the others say nothing.
        MemoryDataset data = new(8, SmallModel.Size, SmallModel.Size, SmallModel.Tasks, i => i == 0 ? SmallModel.Tasks.All : TaskMask.None);
        FitOptions fit = new() { Steps = 3, BatchSize = 4 };
        TrainerOptions options = _taught with { Method = "teacher" };
        using Trainer taught = new(options);
        using Trainer untaught = new(options with { Teacher = new TeacherOptions { Weight = 0 } });
        await taught.FitAsync(data, fit);
        await untaught.FitAsync(data, fit);
        Assert.That(SmallModel.Snapshot(taught), Is.Not.EqualTo(SmallModel.Snapshot(untaught)));
    }
}
