using Jtr.Interop.Datasets.Taskonomy;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets.Taskonomy;

/// <summary>Writes Taskonomy in the form in which it is downloaded, 32 x 32 pixels.</summary>
internal static class TaskonomyFolder
{
    public const int Size = 32;
    public const int Pixels = Size * Size;

    public static TaskonomyOptions Options { get; } =
        new()
        {
            Height = Size,
            Width = Size,
            CacheInMemory = false,
        };

    /// <summary>domain/building/point_i_view_j_domain_domain.png, segment_semantic as the archives name it.</summary>
    public static string File(string domain, string building, int point, int view) =>
        $"{domain}/{building}/point_{point}_view_{view}_domain_{(domain == "segment_semantic" ? "segmentsemantic" : domain)}.png";

    public static string Put(this TemporaryFolder folder, string relative, int bits, int channels, Func<int, int> value) =>
        folder.Write(relative, PlainPng.Encode(bits, Size, Size, channels, value));

    public static string Put(
        this TemporaryFolder folder,
        string domain,
        string building,
        int point,
        int view,
        Func<int, int>? value = null
    ) =>
        folder.Put(
            File(domain, building, point, view),
            Bits(domain),
            domain is "rgb" or "normal" ? 3 : 1,
            value ?? (i => Value(domain, point + view, i))
        );

    /// <summary>A photograph with all seven labels.</summary>
    public static void Sample(this TemporaryFolder folder, string building, int point, int view)
    {
        folder.Put("rgb", building, point, view);
        foreach (string domain in TaskonomyDomains.All)
            folder.Put(domain, building, point, view);
    }

    public static int Bits(string domain) => domain is "rgb" or "normal" or "segment_semantic" ? 8 : 16;

    /// <summary>What is stored at a place of [H, W, C].</summary>
    public static int Value(string domain, int seed, int i) =>
        domain switch
        {
            "segment_semantic" => (i + seed) % 18,
            "depth_zbuffer" => i % 7 == 0 ? 65535 : (i * 13 + seed) % 5000,
            "normal" => i / 3 % 5 == 0 ? 127 + i / 15 % 2 : (i * 37 + seed) % 256,
            "rgb" => (i * 7 + seed) % 256,
            _ => (i * 31 + seed) % 65536,
        };
}
