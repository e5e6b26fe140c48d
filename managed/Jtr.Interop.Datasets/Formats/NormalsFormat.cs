using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Checks.Kinds;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Predictions;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>Normals; see <see cref="NormalsLabels"/>.</summary>
internal sealed class NormalsFormat() : BuiltInFormat("normals")
{
    public override IReadOnlyList<string> FolderNames => ["normal", "normals"];

    internal override IEnumerable<IDataCheck> Checks(VisionTask task, int index) =>
        task is NormalsTask normals ? [new NormalsRangeCheck(normals)] : [];

    internal override LabelImage Image(VisionTask task, double depthScale) => new NormalsImage();

    internal override Func<LabelSource, PackedLabel> Reader(VisionTask task, TaskSettings settings, FolderOptions options) =>
        NormalsLabels.Read;
}
