using System.Globalization;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Inputs;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>The further inputs of a folder: which file or row each photograph has, and how it is read.</summary>
internal sealed class InputFiles
{
    private static readonly string[] VectorExtensions = [".npy"];

    private readonly FolderInput[] _inputs;
    private readonly string?[][] _paths;
    private readonly float[]?[][] _rows;
    private readonly int _height;
    private readonly int _width;

    /// <summary>Lists the files, and reads the tables.</summary>
    /// <param name="root">The data set.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="imageChannels">Channels of the photographs.</param>
    /// <param name="images">The photographs.</param>
    /// <param name="height">Rows of the training size.</param>
    /// <param name="width">Columns of the training size.</param>
    /// <param name="problems">Receives files without a photograph, and inputs that no photograph has.</param>
    /// <exception cref="JtrFormatException">A table is damaged.</exception>
    public InputFiles(
        string root,
        IReadOnlyList<FolderInput> inputs,
        int imageChannels,
        FolderIndex images,
        int height,
        int width,
        List<FolderProblem> problems
    )
    {
        _inputs = [.. inputs];
        (_height, _width) = (height, width);
        Inputs = new InputSet(inputs.Select(i => i.Spec), imageChannels);
        _paths = new string?[inputs.Count][];
        _rows = new float[]?[inputs.Count][];
        for (int i = 0; i < inputs.Count; i++)
        {
            string table = LabelTable.PathOf(root, inputs[i].Folder ?? inputs[i].Spec.Name);
            bool isTable = !inputs[i].Spec.IsPlanes && File.Exists(table);
            _rows[i] = isTable ? ReadTable(table, inputs[i], images, problems) : new float[]?[images.Stems.Count];
            _paths[i] = isTable ? new string?[images.Stems.Count] : List(root, inputs[i], images, problems);
        }
    }

    /// <summary>The inputs.</summary>
    public InputSet Inputs { get; }

    /// <summary>Whether a photograph has an input.</summary>
    public bool Has(int input, int index) => _paths[input][index] is not null || _rows[input][index] is not null;

    /// <summary>Bytes that all of them take for each pixel of the training size, about.</summary>
    public long BytesPerPixel =>
        Enumerable
            .Range(0, _inputs.Length)
            .Sum(i => _inputs[i].Spec.IsPlanes ? sizeof(float) * (long)Inputs[i].Channels * _paths[i].Count(p => p is not null) : 0);

    /// <summary>Reads an input that a photograph has, at the training size.</summary>
    /// <param name="input">Its place.</param>
    /// <param name="index">The photograph.</param>
    /// <param name="sourceHeight">Rows of the photograph's file, and so of the input's.</param>
    /// <param name="sourceWidth">Columns of it.</param>
    /// <exception cref="JtrFormatException">The file is damaged, or of another size or number of channels.</exception>
    public PackedLabel Read(int input, int index, int sourceHeight, int sourceWidth)
    {
        if (_rows[input][index] is { } row)
            return new PackedRow(row);
        return Read(_paths[input][index]!, _inputs[input], sourceHeight, sourceWidth, _height, _width);
    }

    /// <summary>Reads a file.</summary>
    internal static PackedLabel Read(string path, FolderInput input, int sourceHeight, int sourceWidth, int height, int width) =>
        input.Spec.IsPlanes
            ? ReadPlanes(new LabelSource(path, sourceHeight, sourceWidth, height, width), input)
            : new PackedRow(ReadVector(path, input.Spec));

    /// <summary>Planes of one file.</summary>
    private static PackedFloats ReadPlanes(LabelSource source, FolderInput input)
    {
        int channels = input.Spec.Channels;
        using Pooled<float> values = source.IsNpy ? FromNpy(source, input) : FromPng(source, input);
        using Pooled<float> resized = input.Spec.IsNearest ? Nearest(source, values, channels) : source.Bilinear(values, channels);
        Pooled<float> planar = LabelSource.Planar<float>(resized.Span, channels);
        // What has no value is nothing out of the ordinary.
        for (int i = 0, plane = planar.Length / channels; i < planar.Length; i++)
        {
            if (!float.IsFinite(planar.Span[i]))
                planar.Span[i] = (float)input.Spec.Mean[input.Spec.Mean.Count == 1 ? 0 : i / plane];
        }
        return new PackedFloats(planar);
    }

    private static Pooled<float> FromPng(LabelSource source, FolderInput input)
    {
        using Raster raster = source.ReadPng(input.Spec.Channels, ids: input.Spec.Channels == 1);
        return FromRaster(raster, input);
    }

    private static Pooled<float> FromRaster(Raster raster, FolderInput input)
    {
        using Pooled<ushort> words = raster.ToWords();
        Pooled<float> values = new(words.Length);
        double scale = input.Scale ?? 1.0 / raster.Maximum;
        for (int i = 0; i < words.Length; i++)
            values.Span[i] = words.Span[i] == input.VoidValue ? float.NaN : (float)(words.Span[i] * scale);
        return values;
    }

    private static Pooled<float> FromNpy(LabelSource source, FolderInput input)
    {
        int channels = input.Spec.Channels;
        (NpyArray read, bool planar) = source.ReadNpy(channels);
        using NpyArray array = read;
        using Raster? raster = LabelSource.AsRaster(array, planar, source.ImageHeight, source.ImageWidth, channels);
        if (raster is not null)
            return FromRaster(raster, input);
        Pooled<float> values = LabelSource.Interleaved(array, planar, channels);
        double scale = array.IsInteger ? input.Scale ?? 1 : 1;
        foreach (ref float value in values.Span)
            value = value == input.VoidValue ? float.NaN : (float)(value * scale);
        return values;
    }

    private static Pooled<float> Nearest(LabelSource source, Pooled<float> values, int channels)
    {
        Pooled<float> picked = new(source.Height * source.Width * channels);
        for (int y = 0; y < source.Height; y++)
        {
            int row = Resampler.Nearest(source.ImageHeight, source.Height, y) * source.ImageWidth;
            for (int x = 0; x < source.Width; x++)
            {
                int from = (row + Resampler.Nearest(source.ImageWidth, source.Width, x)) * channels;
                values.Span.Slice(from, channels).CopyTo(picked.Span[((y * source.Width + x) * channels)..]);
            }
        }
        return picked;
    }

    private static float[] ReadVector(string path, InputSpec spec)
    {
        using NpyArray array = NpyReader.Read(path);
        if (array.Count != spec.Channels)
            throw new JtrFormatException(path, $"{array.Count} numbers, where the input '{spec.Name}' has {spec.Channels}");
        float[] values = new float[array.Count];
        array.CopyTo(values.AsSpan());
        int bad = Array.FindIndex(values, v => !float.IsFinite(v));
        if (bad >= 0)
            throw new JtrFormatException(path, $"number {bad} of the input '{spec.Name}' is not finite");
        return values;
    }

    private static string?[] List(string root, FolderInput input, FolderIndex images, List<FolderProblem> problems)
    {
        string folder = Path.Combine(root, input.Folder ?? input.Spec.Name);
        if (!Directory.Exists(folder))
        {
            string table = input.Spec.IsPlanes ? "" : $", and so is the table {input.Folder ?? input.Spec.Name}.csv";
            problems.Add(new FolderProblem(folder, $"the folder is missing{table}: no sample has the input '{input.Spec.Name}'"));
            return new string?[images.Stems.Count];
        }
        FolderIndex files = new(folder, input.Spec.IsPlanes ? FolderIndex.LabelExtensions : VectorExtensions, problems);
        foreach (string stem in files.Stems)
        {
            if (images[stem] is null)
                problems.Add(new FolderProblem(files[stem]!, $"an input without a photograph: {images.Name} has no '{stem}'"));
        }
        string?[] paths = [.. images.Stems.Select(stem => files[stem])];
        if (paths.All(p => p is null))
            problems.Add(new FolderProblem(folder, $"no sample has the input '{input.Spec.Name}'"));
        return paths;
    }

    /// <summary>A table of vectors.</summary>
    /// <exception cref="JtrFormatException">It is damaged, or has another number of columns.</exception>
    internal static CsvTable OpenTable(string path, FolderInput input)
    {
        CsvTable table = CsvTable.Read(path);
        if (table.Columns.Count - 1 != input.Spec.Channels)
            throw new JtrFormatException(
                path,
                $"{table.Columns.Count - 1} columns beside '{table.Columns[0]}', where the input '{input.Spec.Name}' has "
                    + $"{input.Spec.Channels} numbers"
            );
        return table;
    }

    /// <summary>The numbers of a row; null where a cell is empty: a row with a gap is no vector.</summary>
    /// <exception cref="JtrFormatException">A cell is no number.</exception>
    internal static float[]? Vector(CsvTable table, CsvRow row, FolderInput input) =>
        row.Cells.Skip(1).Any(c => c.Length == 0)
            ? null
            : [.. row.Cells.Skip(1).Select((cell, c) => Number(table.Path, row, table.Columns[c + 1], cell, input))];

    private static float[]?[] ReadTable(string path, FolderInput input, FolderIndex images, List<FolderProblem> problems)
    {
        CsvTable table = OpenTable(path, input);
        float[]?[] rows = new float[]?[images.Stems.Count];
        foreach ((int place, CsvRow row) in new PhotographPlaces(images).Rows(table, problems))
            rows[place] = Vector(table, row, input);
        if (rows.All(r => r is null))
            problems.Add(new FolderProblem(path, $"no sample has the input '{input.Spec.Name}'"));
        return rows;
    }

    private static float Number(string path, CsvRow row, string column, string cell, FolderInput input)
    {
        if (!float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) || !float.IsFinite(value))
            throw CsvTable.Fault(path, row.Line, $"'{cell}' in column '{column}' is not a number");
        return (float)(value * (input.Scale ?? 1));
    }
}
