using Jtr.Interop.Datasets;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Output;

/// <summary>Photographs, their labels and the predictions of one or more networks, in one picture.</summary>
internal static class PredictionSheet
{
    /// <summary>A number of samples, evenly spread over a data set.</summary>
    public static int[] Spread(int count, int wanted)
    {
        int number = Math.Min(count, wanted);
        return [.. Enumerable.Range(0, number).Select(i => (int)((long)i * count / number))];
    }

    /// <summary>Draws a row of labels and a row of predictions of each network for every sample.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="samples">Which samples.</param>
    /// <param name="networks">Names and networks, all for the tasks of the data set.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static PictureGrid Draw(
        IMultiTaskDataset data,
        IReadOnlyList<int> samples,
        IReadOnlyList<(string Name, Trainer Trainer)> networks,
        CancellationToken cancellationToken
    )
    {
        TaskSet tasks = data.Tasks;
        (int height, int width) = (data.Height, data.Width);
        PictureGrid grid = new(["photo", .. tasks.Select(t => t.Name)]);
        float[] image = new float[data.Inputs.ImageValues(height, width)],
            labels = new float[tasks.LabelValues(height, width)],
            predictions = new float[tasks.PredictionValues(height, width)],
            further = new float[data.Inputs.Values(height, width)];
        byte[] present = new byte[data.Inputs.Count];
        foreach (int sample in samples)
        {
            SampleBuffer buffer = new(tasks, data.Inputs, height, width, image, labels, further, present);
            TaskMask labeled = data.Read(sample, tasks.All, buffer, cancellationToken);
            ValueRange?[] ranges = new ValueRange?[tasks.Count];
            RgbImage photograph = TaskPainter.PaintImage(image, height, width);
            List<PictureCell> cells = [PictureCell.Of(photograph)];
            for (int t = 0; t < tasks.Count; t++)
            {
                if (labeled[t])
                    ranges[t] = ValueRange.Of(buffer.Label(t), tasks[t].InvalidLabel);
                cells.Add(labeled[t] ? PictureCell.OfLabel(tasks[t], buffer.Label(t), photograph, ranges[t]) : PictureCell.NoLabel);
            }
            grid.AddRow($"{data.GetName(sample)}\nlabels", cells);
            foreach ((string name, Trainer trainer) in networks)
            {
                trainer.Predict(image, new InputValues(data.Inputs, further, present), 1, height, width, predictions);
                grid.AddRow(name, [PictureCell.Blank, .. Paint(tasks, predictions, photograph, ranges)]);
            }
        }
        AddLegend(grid, tasks);
        return grid;
    }

    /// <summary>Adds the colors of the first task whose pixels have classes.</summary>
    public static void AddLegend(PictureGrid grid, TaskSet tasks)
    {
        if (tasks.FirstOrDefault(t => t.Kind.Extent == TaskExtent.Pixel && t.Kind.ClassNames(t).Count > 0) is { } task)
            grid.AddLegend(task);
    }

    private static IEnumerable<PictureCell> Paint(TaskSet tasks, float[] predictions, RgbImage photograph, ValueRange?[] ranges)
    {
        for (int t = 0; t < tasks.Count; t++)
        {
            float[] prediction = new Interop.Inference.Prediction(tasks, predictions, 0, photograph.Height, photograph.Width)[t].ToArray();
            yield return PictureCell.OfPrediction(tasks[t], prediction, photograph, ranges[t]);
        }
    }
}
