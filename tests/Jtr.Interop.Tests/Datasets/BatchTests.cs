using System.Runtime.CompilerServices;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

[TestFixture]
public sealed unsafe class BatchTests
{
    private static readonly TaskSet Tasks = new(new SegmentationTask("seg", 4), new DepthTask(), new NormalsTask());

    [Test]
    public void A_new_batch_is_zero_and_aligned()
    {
        using Batch batch = new(Tasks, views: 3, capacity: 2, height: 5, width: 7);

        Assert.That(batch.Images.ToArray(), Is.EqualTo(new float[3 * 2 * 3 * 5 * 7]));
        Assert.That(batch.Labels.ToArray(), Is.EqualTo(new float[3 * 2 * 5 * 5 * 7]));
        Assert.That(batch.Labeled.ToArray(), Is.EqualTo(new byte[2 * 3]));
        Assert.That(batch.Indices.ToArray(), Is.EqualTo(new int[2]));
        Assert.That((ulong)batch.ImagesPointer % 64, Is.Zero);
        Assert.That((ulong)batch.LabelsPointer % 64, Is.Zero);
    }

    [Test]
    public void Pointers_and_spans_show_the_same_memory()
    {
        using Batch batch = new(Tasks, 2, 2, 4, 4);
        batch.Images[5] = 0.5f;
        batch.Labels[6] = 2f;
        batch.Labeled[3] = 1;

        Assert.That(batch.ImagesPointer[5], Is.EqualTo(0.5f));
        Assert.That(batch.LabelsPointer[6], Is.EqualTo(2f));
        Assert.That(batch.LabeledPointer[3], Is.EqualTo(1));
    }

    [Test]
    public void A_sample_lies_at_view_then_sample_without_gaps_for_the_samples_in_use()
    {
        using Batch batch = new(Tasks, 3, 4, 2, 3) { Samples = 3 };
        const int image = 3 * 2 * 3;
        const int label = 5 * 2 * 3;
        Assert.That(batch.Images.Length, Is.EqualTo(3 * 3 * image));
        Assert.That(batch.Labels.Length, Is.EqualTo(3 * 3 * label));
        Assert.That(batch.Labeled.Length, Is.EqualTo(3 * 3));

        SampleBuffer sample = batch.GetSample(view: 2, sample: 1);
        sample.Image[0] = 0.25f;
        sample.Label(2)[0] = -1f;

        Assert.That(batch.Images[(2 * 3 + 1) * image], Is.EqualTo(0.25f));
        Assert.That(batch.Labels[(2 * 3 + 1) * label + 2 * 2 * 3], Is.EqualTo(-1f), "normals begin behind two label channels");
    }

    [Test]
    public void The_labelled_tasks_of_a_sample_are_bytes_in_its_row()
    {
        using Batch batch = new(Tasks, 1, 3, 2, 2);
        batch.SetLabeled(1, new TaskMask(0b1101));

        Assert.That(batch.Labeled.ToArray(), Is.EqualTo(new byte[] { 0, 0, 0, 1, 0, 1, 0, 0, 0 }));
        Assert.That(batch.GetLabeled(1), Is.EqualTo(new TaskMask(0b101)));
        batch.SetLabeled(1, TaskMask.None);
        Assert.That(batch.GetLabeled(1), Is.EqualTo(TaskMask.None));
    }

    [TestCase(0)]
    [TestCase(5)]
    public void The_number_of_samples_stays_within_the_capacity(int samples)
    {
        using Batch batch = new(Tasks, 1, 4, 2, 2);
        Assert.That(() => batch.Samples = samples, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(batch.Samples, Is.EqualTo(4));
    }

    [Test]
    public void Places_outside_the_batch_are_refused()
    {
        using Batch batch = new(Tasks, 2, 4, 2, 2) { Samples = 3 };
        Assert.That(() => batch.GetSample(2, 0), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("view"));
        Assert.That(() => batch.GetSample(0, 3), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("sample"));
        Assert.That(() => batch.SetLabeled(-1, default), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => batch.GetLabeled(3), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0, 1, 1, 1, "views")]
    [TestCase(1, 0, 1, 1, "capacity")]
    [TestCase(1, 1, 0, 1, "height")]
    [TestCase(1, 1, 1, -1, "width")]
    [TestCase(3, 100, 2048, 2048, "capacity")]
    public void Impossible_sizes_are_refused_by_name(int views, int capacity, int height, int width, string name) =>
        Assert.That(
            () => new Batch(Tasks, views, capacity, height, width),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(name)
        );

    [Test]
    public void Nothing_is_given_out_after_dispose()
    {
        Batch batch = new(Tasks, 1, 1, 2, 2);
        batch.Dispose();
        batch.Dispose();

        Assert.That(() => batch.Images.Length, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => batch.Labels.Length, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => batch.Labeled.Length, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => batch.Indices.Length, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => batch.GetSample(0, 0), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => batch.SetLabeled(0, default), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Forgotten_batches_are_freed_by_the_collector()
    {
        // 24 x 48 MiB are 1.1 GiB.
        long before = Environment.WorkingSet;
        for (int i = 0; i < 24; i++)
        {
            Forget();
            if (i % 4 != 3)
                continue;
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.That(Environment.WorkingSet - before, Is.LessThan(1L << 29), "bytes more resident than before");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_span_stays_good_when_its_batch_is_forgotten_or_disposed(bool dispose)
    {
        Span<float> images = Filled(dispose),
            labels = Other(dispose);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            // What would lie in the place of memory that was freed.
            Forget();
        }
        Assert.That(images.IndexOfAnyExcept(0.25f), Is.EqualTo(-1));
        labels.Fill(3f);
        Assert.That(labels.IndexOfAnyExcept(3f), Is.EqualTo(-1));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Span<float> Filled(bool dispose)
    {
        Batch batch = new(Tasks, 3, 4, 512, 256);
        Span<float> images = batch.Images;
        images.Fill(0.25f);
        if (dispose)
            batch.Dispose();
        return images;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Span<float> Other(bool dispose)
    {
        Batch batch = new(Tasks, 3, 4, 512, 256);
        Span<float> labels = batch.Labels;
        if (dispose)
            batch.Dispose();
        return labels;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget()
    {
        Batch batch = new(Tasks, 3, 4, 512, 256);
        batch.Images[^1] = 1f;
    }
}
