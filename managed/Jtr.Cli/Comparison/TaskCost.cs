using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Cli.Comparison;

/// <summary>What a step of a method costs with K tasks.</summary>
/// <param name="Method">Name of the method.</param>
/// <param name="Tasks">K.</param>
/// <param name="Seconds">Time of a step: the median.</param>
/// <param name="ProcessorSeconds">Processor time of a step, of all threads: the median.</param>
/// <param name="PeakMebibytes">The most memory that the process held; null where it is unknown.</param>
/// <param name="AddedMebibytes">What the trainer and its steps added to that; null where it is unknown.</param>
/// <param name="Pairs">Pairs of an unlabelled and a labelled task of a sample, the mean; what pairwise methods work on.</param>
internal sealed record CostPoint(
    string Method,
    int Tasks,
    double Seconds,
    double ProcessorSeconds,
    double? PeakMebibytes,
    double? AddedMebibytes,
    double Pairs
);

/// <summary>cost.json.</summary>
internal sealed record CostDocument(TrainSettings Settings, int Steps, IReadOnlyList<CostPoint> Points);

/// <summary>
/// Time and memory of a step against the number of tasks: those of --tasks in turn, again and again under further names. By default they
/// are 1-channel maps, all alike in size, so that K alone changes: the scenes' four kinds of edges and keypoints.
/// </summary>
internal sealed class TaskCost(TrainSettings settings, DeviceChoice device, int steps)
{
    private static readonly (string Name, Func<CostPoint, double> Cost)[] _costs =
    [
        ("CPU ms a step", p => 1000 * p.ProcessorSeconds),
        ("MiB added by training", p => p.AddedMebibytes ?? double.NaN),
    ];

    private static readonly string[] _maps = ["texture_edges", "occlusion_edges", "keypoints2d", "keypoints3d"];

    /// <summary>
    /// Takes the steps of a measurement and forgets them: what the libraries allocate once must not count for whoever comes first.
    /// </summary>
    public void WarmUp(IEnumerable<string> methods, CancellationToken cancellationToken)
    {
        foreach (string method in methods)
            Measure(method, 2, cancellationToken);
    }

    /// <summary>Measures a method with K tasks: one step to warm up, then those that count.</summary>
    public CostPoint Measure(string method, int tasks, CancellationToken cancellationToken)
    {
        RepeatedTasks data = new(settings, tasks, (steps + 1) * settings.BatchSize);
        LabelAssignment labels = LabelAssignment.Draw(settings.Scenario, data, settings.Seed);
        List<Batch> batches = [];
        try
        {
            // All batches are there before anything is measured, and the threads that made them are gone.
            using (
                DataLoader loader = new(
                    data,
                    labels,
                    new DataLoaderOptions
                    {
                        BatchSize = settings.BatchSize,
                        Views = 3,
                        Seed = settings.Seed,
                        Shuffle = false,
                    }
                )
            )
            {
                while (batches.Count <= steps)
                    batches.Add(loader.Next(cancellationToken));
            }
            return Measure(method, data, labels, batches, cancellationToken);
        }
        finally
        {
            foreach (Batch batch in batches)
                batch.Dispose();
        }
    }

    private CostPoint Measure(
        string method,
        RepeatedTasks data,
        LabelAssignment labels,
        List<Batch> batches,
        CancellationToken cancellationToken
    )
    {
        ProcessMeter meter = ProcessMeter.Start(device.Gpu);
        using Trainer trainer = new(settings.With(run => run.Training.Method = method).ToTrainerOptions(data, labels, device));
        trainer.Step(batches[0], cancellationToken);
        double[] seconds = new double[steps],
            processor = new double[steps];
        double pairs = 0;
        for (int i = 0; i < steps; i++)
        {
            Batch batch = batches[i + 1];
            pairs += Pairs(batch);
            TimeSpan before = meter.Processor;
            long start = Stopwatch.GetTimestamp();
            trainer.Step(batch, cancellationToken);
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            processor[i] = (meter.Processor - before).TotalSeconds;
        }
        Array.Sort(seconds);
        Array.Sort(processor);
        double peak = meter.Peak;
        return new CostPoint(
            method,
            data.Tasks.Count,
            seconds[steps / 2],
            processor[steps / 2],
            Known(peak),
            Known(peak - meter.HeldAtStart),
            pairs / steps / settings.BatchSize
        );
    }

    /// <summary>The measurements as cells: a heading, then a line for each method and K.</summary>
    public static IReadOnlyList<string[]> Cells(IReadOnlyList<CostPoint> points) =>
        [
            ["method", "tasks", "ms/step", "CPU ms/step", "peak MiB", "added MiB", "pairs/sample"],
            .. points.Select(p =>
                (string[])
                    [
                        p.Method,
                        Number(p.Tasks, "F0"),
                        Number(1000 * p.Seconds, "F1"),
                        Number(1000 * p.ProcessorSeconds, "F1"),
                        Number(p.PeakMebibytes, "F0"),
                        Number(p.AddedMebibytes, "F0"),
                        Number(p.Pairs, "F2"),
                    ]
            ),
        ];

    /// <summary>How the cost grows: the exponent b of the power law a K^b that fits best (least squares of the logarithms).</summary>
    public static double Exponent(IEnumerable<(double Tasks, double Cost)> points)
    {
        (double X, double Y)[] logs = [.. points.Where(p => p.Cost > 0).Select(p => (Math.Log(p.Tasks), Math.Log(p.Cost)))];
        if (logs.Length < 2)
            return double.NaN;
        double x = logs.Average(p => p.X),
            y = logs.Average(p => p.Y);
        return logs.Sum(p => (p.X - x) * (p.Y - y)) / logs.Sum(p => (p.X - x) * (p.X - x));
    }

    /// <summary>
    /// Straight line and parabola through processor time and memory: a heading, then two lines for each method. What decides is how much
    /// better the parabola fits, and how much of the cost at the largest K is its K^2.
    /// </summary>
    public static IReadOnlyList<string[]> FitCells(IReadOnlyList<CostPoint> points)
    {
        List<string[]> cells =
        [
            ["method", "cost", "a + b K", "R^2", "a + b K + c K^2", "R^2", "K^2 share at the largest K", "power of K"],
        ];
        foreach (IGrouping<string, CostPoint> method in points.GroupBy(p => p.Method))
        {
            foreach ((string name, Func<CostPoint, double> cost) in _costs)
            {
                (double X, double Y)[] known = [.. method.Select(p => ((double)p.Tasks, cost(p))).Where(p => double.IsFinite(p.Item2))];
                PolynomialFit? line = PolynomialFit.Of(1, known),
                    parabola = PolynomialFit.Of(2, known);
                if (line is null || parabola is null)
                    continue;
                double most = known.Max(p => p.X);
                cells.Add([
                    method.Key,
                    name,
                    Polynomial(line),
                    Number(line.RSquared, "F4"),
                    Polynomial(parabola),
                    Number(parabola.RSquared, "F4"),
                    Number(100 * parabola.Coefficients[2] * most * most / parabola.At(most), "F0") + " %",
                    Number(Exponent(known), "F2"),
                ]);
            }
        }
        return cells;
    }

    /// <summary>Markdown, CSV, JSON and plot into a folder.</summary>
    public void Write(string folder, IReadOnlyList<CostPoint> points)
    {
        Directory.CreateDirectory(folder);
        WholeFile.Write(
            Path.Combine(folder, "cost.md"),
            $"{ComparisonTable.Markdown(Cells(points))}\n{ComparisonTable.Markdown(FitCells(points))}"
        );
        StringBuilder csv = new("method,tasks,seconds,processor_seconds,peak_mib,added_mib,pairs\n");
        foreach (CostPoint p in points)
            csv.AppendLine(
                CultureInfo.InvariantCulture,
                $"{Csv.Field(p.Method)},{p.Tasks},{p.Seconds:R},{p.ProcessorSeconds:R},{p.PeakMebibytes:R},{p.AddedMebibytes:R},{p.Pairs:R}"
            );
        WholeFile.Write(Path.Combine(folder, "cost.csv"), csv.ToString().ReplaceLineEndings("\n"));
        WholeFile.Write(
            Path.Combine(folder, "cost.json"),
            JsonSerializer.Serialize(new CostDocument(settings, steps, points), ComparisonJson.Default.CostDocument) + "\n"
        );
        ComparisonPlots.Lines(
            [.. _costs.Select(c => ($"{c.Name}, and a parabola", Lines(points, c.Cost)))],
            "number of tasks",
            Path.Combine(folder, "cost.png")
        );
    }

    private static IReadOnlyList<(string, double[], double[])> Lines(IReadOnlyList<CostPoint> points, Func<CostPoint, double> cost) =>
        [.. points.GroupBy(p => p.Method).Select(g => (g.Key, g.Select(p => (double)p.Tasks).ToArray(), g.Select(cost).ToArray()))];

    private static double Pairs(Batch batch)
    {
        double pairs = 0;
        for (int b = 0; b < batch.Samples; b++)
        {
            int labeled = Enumerable.Range(0, batch.Tasks.Count).Count(t => batch.GetLabeled(b)[t]);
            pairs += labeled * (batch.Tasks.Count - labeled);
        }
        return pairs;
    }

    private static string Polynomial(PolynomialFit fit) =>
        string.Concat(
            fit.Coefficients.Select(
                (c, i) =>
                    (
                        c < 0
                            ? i == 0
                                ? "-"
                                : " - "
                            : i == 0
                                ? ""
                                : " + "
                    )
                    + Math.Abs(c).ToString("G3", CultureInfo.InvariantCulture)
                    + (
                        i == 0 ? ""
                        : i == 1 ? " K"
                        : $" K^{i}"
                    )
            )
        );

    private static double? Known(double value) => double.IsNaN(value) ? null : value;

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    /// <summary>Scenes with K tasks: those of the scenes, then the same again under further names.</summary>
    private sealed class RepeatedTasks : IMultiTaskDataset
    {
        private readonly SceneDataset _scenes;

        public RepeatedTasks(TrainSettings settings, int tasks, int count)
        {
            _scenes = new SceneDataset(
                new SceneOptions
                {
                    Count = count,
                    Height = settings.Data.Size.Height,
                    Width = settings.Data.Size.Width,
                    Seed = settings.Data.SceneSeed,
                    Variety = settings.Data.SceneVariety,
                    Shift = settings.Data.SceneShift,
                    Tasks = settings.Data.Tasks ?? _maps,
                }
            );
            TaskSet own = _scenes.Tasks;
            Tasks = new TaskSet(
                Enumerable
                    .Range(0, tasks)
                    .Select(t => t < own.Count ? own[t] : own[t % own.Count].WithName($"{own[t % own.Count].Name}_{t / own.Count + 1}"))
            );
        }

        public TaskSet Tasks { get; }
        public int Count => _scenes.Count;
        public int Height => _scenes.Height;
        public int Width => _scenes.Width;

        public SampleInfo GetSampleInfo(int index) => _scenes.GetSampleInfo(index) with { Labeled = Tasks.All };

        public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
        {
            TaskSet own = _scenes.Tasks;
            SampleBuffer scene = new(own, Height, Width, destination.Image, new float[own.LabelValues(Height, Width)]);
            _scenes.Read(index, own.All, scene);
            for (int t = 0; t < Tasks.Count; t++)
                scene.Label(t % own.Count).CopyTo(destination.Label(t));
            return wanted;
        }
    }
}
