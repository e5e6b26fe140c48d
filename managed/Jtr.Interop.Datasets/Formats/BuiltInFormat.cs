using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>A format whose labels are kept in fewer bytes than four a value.</summary>
internal abstract class BuiltInFormat(string kind) : LabelFormat(kind)
{
    internal abstract override Func<LabelSource, PackedLabel> Reader(VisionTask task, TaskSettings settings, FolderOptions options);

    protected sealed override void Read(LabelFile file, VisionTask task, Span<float> destination)
    {
        FolderOptions options = new() { Height = file.Height, Width = file.Width };
        using PackedLabel label = Reader(task, file.Settings, options)(file.Source);
        label.Expand(destination);
    }
}
