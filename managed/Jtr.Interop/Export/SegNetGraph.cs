using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Export;

/// <summary>
/// The multi-task SegNet in evaluation mode, operation by operation (Liu, Johns, Davison, CVPR 2019). It is what
/// native/src/networks/segnet.cpp computes; the tests
/// compare the exported networks with it.
/// </summary>
internal static class SegNetGraph
{
    private const int Stages = 5;

    // From this stage on a stage has two more convolutions instead of one.
    private const int DeepStage = 2;

    /// <summary>Writes the network.</summary>
    /// <param name="writer">Writes the operations.</param>
    /// <param name="image">The input, [N, 3, H, W] RGB in [0, 1], H and W multiples of 32.</param>
    /// <param name="tasks">The tasks, in the order of the heads.</param>
    public static void Write(INetworkWriter writer, string image, TaskSet tasks)
    {
        string x = image;
        string[] places = new string[Stages];
        for (int i = 0; i < Stages; i++)
        {
            x = Block(writer, x, $"encoder_block.{i}");
            x = Stage(writer, x, $"conv_block_enc.{i}", i);
            (x, places[i]) = writer.Pool(x);
        }
        for (int i = Stages - 1; i >= 0; i--)
        {
            x = writer.Unpool(x, places[i]);
            x = Block(writer, x, $"decoder_block.{i}");
            x = Stage(writer, x, $"conv_block_dec.{i}", i);
        }
        for (int t = 0; t < tasks.Count; t++)
        {
            string head = string.Create(CultureInfo.InvariantCulture, $"pred_task{t + 1}");
            string y = writer.Convolve(writer.Convolve(x, $"{head}.0", 3), $"{head}.1", 1);
            writer.Output(tasks[t].Name, tasks[t].Kind == TaskKind.Normals ? writer.Normalize(y) : y);
        }
    }

    private static string Stage(INetworkWriter writer, string x, string name, int stage) =>
        stage < DeepStage ? Block(writer, x, name) : Block(writer, Block(writer, x, $"{name}.0"), $"{name}.1");

    private static string Block(INetworkWriter writer, string x, string name) =>
        writer.NormRelu(writer.Convolve(x, $"{name}.0", 3), $"{name}.1");
}
