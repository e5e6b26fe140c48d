using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Evaluation;

/// <summary>The scores computed a second time, as plainly as possible: all pixels in a list, sorted where need be.</summary>
internal static class PlainMetrics
{
    public static Dictionary<string, double> Compute(VisionTask task, List<(float[] Prediction, float[] Label)> samples)
    {
        List<(double[] Prediction, double[] Label)> pixels = [];
        foreach ((float[] prediction, float[] label) in samples)
        {
            int count = label.Length / task.LabelChannels;
            for (int i = 0; i < count; i++)
            {
                int pixel = i;
                pixels.Add(
                    (
                        [.. Enumerable.Range(0, task.Channels).Select(c => (double)prediction[c * count + pixel])],
                        [.. Enumerable.Range(0, task.LabelChannels).Select(c => (double)label[c * count + pixel])]
                    )
                );
            }
        }
        return task switch
        {
            SegmentationTask segmentation => Segmentation(pixels, segmentation.ClassCount),
            DepthTask => Depth([.. pixels.Where(p => p.Label[0] != 0).Select(p => (p.Prediction[0], p.Label[0]))]),
            NormalsTask => Normals([.. pixels.Where(p => p.Label.Any(v => v != 0))]),
            _ => Map(pixels),
        };
    }

    private static Dictionary<string, double> Segmentation(List<(double[] Prediction, double[] Label)> pixels, int classes)
    {
        List<(int Predicted, int Truth)> pairs =
        [
            .. pixels.Where(p => p.Label[0] != -1).Select(p => (Array.IndexOf(p.Prediction, p.Prediction.Max()), (int)p.Label[0])),
        ];
        List<double> ious = [];
        for (int c = 0; c < classes; c++)
        {
            int either = pairs.Count(p => p.Predicted == c || p.Truth == c);
            if (either > 0)
                ious.Add(100.0 * pairs.Count(p => p.Predicted == c && p.Truth == c) / either);
        }
        return new() { ["mIoU"] = ious.Average(), ["pixel accuracy"] = 100.0 * pairs.Count(p => p.Predicted == p.Truth) / pairs.Count };
    }

    private static Dictionary<string, double> Depth(List<(double P, double Y)> pixels) =>
        new()
        {
            ["absolute error"] = pixels.Average(p => Math.Abs(p.P - p.Y)),
            ["relative error"] = pixels.Average(p => Math.Abs(p.P - p.Y) / p.Y),
            ["RMSE"] = Math.Sqrt(pixels.Average(p => (p.P - p.Y) * (p.P - p.Y))),
            ["delta < 1.25"] = pixels.Average(p => p.P > 0 && Math.Max(p.P / p.Y, p.Y / p.P) < 1.25 ? 100.0 : 0),
            ["delta < 1.25^2"] = pixels.Average(p => p.P > 0 && Math.Max(p.P / p.Y, p.Y / p.P) < Math.Pow(1.25, 2) ? 100.0 : 0),
            ["delta < 1.25^3"] = pixels.Average(p => p.P > 0 && Math.Max(p.P / p.Y, p.Y / p.P) < Math.Pow(1.25, 3) ? 100.0 : 0),
        };

    private static Dictionary<string, double> Normals(List<(double[] Prediction, double[] Label)> pixels)
    {
        double[] angles =
        [
            .. pixels.Select(p => Math.Acos(Math.Clamp(p.Prediction.Zip(p.Label, (a, b) => a * b).Sum(), -1, 1)) * 180 / Math.PI).Order(),
        ];
        return new()
        {
            ["mean angle"] = angles.Average(),
            ["median angle"] = (angles[(angles.Length - 1) / 2] + angles[angles.Length / 2]) / 2,
            ["RMS angle"] = Math.Sqrt(angles.Average(a => a * a)),
            ["within 11.25 deg"] = angles.Average(a => a < 11.25 ? 100.0 : 0),
            ["within 22.5 deg"] = angles.Average(a => a < 22.5 ? 100.0 : 0),
            ["within 30 deg"] = angles.Average(a => a < 30 ? 100.0 : 0),
        };
    }

    private static Dictionary<string, double> Map(List<(double[] Prediction, double[] Label)> pixels) =>
        new()
        {
            ["L1"] = pixels
                .SelectMany(p => p.Prediction.Zip(p.Label))
                .Where(v => !double.IsNaN(v.Second))
                .Average(v => Math.Abs(v.First - v.Second)),
        };
}
