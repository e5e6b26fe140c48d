using Jtr.Interop.Export;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Export;

public sealed class TorchScriptExportTests
{
    [TestCaseSource(typeof(ExportModel), nameof(ExportModel.Networks))]
    public void Libtorch_alone_loads_the_network_and_predicts_what_the_trainer_does(NetworkOptions? network)
    {
        using ExportModel model = new(network);
        string file = model.Folder.File("network.pt");
        TorchScriptExport.Save(model.Checkpoint, file);
        float[] images = ExportModel.Images(2, 45, 70);
        Dictionary<string, float[]> expected = model.Predict(images, 2, 45, 70);
        foreach (string[] program in TorchScriptLoader.Programs())
        {
            Dictionary<string, float[]> actual = TorchScriptLoader.Run(program, file, images, 2, 45, 70);
            Assert.That(actual.Keys, Is.EquivalentTo(expected.Keys));
            // The same library's operations, some of them fused in libjtr: rounding only.
            foreach ((string task, float[] values) in expected)
                ExportModel.AssertSame(actual[task], values, network, task, program[0]);
        }
    }
}
