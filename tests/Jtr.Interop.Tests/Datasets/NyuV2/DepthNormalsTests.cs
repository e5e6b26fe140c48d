using System.Numerics;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.NyuV2;

namespace Jtr.Interop.Tests.Datasets.NyuV2;

[TestFixture]
public sealed class DepthNormalsTests
{
    private const int H = 48;
    private const int W = 64;

    private static readonly CameraIntrinsics Camera = CameraIntrinsics.NyuV2.WithSize(H, W);

    [TestCase(0, 0, -1)]
    [TestCase(0, -0.8f, -0.6f)]
    [TestCase(0.48f, 0.6f, -0.64f)]
    public void A_plane_has_its_own_normal_at_every_pixel(float nx, float ny, float nz)
    {
        // Points P on n . P = n . (0, 0, 3); a ray r meets it at depth n_z 3 / n . r. Depth steps under 5 % a pixel make a window.
        Vector3 normal = new(nx, ny, nz);
        float[] depth = Depths((y, x) => nz * 3 / Vector3.Dot(normal, Ray(y, x)) is > 0.2f and < 30 and float z ? z : 0);
        float[] normals = Estimate(depth);
        int found = 0;
        for (int i = 0; i < depth.Length; i++)
        {
            if (depth[i] == 0 || float.IsNaN(normals[3 * i]))
                continue;
            found++;
            // float32 moments of points that lie on a plane within 1e-7 of their distance.
            for (int c = 0; c < 3; c++)
                Assert.That(normals[3 * i + c], Is.EqualTo(normal[c]).Within(2e-3f), $"pixel {i}");
        }
        Assert.That(found, Is.GreaterThan(H * W / 3));
    }

    [Test]
    public void Where_depth_is_missing_there_is_no_normal_and_neighbours_do_not_mind()
    {
        float[] depth = Depths((y, x) => (x / 4 + y / 4) % 3 == 0 ? 0 : 2);
        float[] normals = Estimate(depth);
        for (int i = 0; i < depth.Length; i++)
        {
            if (depth[i] == 0)
                Assert.That(normals[(3 * i)..(3 * i + 3)], Is.All.NaN);
            else
                Assert.That(normals[3 * i + 2], Is.EqualTo(-1).Within(1e-4f), "a wall that faces the camera");
        }
    }

    [Test]
    public void A_step_in_depth_does_not_bend_the_surfaces_beside_it()
    {
        float[] depth = Depths((_, x) => x < W / 2 ? 2 : 3);
        float[] normals = Estimate(depth);
        Assert.That(Enumerable.Range(0, H * W).Select(i => normals[3 * i + 2]), Is.All.EqualTo(-1).Within(1e-4f));
    }

    [Test]
    public void Points_that_make_no_plane_have_no_normal()
    {
        float[] alone = Depths((y, x) => (y, x) == (20, 20) ? 2 : 0);
        float[] line = Depths((y, _) => y == 20 ? 2 : 0);
        Assert.That(Estimate(alone), Is.All.NaN);
        Assert.That(Estimate(line), Is.All.NaN);
    }

    [Test]
    public void A_camera_scales_with_its_image()
    {
        CameraIntrinsics whole = new()
        {
            FocalX = 500,
            FocalY = 400,
            CenterX = 319.5,
            CenterY = 239.5,
            Height = 480,
            Width = 640,
        };
        CameraIntrinsics half = whole.WithSize(height: 120, width: 320);
        Assert.That((half.FocalX, half.FocalY, half.CenterX, half.CenterY), Is.EqualTo((250.0, 100.0, 159.5, 59.5)));
    }

    private static float[] Estimate(float[] depth)
    {
        float[] normals = new float[3 * depth.Length];
        DepthNormals.Estimate(depth, H, W, Camera, normals);
        return normals;
    }

    private static Vector3 Ray(int y, int x) =>
        new((float)((x - Camera.CenterX) / Camera.FocalX), (float)((y - Camera.CenterY) / Camera.FocalY), 1);

    private static float[] Depths(Func<int, int, float> depth) => NyuReader.Plane(1, H, W, (_, y, x) => depth(y, x));
}
