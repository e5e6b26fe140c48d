using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using NUnit.Framework.Constraints;

namespace Jtr.Interop.Tests.Datasets.Layouts;

/// <summary>What is expected of errors.</summary>
internal static class LayoutReader
{
    /// <summary>[H, W, C] bytes as [C, H, W] in [0, 1].</summary>
    public static float[] Planar(int pixels, int channels, Func<int, float> value) =>
        [.. Enumerable.Range(0, pixels * channels).Select(i => value(i % pixels * channels + i / pixels))];

    /// <summary>A format error that names a file and says something.</summary>
    public static IResolveConstraint Fault(string path, string message) =>
        Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains(path).And.Message.Contains(message);
}
