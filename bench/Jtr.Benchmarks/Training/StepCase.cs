using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Native;
using Jtr.Interop.Training;
using Api = Jtr.Bindings.NativeMethods.__Internal;
using Raw = Jtr.Bindings;

namespace Jtr.Benchmarks.Training;

/// <summary>
/// One batch of scenes and two trainers of the same options: one called through the library, one through the C interface alone.
/// </summary>
internal sealed unsafe class StepCase : IDisposable
{
    private readonly nint _native;
    private readonly TensorTable _inputs;

    public StepCase(int size, int width, int samples, string method)
    {
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = samples,
                Height = size,
                Width = 2 * size,
            }
        );
        TrainerOptions options = new()
        {
            Tasks = scenes.Tasks,
            Method = method,
            Width = width,
            Seed = 1,
            Device = DeviceKind.Cpu,
        };
        Managed = new Trainer(options);
        Batch = new Batch(scenes.Tasks, Managed.Views, samples, size, 2 * size);
        using (
            DataLoader loader = new(
                scenes,
                LabelAssignment.Draw(LabelScenario.OneLabel, scenes, 1),
                new DataLoaderOptions
                {
                    BatchSize = samples,
                    Views = Managed.Views,
                    Seed = 1,
                }
            )
        )
        {
            Batch first = loader.Next();
            first.Images.CopyTo(Batch.Images);
            first.Labels.CopyTo(Batch.Labels);
            first.Labeled.CopyTo(Batch.Labeled);
        }
        _inputs = new TensorTable(scenes.Tasks.Count + 2);
        _native = NativeError.CheckHandle(Api.TrainerCreate(OptionsWriter.Trainer(options)));
        Fill();
    }

    public Trainer Managed { get; }

    public Batch Batch { get; }

    /// <summary>A step as a C program would call it.</summary>
    public double NativeStep()
    {
        Raw.StepRequest.__Internal request = new()
        {
            struct_size = (ulong)sizeof(Raw.StepRequest.__Internal),
            inputs = _inputs.Address,
            input_count = _inputs.Count,
        };
        Raw.StepResult.__Internal result = new() { struct_size = (ulong)sizeof(Raw.StepResult.__Internal) };
        NativeError.Check(Api.TrainerStep(_native, (nint)(&request), (nint)(&result)));
        return result.loss;
    }

    public double ManagedStep() => Managed.Step(Batch).Loss;

    public void Dispose()
    {
        Managed.Dispose();
        Batch.Dispose();
        Api.TrainerDestroy(_native);
    }

    private void Fill()
    {
        _inputs.Add(
            new PinnedName("image"),
            Raw.Dtype.Float32,
            Batch.ImagesPointer,
            sizeof(float),
            Batch.Views,
            Batch.Samples,
            3,
            Batch.Height,
            Batch.Width
        );
        TaskTensors
            .OfLabels(Batch.Tasks)
            .AddTo(_inputs, Raw.Dtype.Float32, Batch.LabelsPointer, sizeof(float), Batch.Views, Batch.Samples, Batch.Height, Batch.Width);
        _inputs.Add(new PinnedName("labelled"), Raw.Dtype.Uint8, Batch.LabeledPointer, sizeof(byte), Batch.Samples, Batch.Tasks.Count);
    }
}
