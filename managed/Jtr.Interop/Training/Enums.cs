namespace Jtr.Interop.Training;

/// <summary>Number format of weights and arithmetic.</summary>
#pragma warning disable CA1720 // The names of the formats are what users know them by.
public enum Precision
{
    /// <summary>32-bit floating point.</summary>
    Float32 = 0,

    /// <summary>64-bit floating point: slow, for checking exactness.</summary>
    Float64 = 1,

    /// <summary>
    /// Convolutions, and the maps kept between them, in bfloat16 (the upper half of a 32-bit number: 8 bits of precision, the same range);
    /// weights, norms' statistics, losses, gradients, Adam and everything that is handed over as with <see cref="Float32"/>. Half the
    /// memory of maps. Made for GPUs; slower than <see cref="Float32"/> on processors without matrix units for it.
    /// </summary>
    BFloat16 = 2,
}
#pragma warning restore CA1720

/// <summary>
/// What the networks' backward passes compute a second time instead of keeping it since the forward pass: time against memory. Losses,
/// gradients and weights are the same with each, on the processor to the last bit.
/// </summary>
public enum Recomputation
{
    /// <summary>Norm, ReLU and unpooling, which cost little; each layer keeps its convolution's output alone.</summary>
    Norms = 0,

    /// <summary>
    /// Whole stages (Chen et al. 2016): only what passes between a network's ten stages is kept, less than a third of <see cref="Norms"/>'.
    /// It costs about a second forward pass, with the balancing rule "pcgrad" one for each task. For images, batches or widths that do not
    /// fit otherwise.
    /// </summary>
    Stages = 1,

    /// <summary>Nothing: what a convolution reads is kept beside its output, at least half as much again as <see cref="Norms"/>.</summary>
    None = 2,
}

/// <summary>Where the arithmetic runs.</summary>
public enum DeviceKind
{
    /// <summary>CUDA if the native library and the machine have it, else the processor.</summary>
    Auto = 0,

    /// <summary>The processor.</summary>
    Cpu = 1,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda = 2,
}

/// <summary>How the JTR loss treats the quirks of the published code (Nishi et al., CVPR 2024).</summary>
public enum JointTaskMode
{
    /// <summary>As the published code computes it, quirks included.</summary>
    Published = 0,

    /// <summary>
    /// With the quirks mended: encoded labels are masked like predictions; each reconstruction is compared with the auto-encoder's own
    /// masked input, depth through the normal CDF once and normals in [-1, 1]; each reconstruction loss is divided by the number of
    /// valid pixels; one noise draw serves both stacks of view 1.
    /// </summary>
    Corrected = 1,
}
