namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>The method "teacher".</summary>
internal sealed record TeacherSection
{
    [Setting("--teacher-weight", "X",
        Native = "method[teacher].weight")]
    public double? Weight { get; set; }

    [Setting("--teacher-value-weight", "X",
        Native = "method[teacher].value_weight")]
    public double? ValueWeight { get; set; }

    [Setting("--teacher-ramp-up", "STEPS",
        Native = "method[teacher].ramp_up_steps")]
    public long? RampUp { get; set; }

    [Setting("--teacher-target",
        Native = "method[teacher].target")]
    public string? Target { get; set; }

    [Setting("--teacher-selection",
        Native = "method[teacher].selection")]
    public string? Selection { get; set; }

    [Setting("--teacher-threshold", "P",
        Native = "method[teacher].threshold")]
    public double? Threshold { get; set; }

    [Setting("--teacher-color", "X",
        Native = "method[teacher].color")]
    public double? Color { get; set; }

    [Setting("--cut-out", "SHARE",
        Native = "method[teacher].cut_out")]
    public double? CutOut { get; set; }

    [Setting("--cut-mix", "SHARE",
        Native = "method[teacher].cut_mix")]
    public double? CutMix { get; set; }
}
// csharpier-ignore-end
