using System.Numerics;
using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets.NyuV2;

/// <summary>
/// Surface normals from depth: at every pixel the plane that fits the points around it best (least squares of the distance to
/// the plane). Around it are 9 x 9 pixels in a window of 19 x 19, less those whose depth differs by more than 5 % (another
/// surface) or is missing. Camera axes: x right, y down, z forward; normals point towards the camera.
/// </summary>
internal static class DepthNormals
{
    // A sensor's noise at 3 m is about a centimetre, so that a window of a few pixels (a pixel is 6 mm there) would see it alone.
    private static readonly int[] Offsets = [-9, -6, -3, -1, 0, 1, 3, 6, 9];

    private const float LargestStep = 0.05f;
    private const int FewestPoints = 5;

    // Points on a line have no plane: the second extent of the points (variance) against the first.
    private const double ThinnestPatch = 1e-4;

    private const int Left = 16;
    private const int Right = 16 + 64;

    /// <summary>Estimates normals.</summary>
    /// <param name="depth">[H, W] metres along the camera's axis, 0 where there is none.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="camera">The camera.</param>
    /// <param name="normals">Receives [H, W, 3] unit vectors, NaN where depth is missing or the points around make no plane.</param>
    public static void Estimate(ReadOnlySpan<float> depth, int height, int width, CameraIntrinsics camera, Span<float> normals)
    {
        // Columns of nothing on both sides spare every loop its ends.
        int stride = Left + width + Right;
        using Pooled<float> padded = new(stride * height);
        Span<float> z = padded.Span;
        z.Clear();
        for (int y = 0; y < height; y++)
            depth.Slice(y * width, width).CopyTo(z[(y * stride + Left)..]);
        using Pooled<float> rays = new(stride + height);
        Span<float> rayX = rays.Span[..stride];
        rayX.Clear();
        for (int x = 0; x < width; x++)
            rayX[Left + x] = (float)((x - camera.CenterX) / camera.FocalX);
        Span<float> rayY = rays.Span[stride..];
        for (int y = 0; y < height; y++)
            rayY[y] = (float)((y - camera.CenterY) / camera.FocalY);

        using Moments row = new(width);
        for (int y = 0; y < height; y++)
        {
            row.Clear();
            foreach (int dy in Offsets)
            {
                if (y + dy < 0 || y + dy >= height)
                    continue;
                foreach (int dx in Offsets)
                    row.Add(z[(y * stride)..], z[((y + dy) * stride)..], rayX, rayY[y], rayY[y + dy], dx);
            }
            for (int x = 0; x < width; x++)
            {
                Vector3 ray = new(rayX[Left + x], rayY[y], 1);
                Vector3 normal = row.Fit(x);
                if (Vector3.Dot(normal, ray) > 0)
                    normal = -normal;
                normal.CopyTo(normals[((y * width + x) * 3)..]);
            }
        }
    }

    /// <summary>Sums over the points around each pixel of a row, relative to the pixel's own point.</summary>
    private sealed class Moments : IDisposable
    {
        private readonly int _count;
        private readonly Pooled<float> _sums;

        public Moments(int width)
        {
            int lanes = Vector<float>.Count;
            _count = (width + lanes - 1) / lanes * lanes;
            _sums = new Pooled<float>(10 * _count);
        }

        public void Clear() => _sums.Span.Clear();

        public void Dispose() => _sums.Dispose();

        /// <summary>Adds, for every pixel of a row, the point of another row's pixel that is dx columns on.</summary>
        public void Add(
            ReadOnlySpan<float> own,
            ReadOnlySpan<float> other,
            ReadOnlySpan<float> rayX,
            float ownRayY,
            float otherRayY,
            int dx
        )
        {
            for (int x = 0; x < _count; x += Vector<float>.Count)
            {
                Vector<float> z = new(own[(Left + x)..]);
                Vector<float> z2 = new(other[(Left + x + dx)..]);
                Vector<float> dz = z2 - z;
                Vector<float> one = Vector.ConditionalSelect(
                    Vector.BitwiseAnd(Vector.GreaterThan(z2, Vector<float>.Zero), Vector.LessThanOrEqual(Vector.Abs(dz), LargestStep * z)),
                    Vector<float>.One,
                    Vector<float>.Zero
                );
                dz *= one;
                Vector<float> dX = one * (new Vector<float>(rayX[(Left + x + dx)..]) * z2 - new Vector<float>(rayX[(Left + x)..]) * z);
                Vector<float> dY = one * (otherRayY * z2 - ownRayY * z);
                Sum(0, x, one);
                Sum(1, x, dX);
                Sum(2, x, dY);
                Sum(3, x, dz);
                Sum(4, x, dX * dX);
                Sum(5, x, dX * dY);
                Sum(6, x, dX * dz);
                Sum(7, x, dY * dY);
                Sum(8, x, dY * dz);
                Sum(9, x, dz * dz);
            }
        }

        /// <summary>The unit vector along which the points of a pixel vary least, or NaN.</summary>
        public Vector3 Fit(int pixel)
        {
            ReadOnlySpan<float> sums = _sums.Span;
            double n = sums[pixel];
            if (n < FewestPoints)
                return new Vector3(float.NaN);
            double mx = sums[_count + pixel] / n;
            double my = sums[2 * _count + pixel] / n;
            double mz = sums[3 * _count + pixel] / n;
            double xx = sums[4 * _count + pixel] / n - mx * mx;
            double xy = sums[5 * _count + pixel] / n - mx * my;
            double xz = sums[6 * _count + pixel] / n - mx * mz;
            double yy = sums[7 * _count + pixel] / n - my * my;
            double yz = sums[8 * _count + pixel] / n - my * mz;
            double zz = sums[9 * _count + pixel] / n - mz * mz;

            // Eigenvalues of a symmetric 3 x 3 matrix in closed form.
            double mean = (xx + yy + zz) / 3;
            double p = Math.Sqrt(
                ((xx - mean) * (xx - mean) + (yy - mean) * (yy - mean) + (zz - mean) * (zz - mean) + 2 * (xy * xy + xz * xz + yz * yz)) / 6
            );
            if (!(p > 0))
                return new Vector3(float.NaN);
            double a = (xx - mean) / p;
            double b = (yy - mean) / p;
            double c = (zz - mean) / p;
            double d = xy / p;
            double e = xz / p;
            double f = yz / p;
            double angle = Math.Acos(Math.Clamp((a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / 2, -1, 1)) / 3;
            double largest = mean + 2 * p * Math.Cos(angle);
            double smallest = mean + 2 * p * Math.Cos(angle + 2 * Math.PI / 3);
            double middle = 3 * mean - largest - smallest;
            if (!(middle > ThinnestPatch * largest))
                return new Vector3(float.NaN);

            // The eigenvector is orthogonal to the rows of (C - smallest I): their longest cross product.
            (double X, double Y, double Z) r0 = (xx - smallest, xy, xz);
            (double X, double Y, double Z) r1 = (xy, yy - smallest, yz);
            (double X, double Y, double Z) r2 = (xz, yz, zz - smallest);
            (double X, double Y, double Z) best = Longer(Longer(Cross(r0, r1), Cross(r0, r2)), Cross(r1, r2));
            double length = Math.Sqrt(Square(best));
            return length > 0
                ? new Vector3((float)(best.X / length), (float)(best.Y / length), (float)(best.Z / length))
                : new Vector3(float.NaN);
        }

        private void Sum(int which, int at, Vector<float> values)
        {
            Span<float> sums = _sums.Span[(which * _count + at)..];
            (new Vector<float>(sums) + values).CopyTo(sums);
        }

        private static (double X, double Y, double Z) Cross((double X, double Y, double Z) a, (double X, double Y, double Z) b) =>
            (a.Y * b.Z - a.Z * b.Y, a.Z * b.X - a.X * b.Z, a.X * b.Y - a.Y * b.X);

        private static double Square((double X, double Y, double Z) v) => v.X * v.X + v.Y * v.Y + v.Z * v.Z;

        private static (double X, double Y, double Z) Longer((double X, double Y, double Z) a, (double X, double Y, double Z) b) =>
            Square(a) >= Square(b) ? a : b;
    }
}
