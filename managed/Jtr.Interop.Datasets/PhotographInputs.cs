using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Inputs;

namespace Jtr.Interop.Datasets;

/// <summary>
/// The further inputs of photographs that are to be predicted: in a folder, as a <see cref="FolderDataset"/> has them. May be read by
/// several threads at once.
/// </summary>
public sealed class PhotographInputs
{
    private readonly FolderInput[] _inputs;
    private readonly FolderIndex?[] _files;
    private readonly Dictionary<string, float[]>?[] _rows;

    /// <summary>Lists the files, and reads the tables.</summary>
    /// <param name="root">
    /// The folder. How files are read is what "inputs" of its <c>tasks.json</c> says, else the defaults of <see cref="FolderInput"/>.
    /// </param>
    /// <param name="inputs">The inputs of the network.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist, or holds none of the inputs.</exception>
    /// <exception cref="JtrFormatException">tasks.json or a table is damaged.</exception>
    public PhotographInputs(string root, InputSet inputs)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        ArgumentNullException.ThrowIfNull(inputs);
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException($"the folder of inputs does not exist: {Path.GetFullPath(root)}");
        IReadOnlyList<FolderInput> listed = FolderDataset.ListInputs(root);
        // What is normalised is the network's, how files are read the folder's.
        _inputs =
        [
            .. inputs.Select(spec =>
                listed.FirstOrDefault(i => i.Spec.Name == spec.Name) is { } known
                    ? known with
                    {
                        Spec = spec,
                    }
                    : new FolderInput { Spec = spec }
            ),
        ];
        Inputs = inputs;
        _files = new FolderIndex?[inputs.Count];
        _rows = new Dictionary<string, float[]>?[inputs.Count];
        for (int i = 0; i < _inputs.Length; i++)
        {
            string name = _inputs[i].Folder ?? inputs[i].Name;
            string table = LabelTable.PathOf(root, name);
            if (!inputs[i].IsPlanes && File.Exists(table))
                _rows[i] = ReadTable(table, _inputs[i]);
            else if (Directory.Exists(Path.Combine(root, name)))
                _files[i] = new FolderIndex(Path.Combine(root, name), FolderIndex.LabelExtensions, []);
        }
        if (_files.All(f => f is null) && _rows.All(r => r is null))
            throw new DirectoryNotFoundException($"{Path.GetFullPath(root)} has none of the inputs {inputs}");
    }

    /// <summary>The inputs.</summary>
    public InputSet Inputs { get; }

    private static Dictionary<string, float[]> ReadTable(string path, FolderInput input)
    {
        CsvTable table = InputFiles.OpenTable(path, input);
        Dictionary<string, float[]> rows = new(StringComparer.Ordinal);
        foreach (CsvRow row in table.Rows)
        {
            if (InputFiles.Vector(table, row, input) is { } vector && !rows.TryAdd(Path.GetFileNameWithoutExtension(row.Cells[0]), vector))
                throw CsvTable.Fault(path, row.Line, $"the photograph '{row.Cells[0]}' has a row already");
        }
        return rows;
    }

    /// <summary>Reads the inputs of a photograph; those that it lacks are missing.</summary>
    /// <param name="name">The photograph's file name, with or without folder and extension.</param>
    /// <param name="height">Rows of the photograph, which planes have to have, too.</param>
    /// <param name="width">Columns of it.</param>
    /// <exception cref="JtrFormatException">A file is damaged, or of another size or number of channels.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public ImageInputs Read(string name, int height, int width)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        string stem = Path.GetFileNameWithoutExtension(name);
        float[] values = new float[Inputs.Values(height, width)];
        byte[] present = new byte[Inputs.Count];
        for (int i = 0; i < _inputs.Length; i++)
        {
            Span<float> to = values.AsSpan(Inputs.Start(i, height, width), Inputs[i].Values(height, width));
            if (_rows[i]?.GetValueOrDefault(stem) is { } row)
            {
                row.CopyTo(to);
                present[i] = 1;
            }
            else if (_files[i]?[stem] is { } path)
            {
                using PackedLabel read = InputFiles.Read(path, _inputs[i], height, width, height, width);
                read.Expand(to);
                present[i] = 1;
            }
        }
        return new ImageInputs(Inputs, height, width, values, present);
    }
}
