using Jtr.Interop.Inference;

namespace Jtr.Cli.Prediction;

/// <summary>A photograph that waits for its prediction.</summary>
/// <param name="Name">Name of its files below the output folder, without extension; it may begin with folders, split by '/'.</param>
/// <param name="Source">The file, or the video and the number of the frame.</param>
/// <param name="Read">Decodes it.</param>
internal sealed record PhotographItem(string Name, string Source, Func<SourceImage> Read);
