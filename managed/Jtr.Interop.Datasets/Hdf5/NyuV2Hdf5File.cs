using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Jtr.Interop.Datasets;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;

namespace Jtr.Interop.Hdf5;

/// <summary>
/// The official nyu_depth_v2_labeled.mat: MATLAB 7.3, which is HDF5, in which axes are reversed: images [N, 3, W, H] of bytes,
/// depths [N, W, H] of float32 metres, labels [N, W, H] of 16-bit words. Read sample by sample. For one thread at a time.
/// </summary>
public sealed class NyuV2Hdf5File : NyuV2MatFile
{
    private const ulong MostSamples = 1 << 24;
    private const ulong MostPixels = 1 << 24;
    private const ulong MostChunkBytes = 1 << 28;

    private readonly string _path;
    private readonly NativeFile _file;
    private readonly NativeDataset _images;
    private readonly NativeDataset _depths;
    private readonly NativeDataset _labels;

    private NyuV2Hdf5File(string path, bool rawDepth)
    {
        _path = path;
        FileClaims.Check(path, "images", rawDepth ? "rawDepths" : "depths", "labels", "names");
        _file = Guard(() => H5File.OpenRead(path));
        try
        {
            _images = Array("images", 4);
            _depths = Array(rawDepth ? "rawDepths" : "depths", 3);
            _labels = Array("labels", 3);
            ulong[] size = _images.Space.Dimensions;
            if (size[1] != 3)
                throw Fault($"'images' has the shape {Shape(size)}, where (N, 3, W, H) belongs");
            if (
                size[0] is 0 or > MostSamples
                || size[2] is 0 or > MostPixels
                || size[3] is 0 or > MostPixels
                || size[2] * size[3] > MostPixels
            )
                throw Fault($"'images' has the shape {Shape(size)}: 1 to {MostSamples} images of 1 to {MostPixels} pixels are read");
            Count = (int)size[0];
            Width = (int)size[2];
            Height = (int)size[3];
            // A bomb: deflate cannot make more of a byte.
            if ((UInt128)3 * size[2] * size[3] > 1032 * (UInt128)new FileInfo(path).Length)
                throw Fault($"'images' has the shape {Shape(size)}, which is more than the file can hold");
            CheckSize(_depths, rawDepth ? "rawDepths" : "depths");
            CheckSize(_labels, "labels");
            CheckType(_images, "images", H5DataTypeClass.FixedPoint, 1);
            CheckType(_depths, rawDepth ? "rawDepths" : "depths", H5DataTypeClass.FloatingPoint, 4, 8);
            CheckType(_labels, "labels", H5DataTypeClass.FixedPoint, 1, 2);
            NameCount = (long?)Guard(() =>
                _file.LinkExists("names") && _file.Get("names") is IH5Dataset names
                    ? names.Space.Dimensions.Aggregate(1UL, (a, b) => a * b)
                    : null as ulong?
            );
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file and checks what it holds; for <see cref="NyuV2Options.OpenMat"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rawDepth">Whether the depth is the sensor's, with holes (rawDepths), instead of the one whose holes were filled
    /// (depths).</param>
    /// <exception cref="JtrFormatException">It is no such file, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    [RequiresUnreferencedCode("PureHDF makes its decoders by reflection.")]
    [RequiresDynamicCode("PureHDF makes its decoders by reflection.")]
    public static NyuV2MatFile Open(string path, bool rawDepth)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new NyuV2Hdf5File(path, rawDepth);
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override int Height { get; }

    /// <inheritdoc/>
    public override int Width { get; }

    /// <inheritdoc/>
    public override long? NameCount { get; }

    /// <inheritdoc/>
    public override void ReadImage(int index, Span<float> image)
    {
        CheckLength(image.Length, 3, nameof(image));
        byte[] stored = ArrayPool<byte>.Shared.Rent(3 * Width * Height);
        Read(_images, index, stored, 3);
        for (int c = 0; c < 3; c++)
        {
            for (int x = 0; x < Width; x++)
            {
                ReadOnlySpan<byte> column = stored.AsSpan((c * Width + x) * Height, Height);
                for (int y = 0; y < column.Length; y++)
                    image[(y * Width + x) * 3 + c] = column[y] / 255f;
            }
        }
        ArrayPool<byte>.Shared.Return(stored);
    }

    /// <inheritdoc/>
    public override void ReadDepth(int index, Span<float> depth)
    {
        CheckLength(depth.Length, 1, nameof(depth));
        if (_depths.Type.Size == 4)
            Transposed<float, float>(_depths, index, depth);
        else
            Transposed<double, float>(_depths, index, depth);
    }

    /// <inheritdoc/>
    public override void ReadLabels(int index, Span<ushort> labels)
    {
        CheckLength(labels.Length, 1, nameof(labels));
        if (_labels.Type.Size == 1)
            Transposed<byte, ushort>(_labels, index, labels);
        else
            Transposed<ushort, ushort>(_labels, index, labels);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
    }

    private void CheckLength(int length, int channels, string parameter)
    {
        if (length != channels * Width * Height)
            throw new ArgumentException($"{length} values, where {Height} x {Width} pixels have {channels * Width * Height}", parameter);
    }

    private void Transposed<TFrom, TTo>(NativeDataset data, int index, Span<TTo> rows)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        TFrom[] stored = ArrayPool<TFrom>.Shared.Rent(Width * Height);
        Read(data, index, stored, 1);
        for (int x = 0; x < Width; x++)
        {
            ReadOnlySpan<TFrom> column = stored.AsSpan(x * Height, Height);
            for (int y = 0; y < column.Length; y++)
                rows[y * Width + x] = TTo.CreateTruncating(column[y]);
        }
        // After a fault it is left to the collector.
        ArrayPool<TFrom>.Shared.Return(stored);
    }

    private void Read<T>(NativeDataset data, int index, T[] destination, int channels)
        where T : unmanaged
    {
        ulong[] block =
            data.Space.Dimensions.Length == 4 ? [1, (ulong)channels, (ulong)Width, (ulong)Height] : [1, (ulong)Width, (ulong)Height];
        ulong[] start = new ulong[block.Length];
        start[0] = (ulong)index;
        Guard(
            () =>
            {
                data.Read(destination.AsSpan(0, channels * Width * Height), new HyperslabSelection(block.Length, start, block));
                return true;
            },
            index
        );
    }

    private NativeDataset Array(string name, int rank)
    {
        NativeDataset data =
            Guard(() => _file.LinkExists(name) ? _file.Get(name) : null) as NativeDataset ?? throw Fault($"the array '{name}' is missing");
        ulong[] size = Guard(() => data.Space.Dimensions);
        if (size.Length != rank)
            throw Fault($"'{name}' has the shape {Shape(size)}, where {rank} sizes belong");
        IH5DataLayout layout = Guard(() => data.Layout);
        if (layout.Class is not (H5DataLayoutClass.Chunked or H5DataLayoutClass.Contiguous or H5DataLayoutClass.Compact))
            throw Fault($"'{name}' is stored as {layout.Class}, which is not read");
        if (layout.Class == H5DataLayoutClass.Chunked)
        {
            UInt128 bytes = (UInt128)Guard(() => data.Type.Size);
            foreach (ulong chunk in Guard(() => layout.Chunks))
                bytes = UInt128.Min(bytes * chunk, ulong.MaxValue);
            if (bytes == 0 || bytes > MostChunkBytes)
                throw Fault($"'{name}' has chunks of {bytes} bytes; up to {MostChunkBytes} are read");
        }
        return data;
    }

    private void CheckSize(NativeDataset data, string name)
    {
        ulong[] expected = [(ulong)Count, (ulong)Width, (ulong)Height];
        ulong[] size = data.Space.Dimensions;
        if (!size.SequenceEqual(expected))
            throw Fault($"'{name}' has the shape {Shape(size)}, where 'images' asks for {Shape(expected)}");
    }

    private void CheckType(NativeDataset data, string name, H5DataTypeClass kind, params ReadOnlySpan<int> sizes)
    {
        (H5DataTypeClass found, int size) = Guard(() => (data.Type.Class, data.Type.Size));
        if (found != kind || !sizes.Contains(size))
            throw Fault(
                $"'{name}' has elements of the type {found} of {size} bytes, where {kind} of {string.Join(" or ", sizes.ToArray())} belongs"
            );
    }

    /// <summary>Damaged files end in exceptions of any kind.</summary>
    private T Guard<T>(Func<T> read, int index = -1)
    {
        try
        {
            return read();
        }
        catch (Exception e)
            when (e is not (JtrException or UnauthorizedAccessException or OutOfMemoryException)
                && (e is not IOException || e is EndOfStreamException)
            )
        {
            string where = index < 0 ? "" : $" in sample {index + 1}";
            throw new JtrFormatException(_path, $"damaged{where}: {e.Message}", innerException: e);
        }
    }

    private static string Shape(ulong[] size) => $"({string.Join(", ", size)})";

    private JtrFormatException Fault(string message) => new(_path, message);
}
