using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels.Rules;

/// <summary>
/// Normals agree with the gradient of depth (Qi et al., CVPR 2018). A pixel (x, y) of depth d is the point
/// d ((x - cx) / fx, (y - cy) / fy, 1); with u and v the differences of the points right and left of a pixel, below and above it, the
/// normal is that of v x u. A pixel tells where all five depths are known and none of the four is another surface's.
/// </summary>
internal sealed class DepthNormalsRule(TaskSet tasks, string word, int depth, int normals, DepthNormalsRule.Camera camera)
    : LabelRule(tasks, word, depth, normals)
{
    /// <summary>How the photograph was taken, and when two normals disagree.</summary>
    public sealed record Camera(
        double FocalX,
        double FocalY,
        double CenterX,
        double CenterY,
        IReadOnlyList<double> Axes,
        double LargestStep,
        double Degrees
    );

    private static readonly (int Y, int X)[] _neighbors = [(0, 1), (0, -1), (1, 0), (-1, 0)];

    public override (long Violated, long Places) Apply(SampleBuffer labels, TaskMask dropped)
    {
        int height = labels.Height,
            width = labels.Width,
            plane = height * width;
        double least = Math.Cos(camera.Degrees * Math.PI / 180);
        // Taken away only behind the last pixel: neighbors are read.
        List<int> broken = [];
        long places = 0;
        ReadOnlySpan<float> d = labels.Label(depth),
            n = labels.Label(normals);
        for (int y = 1; y < height - 1; y++)
        {
            for (int x = 1; x < width - 1; x++)
            {
                int at = y * width + x;
                if (!(d[at] > 0) || (n[at] == 0 && n[plane + at] == 0 && n[2 * plane + at] == 0) || !IsOneSurface(d, at, width))
                    continue;
                places++;
                (double X, double Y, double Z) right = Point(d, y, x + 1, height, width),
                    left = Point(d, y, x - 1, height, width),
                    below = Point(d, y + 1, x, height, width),
                    above = Point(d, y - 1, x, height, width);
                (double X, double Y, double Z) u = (right.X - left.X, right.Y - left.Y, right.Z - left.Z),
                    v = (below.X - above.X, below.Y - above.Y, below.Z - above.Z);
                (double X, double Y, double Z) m = (v.Y * u.Z - v.Z * u.Y, v.Z * u.X - v.X * u.Z, v.X * u.Y - v.Y * u.X);
                double length = Math.Sqrt(m.X * m.X + m.Y * m.Y + m.Z * m.Z);
                double product = m.X * Axis(0) * n[at] + m.Y * Axis(1) * n[plane + at] + m.Z * Axis(2) * n[2 * plane + at];
                if (product < least * length)
                    broken.Add(at);
            }
        }
        foreach (int at in broken)
        {
            foreach (int task in (int[])[depth, normals])
            {
                if (dropped[task])
                    Forget(labels, task, at);
            }
        }
        return (broken.Count, places);
    }

    private double Axis(int axis) => camera.Axes.Count == 0 ? 1 : camera.Axes[axis];

    private bool IsOneSurface(ReadOnlySpan<float> d, int at, int width)
    {
        foreach ((int dy, int dx) in _neighbors)
        {
            float other = d[at + dy * width + dx];
            if (!(other > 0) || Math.Abs(other - d[at]) > camera.LargestStep * d[at])
                return false;
        }
        return true;
    }

    private (double X, double Y, double Z) Point(ReadOnlySpan<float> depths, int y, int x, int height, int width)
    {
        double d = depths[y * width + x];
        return (
            d * (x - (camera.CenterX * width - 0.5)) / (camera.FocalX * width),
            d * (y - (camera.CenterY * height - 0.5)) / (camera.FocalY * height),
            d
        );
    }
}
