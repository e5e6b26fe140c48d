using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>Name and shape of a tensor.</summary>
/// <param name="Name">Its name, such as "model/encoder_block.0.0.weight".</param>
/// <param name="Shape">Its sizes, outermost first; empty for a scalar.</param>
public sealed record TensorInfo(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>
/// The named tensors of a <see cref="Trainer"/> or <see cref="JointTaskRegularizer"/>: weights and norm statistics, or the gradients of
/// the last step. Values are read and written as doubles whatever the number format.
/// </summary>
public sealed unsafe class TensorCollection : IReadOnlyCollection<TensorInfo>
{
    private readonly NativeHandle _handle;
    private readonly Raw.TensorKind _kind;
    private readonly TensorFunctions _functions;
    private TensorInfo[] _infos = [];
    private Dictionary<string, int> _indices = [];
    private readonly Dictionary<string, PinnedName> _names = new(StringComparer.Ordinal);

    internal TensorCollection(NativeHandle handle, Raw.TensorKind kind, TensorFunctions functions)
    {
        _handle = handle;
        _kind = kind;
        _functions = functions;
    }

    /// <summary>Number of tensors.</summary>
    /// <exception cref="ObjectDisposedException">The owner was disposed.</exception>
    public int Count => Infos().Length;

    /// <summary>Name and shape of a tensor.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public TensorInfo this[string name] => Infos()[IndexOf(name)];

    /// <summary>Whether there is a tensor of a name.</summary>
    public bool Contains(string name)
    {
        Infos();
        return _indices.ContainsKey(name);
    }

    /// <summary>Name and shape of a tensor, if there is one of that name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        TensorInfo[] infos = Infos();
        info = _indices.TryGetValue(name, out int index) ? infos[index] : null;
        return info is not null;
    }

    /// <summary>The elements of a tensor, row-major.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the owner, or there are no gradients yet.</exception>
    public double[] Read(string name)
    {
        double[] values = new double[this[name].Count];
        Read(name, values);
        return values;
    }

    /// <summary>Copies the elements of a tensor, row-major.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="destination">As long as the tensor.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the owner, or there are no gradients yet.</exception>
    public void Read(string name, Span<double> destination)
    {
        CheckLength(name, destination.Length, nameof(destination));
        fixed (double* values = destination)
        {
            TensorTable table = Table(name, values);
            using NativeHandle.Lease lease = _handle.Use();
            NativeError.Check(_functions.Read(lease.Pointer, (int)_kind, table.Address));
            GC.KeepAlive(table);
        }
    }

    /// <summary>Overwrites a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">Its elements, row-major.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="ArgumentException">There are more or fewer values than elements.</exception>
    /// <exception cref="InvalidOperationException">These are gradients, or another call is using the owner.</exception>
    public void Write(string name, ReadOnlySpan<double> values)
    {
        if (_kind == Raw.TensorKind.Gradient)
            throw new InvalidOperationException("gradients can be read only");
        CheckLength(name, values.Length, nameof(values));
        fixed (double* pointer = values)
        {
            TensorTable table = Table(name, pointer);
            using NativeHandle.Lease lease = _handle.Use();
            NativeError.Check(_functions.Write(lease.Pointer, table.Address));
            GC.KeepAlive(table);
        }
    }

    /// <summary>What overwrites a tensor for someone who has the owner's lease.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    internal Action<nint, double[]> WriterOf(string name)
    {
        TensorInfo info = this[name];
        PinnedName pinned = new(name);
        return Write;

        void Write(nint owner, double[] values)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, info.Count);
            fixed (double* pointer = values)
            {
                TensorTable table = new(1);
                table.Add(pinned, Raw.Dtype.Float64, pointer, sizeof(double), [.. info.Shape]);
                NativeError.Check(_functions.Write(owner, table.Address));
                GC.KeepAlive(table);
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerator<TensorInfo> GetEnumerator() => ((IEnumerable<TensorInfo>)Infos()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Infos();
        return _indices.TryGetValue(name, out int index) ? index : throw new KeyNotFoundException($"there is no tensor named '{name}'");
    }

    /// <summary>One tensor over memory of the caller's.</summary>
    private TensorTable Table(string name, double* values)
    {
        PinnedName pinned = _names.TryGetValue(name, out PinnedName? known) ? known : _names[name] = new PinnedName(name);
        TensorTable table = new(1);
        table.Add(pinned, Raw.Dtype.Float64, values, sizeof(double), [.. this[name].Shape]);
        return table;
    }

    private void CheckLength(string name, int length, string parameter)
    {
        TensorInfo info = this[name];
        if (length != info.Count)
            throw new ArgumentException($"'{name}' [{string.Join(", ", info.Shape)}] has {info.Count} elements, not {length}", parameter);
    }

    /// <summary>Names and shapes; asked of the library when their number changes (there are no gradients before the first step).</summary>
    private TensorInfo[] Infos()
    {
        using NativeHandle.Lease lease = _handle.Use();
        int count = _functions.Count(lease.Pointer, (int)_kind);
        if (count == _infos.Length)
            return _infos;

        TensorInfo[] infos = new TensorInfo[count];
        Dictionary<string, int> indices = new(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            Raw.TensorInfo.__Internal info = new() { struct_size = (ulong)sizeof(Raw.TensorInfo.__Internal) };
            NativeError.Check(_functions.Info(lease.Pointer, (int)_kind, i, (nint)(&info)));
            string name = Marshal.PtrToStringUTF8(info.name)!;
            infos[i] = new TensorInfo(name, new ReadOnlySpan<long>((void*)info.sizes, info.dimensions).ToArray());
            indices.Add(name, i);
        }
        (_infos, _indices) = (infos, indices);
        return infos;
    }
}

/// <summary>The four functions of jtr.h that reach the named tensors of one kind of object.</summary>
internal sealed class TensorFunctions(
    TensorFunctions.CountFunction count,
    TensorFunctions.InfoFunction info,
    TensorFunctions.ReadFunction read,
    TensorFunctions.WriteFunction write
)
{
    public delegate int CountFunction(nint owner, int kind);
    public delegate Raw.Status InfoFunction(nint owner, int kind, int index, nint info);
    public delegate Raw.Status ReadFunction(nint owner, int kind, nint tensor);
    public delegate Raw.Status WriteFunction(nint owner, nint tensor);

    /// <summary>Those of a jtr_trainer.</summary>
    public static TensorFunctions Trainer { get; } =
        new(Api.TrainerTensorCount, Api.TrainerGetTensorInfo, Api.TrainerReadTensor, Api.TrainerWriteTensor);

    /// <summary>Those of a jtr_regularizer.</summary>
    public static TensorFunctions Regularizer { get; } =
        new(Api.RegularizerTensorCount, Api.RegularizerGetTensorInfo, Api.RegularizerReadTensor, Api.RegularizerWriteTensor);

    public CountFunction Count { get; } = count;
    public InfoFunction Info { get; } = info;
    public ReadFunction Read { get; } = read;
    public WriteFunction Write { get; } = write;
}
