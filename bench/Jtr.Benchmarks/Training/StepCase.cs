using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Native;
using Jtr.Interop.Training;
using Api = Jtr.Bindings.NativeMethods.__Internal;
using Raw = Jtr.Bindings;

namespace Jtr.Benchmarks.Training;

/// <summary>One batch of scenes and two trainers of the same options: one called through the library, one through the C interface alone.</summary>
internal sealed unsafe class StepCase : IDisposable
{
    private readonly nint _native;

    public StepCase(int size, int width, int samples, string method)
    {
        SceneDataset scenes = new(new SceneOptions { Count = samples, Height = size, Width = 2 * size });
        TrainerOptions options = new() { Tasks = scenes.Tasks, Method = method, Width = width, Seed = 1, Device = DeviceKind.Cpu };
        Managed = new Trainer(options);
        Batch = new Batch(scenes.Tasks, Managed.Views, samples, size, 2 * size);
        using (DataLoader loader = new(scenes, LabelAssignment.Draw(LabelScenario.OneLabel, scenes, 1), new DataLoaderOptions { BatchSize = samples, Views = Managed.Views, Seed = 1 }))
        {
            Batch first = loader.Next();
            first.Images.CopyTo(Batch.Images);
            first.Labels.CopyTo(Batch.Labels);
            first.Labelled.CopyTo(Batch.Labelled);
        }
        using NativeArena arena = new();
        Raw.TrainerOptions.__Internal native = NativeOptions.Trainer(arena, options);
        _native = NativeError.CheckHandle(Api.TrainerCreate((nint)(&native)));
    }

    public Trainer Managed { get; }

    public Batch Batch { get; }

    /// <summary>A step as a C program would call it.</summary>
    public double NativeStep()
    {
        Raw.Batch.__Internal batch = new()
        {
            struct_size = (ulong)sizeof(Raw.Batch.__Internal),
            views = Batch.Views,
            samples = Batch.Samples,
            height = Batch.Height,
            width = Batch.Width,
            images = (nint)Batch.ImagesPointer,
            labels = (nint)Batch.LabelsPointer,
            labelled = (nint)Batch.LabelledPointer,
        };
        Raw.StepResult.__Internal result = new() { struct_size = (ulong)sizeof(Raw.StepResult.__Internal) };
        NativeError.Check(Api.TrainerStep(_native, (nint)(&batch), 0, (nint)(&result)));
        return result.loss;
    }

    public double ManagedStep() => Managed.Step(Batch).Loss;

    public void Dispose()
    {
        Managed.Dispose();
        Batch.Dispose();
        Api.TrainerDestroy(_native);
    }
}
