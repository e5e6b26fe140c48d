using System.Text.Json.Nodes;
using Jtr.Interop.Labels.Rules;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>
/// Normals agree with the gradient of depth (Qi et al., CVPR 2018; Yang et al., AAAI 2018). The camera is that of the photographs as the
/// data set gives them; crops and mirror images of training are reckoned with.
/// </summary>
public sealed record DepthNormalsConstraint : ConstraintOptions
{
    internal const string Word = "depth_normals";

    // Those of libjtr, for labels that it does not see.
    internal const double DefaultCenter = 0.5,
        DefaultLargestStep = 0.05,
        DefaultAngle = 30;

    /// <summary>The task of depth along the camera's axis.</summary>
    public required string Depth { get; init; }

    /// <summary>The task of normals.</summary>
    public required string Normals { get; init; }

    /// <summary>Focal length along a row as a part of the width, above 0.</summary>
    public required double FocalX { get; init; }

    /// <summary>Focal length along a column as a part of the height, above 0.</summary>
    public required double FocalY { get; init; }

    /// <summary>Place of the principal point along a row: 0 left edge, 1 right edge.</summary>
    public double? CenterX { get; init; }

    /// <summary>Its place along a column: 0 upper edge, 1 lower edge.</summary>
    public double? CenterY { get; init; }

    /// <summary>Signs of the labels' axes against x right, y down, z forward with normals towards the camera.</summary>
    public IReadOnlyList<double>? Axes { get; init; }

    /// <summary>Neighbours whose depth differs by more than this part belong to another surface.</summary>
    public double? LargestStep { get; init; }

    /// <summary>Degrees between two normals from which on they are said to disagree.</summary>
    public double? Angle { get; init; }

    internal static DepthNormalsConstraint Read(ConstraintText text) =>
        new()
        {
            Depth = text.Required("depth"),
            Normals = text.Required("normals"),
            FocalX = Focal(text, "focal_x"),
            FocalY = Focal(text, "focal_y"),
            CenterX = text.Number("center_x"),
            CenterY = text.Number("center_y"),
            Axes = text.Numbers("axes"),
            LargestStep = text.Number("largest_step"),
            Angle = text.Number("angle"),
        };

    internal override LabelRule Rule(TaskSet tasks, string property) =>
        new DepthNormalsRule(
            tasks,
            Word,
            LabelRule.Find(tasks, Depth, property),
            LabelRule.Find(tasks, Normals, property),
            new(
                FocalX,
                FocalY,
                CenterX ?? DefaultCenter,
                CenterY ?? DefaultCenter,
                Axes ?? [],
                LargestStep ?? DefaultLargestStep,
                Angle ?? DefaultAngle
            )
        );

    private protected override void Write(JsonObject native, TaskSet tasks, string property)
    {
        native["name"] = Word;
        native["depth"] = Depth;
        native["normals"] = Normals;
        native["focal_x"] = FocalX;
        native["focal_y"] = FocalY;
        Add(native, "center_x", CenterX);
        Add(native, "center_y", CenterY);
        Add(native, "axes", Numbers(Axes));
        Add(native, "largest_step", LargestStep);
        Add(native, "angle", Angle);
    }

    private static double Focal(ConstraintText text, string key)
    {
        text.Required(key);
        return text.Number(key)!.Value;
    }
}
