namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>Where and with what to compute.</summary>
internal sealed record MachineSection
{
    [Setting("--device", "auto|cpu|cuda[:N]",
        Text = "Where to compute; auto takes a GPU if there is one.",
        Kind = SettingKind.Device, DefaultText = "auto",
        MayChange = true)]
    public string? Device { get; set; }

    [Setting("--threads", "N",
        Text = "Threads of the arithmetic.",
        Minimum = 1, Maximum = 1024, DefaultText = "what OMP_NUM_THREADS says, else one a core",
        MayChange = true)]
    public int? Threads { get; set; }

    [Setting("--workers", "N",
        Text = "Threads that read and prepare samples.",
        Minimum = 1, Maximum = 256, DefaultText = "one a core, at most 4",
        MayChange = true)]
    public int? Workers { get; set; }

    [Setting("--chunk-bytes", "N",
        Text = "Bytes of a layer's input and output that are worked on at once, so that they stay in cache.",
        Minimum = 1, DefaultText = "chosen",
        MayChange = true)]
    public long? ChunkBytes { get; set; }

    [Setting("--deterministic",
        Text = "On a GPU, algorithms that give the same result every time, where there are any; slower. A CPU always does, for the "
            + "same --threads.",
        Default = false, MayChange = true)]
    public bool? Deterministic { get; set; }
}
// csharpier-ignore-end
