using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization;

/// <summary>
/// Colours of classes. When all classes are among those of Cityscapes (or its categories) or CamVid, they have the colours of their
/// authors; the 13 of NYU-v2 those of SceneNet RGB-D; else a palette of 22 distinct colours, after which PASCAL VOC's construction
/// goes on. Black is left for "no label".
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

    private static readonly Dictionary<string, Rgb> _cityscapes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["road"] = new(128, 64, 128),
        ["sidewalk"] = new(244, 35, 232),
        ["building"] = new(70, 70, 70),
        ["wall"] = new(102, 102, 156),
        ["fence"] = new(190, 153, 153),
        ["pole"] = new(153, 153, 153),
        ["traffic light"] = new(250, 170, 30),
        ["traffic sign"] = new(220, 220, 0),
        ["vegetation"] = new(107, 142, 35),
        ["terrain"] = new(152, 251, 152),
        ["sky"] = new(70, 130, 180),
        ["person"] = new(220, 20, 60),
        ["rider"] = new(255, 0, 0),
        ["car"] = new(0, 0, 142),
        ["truck"] = new(0, 0, 70),
        ["bus"] = new(0, 60, 100),
        ["train"] = new(0, 80, 100),
        ["motorcycle"] = new(0, 0, 230),
        ["bicycle"] = new(119, 11, 32),
        // A category has the colour of its commonest class.
        ["flat"] = new(128, 64, 128),
        ["construction"] = new(70, 70, 70),
        ["object"] = new(153, 153, 153),
        ["nature"] = new(107, 142, 35),
        ["human"] = new(220, 20, 60),
        ["vehicle"] = new(0, 0, 142),
    };

    private static readonly Dictionary<string, Rgb> _nyuV2 = new(StringComparer.OrdinalIgnoreCase)
    {
        ["bed"] = new(0, 0, 255),
        ["books"] = new(233, 89, 48),
        ["ceiling"] = new(0, 218, 0),
        ["chair"] = new(149, 0, 240),
        ["floor"] = new(222, 241, 24),
        ["furniture"] = new(255, 206, 206),
        ["objects"] = new(0, 224, 229),
        ["picture"] = new(106, 136, 204),
        ["sofa"] = new(117, 29, 41),
        ["table"] = new(240, 35, 235),
        ["tv"] = new(0, 167, 156),
        ["wall"] = new(249, 139, 0),
        ["window"] = new(225, 229, 194),
    };

    private static readonly Dictionary<string, Rgb>[] _known = [_camVid, _cityscapes, _nyuV2];

    private static readonly Rgb[] _distinct =
    [
        new(230, 25, 75),
        new(60, 180, 75),
        new(255, 225, 25),
        new(0, 130, 200),
        new(245, 130, 48),
        new(145, 30, 180),
        new(70, 240, 240),
        new(240, 50, 230),
        new(210, 245, 60),
        new(250, 190, 212),
        new(0, 128, 128),
        new(220, 190, 255),
        new(170, 110, 40),
        new(255, 250, 200),
        new(128, 0, 0),
        new(170, 255, 195),
        new(128, 128, 0),
        new(255, 215, 180),
        new(0, 0, 128),
        new(128, 128, 128),
        new(96, 64, 160),
        new(160, 200, 96),
    ];

    /// <summary>The colours of a task's classes, in order.</summary>
    /// <param name="task">The task.</param>
    public static IReadOnlyList<Rgb> For(SegmentationTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return For(task.ClassNames);
    }

    /// <summary>The colours of classes, in order.</summary>
    /// <param name="classNames">The classes' names.</param>
    public static IReadOnlyList<Rgb> For(IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        return Array.Find(_known, known => classNames.All(known.ContainsKey)) is { } colors
            ? [.. classNames.Select(name => colors[name])]
            : [.. Enumerable.Range(0, classNames.Count).Select(id => id < _distinct.Length ? _distinct[id] : Voc(id))];
    }

    // PASCAL VOC spreads the bits of the id over the high bits of the three channels.
    private static Rgb Voc(int id)
    {
        int r = 0,
            g = 0,
            b = 0;
        for (int bit = 7; bit >= 0 && id != 0; bit--, id >>= 3)
        {
            r |= (id & 1) << bit;
            g |= (id >> 1 & 1) << bit;
            b |= (id >> 2 & 1) << bit;
        }
        return new((byte)r, (byte)g, (byte)b);
    }
}
