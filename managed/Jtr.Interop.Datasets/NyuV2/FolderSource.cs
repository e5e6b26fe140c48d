using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.NyuV2;

/// <summary>Further frames as photographs and depth files.</summary>
internal sealed class FolderSource : NyuV2Source
{
    private readonly FolderDataset _data;

    public FolderSource(string root, NyuV2Options options, DepthTask depth, List<FolderProblem> problems)
    {
        _data = new FolderDataset(
            root,
            new FolderOptions
            {
                Height = options.Height,
                Width = options.Width,
                Tasks = [depth],
                DepthScale = options.ExtraDepthScale,
                CacheInMemory = false,
            }
        );
        // Of what was passed over, labels of a known type have no image.
        FolderProblem? stray = _data.Problems.FirstOrDefault(p => FolderIndex.LabelExtensions.Contains(Path.GetExtension(p.Path)));
        if (!options.AllowMissing && stray is not null)
            throw new JtrFormatException(stray.Path, stray.Message);
        if (!options.AllowMissing && Enumerable.Range(0, Count).FirstOrDefault(i => _data.GetLabeled(i).Count == 0, -1) is >= 0 and int i)
            throw new JtrFormatException(_data.GetImagePath(i), "an image without its depth");
        problems.AddRange(_data.Problems);
    }

    public override int Count => _data.Count;

    public override string GetName(int index) => _data.GetName(index);

    public override string? GetImagePath(int index) => _data.GetImagePath(index);

    public override TaskMask GetLabeled(int index) =>
        _data.GetLabeled(index).Count > 0 ? TaskMask.None.With(NyuV2Classes.Depth) : TaskMask.None;

    public override void Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        SampleBuffer own = new(
            _data.Tasks,
            destination.Height,
            destination.Width,
            destination.Image,
            destination.Label(NyuV2Classes.Depth)
        );
        _data.Read(index, wanted[NyuV2Classes.Depth] ? _data.Tasks.All : TaskMask.None, own, cancellationToken);
    }
}
