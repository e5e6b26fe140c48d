using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization;

/// <summary>
/// Colours of classes. When all classes are among CamVid's, they have the colours of its papers; else a palette of 22 distinct
/// colours, after which PASCAL VOC's construction goes on. Black is left for "no label".
/// </summary>
public static class ClassPalette
{
    private static readonly Dictionary<string, Rgb> _camVid = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sky"] = new(128, 128, 128),
        ["building"] = new(128, 0, 0),
        ["pole"] = new(192, 192, 128),
        ["road"] = new(128, 64, 128),
        ["pavement"] = new(60, 40, 222),
        ["tree"] = new(128, 128, 0),
        ["sign"] = new(192, 128, 128),
        ["fence"] = new(64, 64, 128),
        ["car"] = new(64, 0, 128),
        ["pedestrian"] = new(64, 64, 0),
        ["bicyclist"] = new(0, 128, 192),
    };

    private static readonly Rgb[] _distinct =
    [
        new(230, 25, 75), new(60, 180, 75), new(255, 225, 25), new(0, 130, 200), new(245, 130, 48), new(145, 30, 180),
        new(70, 240, 240), new(240, 50, 230), new(210, 245, 60), new(250, 190, 212), new(0, 128, 128), new(220, 190, 255),
        new(170, 110, 40), new(255, 250, 200), new(128, 0, 0), new(170, 255, 195), new(128, 128, 0), new(255, 215, 180),
        new(0, 0, 128), new(128, 128, 128), new(96, 64, 160), new(160, 200, 96),
    ];

    /// <summary>The colours of a task's classes, in order.</summary>
    /// <param name="task">The task.</param>
    public static IReadOnlyList<Rgb> For(SegmentationTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.ClassNames.All(_camVid.ContainsKey)
            ? [.. task.ClassNames.Select(name => _camVid[name])]
            : [.. Enumerable.Range(0, task.ClassCount).Select(id => id < _distinct.Length ? _distinct[id] : Voc(id))];
    }

    // PASCAL VOC spreads the bits of the id over the high bits of the three channels.
    private static Rgb Voc(int id)
    {
        int r = 0, g = 0, b = 0;
        for (int bit = 7; bit >= 0 && id != 0; bit--, id >>= 3)
        {
            r |= (id & 1) << bit;
            g |= (id >> 1 & 1) << bit;
            b |= (id >> 2 & 1) << bit;
        }
        return new((byte)r, (byte)g, (byte)b);
    }
}
