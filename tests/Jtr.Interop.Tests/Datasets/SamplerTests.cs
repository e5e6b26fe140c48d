using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>Samplers and data sets of users, in loaders, fits and evaluations.</summary>
public sealed class SamplerTests
{
    [Test]
    public void A_sampler_says_the_samples_of_every_epoch()
    {
        DataLoaderOptions options = new()
        {
            BatchSize = 2,
            Views = 1,
            Augment = false,
            Workers = 2,
            Seed = 5,
            Sampler = new Rotation(),
        };
        using DataLoader loader = new(new MemoryDataset(3, 4, 4), null, options);
        List<int> seen = [];
        for (int i = 0; i < 4; i++)
        {
            Batch batch = loader.Next();
            seen.AddRange(batch.Indices);
            loader.Recycle(batch);
        }
        Assert.That(seen, Is.EqualTo(new[] { 2, 0, 1, 0, 1, 2 }), "seed 5 begins at 5 modulo 3, and one further each epoch");
    }

    [Test]
    public void The_default_is_the_shuffle()
    {
        int[] order = new int[50],
            loaded = new int[50];
        new ShuffleSampler().Fill(9, 3, order);
        using DataLoader loader = new(
            new MemoryDataset(50, 4, 4),
            null,
            new()
            {
                BatchSize = 50,
                Views = 1,
                Augment = false,
                Seed = 9,
                FirstBatch = 3,
            }
        );
        loader.Next().Indices.CopyTo(loaded);
        Assert.That(loaded, Is.EqualTo(order));
        Assert.That(order, Is.Unique);
    }

    [TestCase(-1)]
    [TestCase(3)]
    public void An_index_that_is_none_reaches_the_caller(int index)
    {
        using DataLoader loader = new(new MemoryDataset(3, 4, 4), null, new() { Sampler = new Constant(index) });
        for (int i = 0; i < 2; i++)
            Assert.That(
                () => loader.Next(),
                Throws.InvalidOperationException.With.Message.Contain($"gave index {index} for epoch {i}; the data set has 3 samples")
            );
    }

    [Test]
    public async Task A_fit_and_an_evaluation_on_a_thread_of_its_own_use_what_is_given()
    {
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
        Counting data = new(SmallModel.Data());
        await trainer.FitAsync(
            data,
            new FitOptions
            {
                Steps = 2,
                BatchSize = 5,
                Workers = 1,
                Sampler = new Constant(4),
            }
        );
        Assert.That(data.Indices, Is.EqualTo(new[] { 4 }));
        EvaluationResult own = await trainer.EvaluateAsync(data);
        Assert.That(own.ToJson(), Is.EqualTo(trainer.Evaluate(data).ToJson()));
        Assert.That(data.Indices, Is.EqualTo(Enumerable.Range(0, 10)));
        Assert.That(
            () => trainer.EvaluateAsync(data, cancellationToken: new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(
            () => trainer.EvaluateAsync(data, new EvaluateOptions { BatchSize = 0 }),
            Throws.InstanceOf<ArgumentOutOfRangeException>()
        );
    }

    [Test]
    public void A_decorator_forwards_everything()
    {
        MemoryDataset inner = new(3, 4, 8);
        Counting data = new(inner);
        Assert.That((data.Tasks, data.Count, data.Height, data.Width), Is.EqualTo((inner.Tasks, 3, 4, 8)));
        Assert.That((data.GetName(1), data.GetLabeled(1)), Is.EqualTo((inner.GetName(1), inner.GetLabeled(1))));
        float[] image = new float[3 * 32],
            labels = new float[inner.Tasks.TotalLabelChannels * 32];
        Assert.That(
            ((IMultiTaskDataset)data).Read(2, data.Tasks.All, new SampleBuffer(data.Tasks, 4, 8, image, labels)),
            Is.EqualTo(data.Tasks.All)
        );
        Assert.That(image[7], Is.EqualTo(MemoryDataset.ImageValue(2, 7)));
        Assert.That(data.Indices, Is.EqualTo(new[] { 2 }), "one override sees both reads");
    }

    private sealed class Rotation : ISampler
    {
        public void Fill(ulong seed, long epoch, Span<int> samples)
        {
            for (int i = 0; i < samples.Length; i++)
                samples[i] = (int)(((long)seed + epoch + i) % samples.Length);
        }
    }

    private sealed class Constant(int index) : ISampler
    {
        public void Fill(ulong seed, long epoch, Span<int> samples) => samples.Fill(index);
    }

    private sealed class Counting(IMultiTaskDataset data) : DatasetDecorator(data)
    {
        private readonly SortedSet<int> _read = [];

        public IReadOnlyCollection<int> Indices
        {
            get
            {
                lock (_read)
                    return [.. _read];
            }
        }

        public override TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
        {
            lock (_read)
                _read.Add(index);
            return base.Read(index, wanted, destination, cancellationToken);
        }
    }
}
