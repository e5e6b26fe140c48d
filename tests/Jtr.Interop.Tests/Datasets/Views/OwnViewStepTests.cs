using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Datasets.Views;

/// <summary>View steps that users write.</summary>
public sealed class OwnViewStepTests
{
    private static readonly DataLoaderOptions Options = new()
    {
        BatchSize = 2,
        Views = 3,
        Seed = 5,
        Flip = FlipMode.EveryView,
        Workers = 2,
    };

    [TestCase(true)]
    [TestCase(false)]
    public void Own_steps_change_each_view_after_all_else_and_leave_missing_labels_alone(bool augment)
    {
        MemoryDataset data = new(4, labeled: i => TaskMask.None.With(i % 4));
        DataLoaderOptions options = Options with { Augment = augment };
        using DataLoader plain = new(data, options: options);
        using DataLoader changed = new(
            data,
            options: options with
            {
                ViewSteps = [() => new Affine(0.5f, 0.25f), () => new Affine(0.25f, 0)],
            }
        );
        for (int i = 0; i < 4; i++)
        {
            Batch before = plain.Next(),
                after = changed.Next();
            // Powers of two, and values below 1: exact but for one rounding of each sum, which both compute alike.
            float[] images = [.. before.Images.ToArray().Select(x => (x * 0.5f + 0.25f) * 0.25f)];
            for (int v = 0; v < 3; v++)
            {
                for (int b = 0; b < 2; b++)
                {
                    for (int t = 0; t < data.Tasks.Count; t++)
                    {
                        float[] expected = before.GetSample(v, b).Label(t).ToArray();
                        if (before.GetLabeled(b)[t])
                            expected = [.. expected.Select(x => (x * 0.5f + 0.25f) * 0.25f)];
                        Assert.That(after.GetSample(v, b).Label(t).ToArray(), Is.EqualTo(expected), $"view {v}, sample {b}, task {t}");
                    }
                }
            }
            Assert.That(after.Images.ToArray(), Is.EqualTo(images));
            Assert.That(after.Crops.ToArray(), Is.EqualTo(before.Crops.ToArray()));
            plain.Recycle(before);
            changed.Recycle(after);
        }
    }

    [Test]
    public void Their_random_numbers_depend_on_seed_epoch_sample_view_and_step_alone()
    {
        ViewKey key = new(1, 2, 3, 4);
        ulong[] first =
        [
            .. new[]
            {
                key,
                key,
                key with
                {
                    Seed = 2,
                },
                key with
                {
                    Epoch = 3,
                },
                key with
                {
                    Sample = 4,
                },
                key with
                {
                    View = 5,
                },
                key with
                {
                    Step = 1,
                },
            }.Select(k => k.Random().NextUInt64()),
        ];
        Assert.That(first[1], Is.EqualTo(first[0]));
        Assert.That(first.Distinct().Count(), Is.EqualTo(6));
        Assert.That(first, Has.None.EqualTo(key.Random(RandomUse.Crop).NextUInt64()));

        float[]? expected = null;
        foreach (int workers in new[] { 1, 4 })
        {
            using DataLoader loader = new(
                new MemoryDataset(5),
                options: Options with
                {
                    Workers = workers,
                    ViewSteps = [() => new Noise(), () => new Noise()],
                }
            );
            List<float> images = [];
            for (int i = 0; i < 6; i++)
            {
                Batch batch = loader.Next();
                images.AddRange(batch.Images);
                loader.Recycle(batch);
            }
            expected ??= [.. images];
            Assert.That(images.SequenceEqual(expected), "for any number of threads");
        }
    }

    [Test]
    public async Task A_fit_uses_them_in_every_epoch()
    {
        HashSet<long> epochs = [];
        FitOptions options = new()
        {
            Epochs = 2,
            BatchSize = 5,
            Workers = 1,
            ViewSteps =
            [
                () =>
                    new Noise(key =>
                    {
                        lock (epochs)
                            epochs.Add(key.Epoch);
                    }),
            ],
        };
        using Trainer with = SmallModel.Create(),
            without = SmallModel.Create();
        double first = (await with.FitAsync(SmallModel.Data(), options)).Last!.Value.Loss;
        double second = (await without.FitAsync(SmallModel.Data(), options with { ViewSteps = [] })).Last!.Value.Loss;
        Assert.That(first, Is.Not.EqualTo(second));
        // The loader may be a batch or two ahead.
        Assert.That(epochs, Is.SupersetOf(new long[] { 0, 1 }));
    }

    [Test]
    public void A_list_with_a_hole_is_refused_by_name()
    {
        Assert.That(
            (Options with { ViewSteps = [null!] }).Validate,
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo("ViewSteps")
        );
        Assert.That(
            new FitOptions { Steps = 1, ViewSteps = null! }.Validate,
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo("ViewSteps")
        );
    }

    private sealed class Affine(float factor, float sum) : IViewStep
    {
        public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labeled, ViewKey key)
        {
            for (int i = 0; i < source.Image.Length; i++)
                destination.Image[i] = source.Image[i] * factor + sum;
            for (int t = 0; t < source.Tasks.Count; t++)
            {
                if (!labeled[t])
                    continue;
                Span<float> from = source.Label(t),
                    to = destination.Label(t);
                for (int i = 0; i < from.Length; i++)
                    to[i] = from[i] * factor + sum;
            }
        }
    }

    private sealed class Noise(Action<ViewKey>? seen = null) : IViewStep
    {
        public void Apply(SampleBuffer source, SampleBuffer destination, TaskMask labeled, ViewKey key)
        {
            seen?.Invoke(key);
            CounterRandom random = key.Random();
            for (int i = 0; i < source.Image.Length; i++)
                destination.Image[i] = Math.Clamp(source.Image[i] + random.NextSingle(-0.1f, 0.1f), 0, 1);
            for (int t = 0; t < source.Tasks.Count; t++)
            {
                if (labeled[t])
                    source.Label(t).CopyTo(destination.Label(t));
            }
        }
    }
}
