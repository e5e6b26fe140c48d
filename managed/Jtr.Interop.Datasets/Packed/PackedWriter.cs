using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Packed;

/// <summary>Writes a packed file: reads and encodes a few samples at once, and writes them in their order.</summary>
internal sealed class PackedWriter
{
    private readonly IMultiTaskDataset _source;
    private readonly Workplace[] _workplaces;
    private readonly ArrayBufferWriter<byte> _names = new();
    private readonly List<PackedEntry> _entries;
    private readonly Action<SkippedSample>? _onSkipped;

    public PackedWriter(IMultiTaskDataset source, PackOptions options)
    {
        _source = source;
        _entries = new List<PackedEntry>(source.Count);
        _onSkipped = options.OnSkipped;
        _workplaces =
        [
            .. Enumerable
                .Range(0, Math.Min(options.Workers, source.Count))
                .Select(_ => new Workplace(source, options.Precision, skipBad: options.OnSkipped is not null)),
        ];
    }

    public void Write(FileStream stream, PackPrecision precision, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        byte[] header = new PackedHeader
        {
            Height = _source.Height,
            Width = _source.Width,
            Precision = precision,
            Tasks = [.. _source.Tasks.Select(TaskDocument.From)],
            Domains = _source.Domains is [SampleInfo.OneDomain] ? null : _source.Domains,
            ImageChannels = _source.Inputs.IsRgb ? null : _source.Inputs.ImageChannels,
            Inputs = _source.Inputs.Count == 0 ? null : _source.Inputs,
        }.ToJson();
        if (header.Length > PackedFormat.LongestHeader)
            throw new JtrException(
                $"the names of tasks, classes, inputs and domains take {header.Length} bytes; "
                    + $"a packed data set has room for {PackedFormat.LongestHeader}"
            );
        stream.Position = PackedStart.Size;
        stream.Write(header);
        for (int first = 0; first < _source.Count; first += _workplaces.Length)
        {
            int count = Math.Min(_workplaces.Length, _source.Count - first);
            Encode(first, count, cancellationToken);
            for (int i = 0; i < count; i++)
                Append(stream, first + i, _workplaces[i]);
            progress?.Report(first + count);
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (_entries.Count == 0)
            throw new JtrFormatException($"none of the {_source.Count} samples can be read");
        Pad(stream);
        byte[] index = [.. MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_entries)), .. _names.WrittenSpan];
        PackedStart start = new()
        {
            Magic = PackedFormat.MagicNumber,
            Version = _source.Inputs.Equals(InputSet.None) ? PackedFormat.FirstVersion : PackedFormat.Version,
            HeaderBytes = (uint)header.Length,
            IndexAt = (ulong)stream.Position,
            IndexBytes = (ulong)index.Length,
            Count = (uint)_entries.Count,
            HeaderChecksum = Checksum.Of(header),
            IndexChecksum = Checksum.Of(index),
        };
        start.Checksum = start.Sum();
        stream.Write(index);
        stream.Position = 0;
        stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<PackedStart>(ref start)));
    }

    /// <summary>Encodes samples side by side. A read that hangs is not waited for when it is not wanted any more.</summary>
    private void Encode(int first, int count, CancellationToken cancellationToken)
    {
        Task[] tasks =
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => Task.Run(() => _workplaces[i].Encode(first + i, cancellationToken), CancellationToken.None)),
        ];
        try
        {
            Task.WaitAll(tasks, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Task.WaitAll(tasks, DataLoader.Patience);
            throw;
        }
    }

    private void Append(FileStream stream, int index, Workplace workplace)
    {
        if (workplace.Error is not null)
            ExceptionDispatchInfo.Throw(workplace.Error);
        foreach (Exception bad in workplace.Bad)
            _onSkipped!(SkippedSample.Of(index, _source.GetName(index), bad));
        if (!workplace.HasImage)
            return;
        Pad(stream);
        SampleInfo info = _source.GetSampleInfo(index);
        byte[] name = Encoding.UTF8.GetBytes(info.Name);
        ReadOnlySpan<byte> record = workplace.Record;
        _entries.Add(
            new PackedEntry
            {
                At = (ulong)stream.Position,
                Bytes = (ulong)record.Length,
                Labeled = workplace.Labeled.Bits,
                Checksum = Checksum.Of(record),
                NameAt = (uint)_names.WrittenCount,
                NameBytes = (uint)name.Length,
                Domain = (uint)info.Domain,
            }
        );
        stream.Write(record);
        _names.Write(name);
    }

    private static void Pad(FileStream stream)
    {
        Span<byte> zeros = stackalloc byte[PlaneLayout.Alignment];
        zeros.Clear();
        stream.Write(zeros[..(int)(PlaneLayout.Aligned(stream.Position) - stream.Position)]);
    }

    /// <summary>What one thread needs to encode a sample.</summary>
    private sealed class Workplace(IMultiTaskDataset source, PackPrecision precision, bool skipBad)
    {
        private readonly float[] _image = new float[source.Inputs.ImageValues(source.Height, source.Width)];
        private readonly float[] _labels = new float[source.Tasks.LabelValues(source.Height, source.Width)];
        private readonly float[] _inputs = new float[source.Inputs.Values(source.Height, source.Width)];
        private readonly byte[] _present = new byte[source.Inputs.Count];
        private readonly PackedPart[] _parts = new PackedPart[1 + source.Tasks.Count + source.Inputs.Count];
        private readonly ArrayBufferWriter<byte> _planes = new();
        private readonly ArrayBufferWriter<byte> _record = new();
        private readonly PlaneEncoder _imageEncoder = new(precision);
        private readonly LabelPacking[] _packings = [.. source.Tasks.Select(t => LabelFormat.Of(t.Kind).Packing)];
        private readonly PlaneEncoder[] _labelEncoders = [.. source.Tasks.Select(_ => new PlaneEncoder(precision))];
        private readonly PlaneEncoder[] _inputEncoders = [.. source.Inputs.Select(_ => new PlaneEncoder(precision))];

        public ReadOnlySpan<byte> Record => _record.WrittenSpan;

        public TaskMask Labeled { get; private set; }

        public Exception? Error { get; private set; }

        /// <summary>What was wrong with files that were passed over.</summary>
        public List<Exception> Bad { get; } = [];

        /// <summary>Whether there is a record.</summary>
        public bool HasImage { get; private set; }

        public void Encode(int index, CancellationToken cancellationToken)
        {
            Error = null;
            Bad.Clear();
            HasImage = true;
            try
            {
                SampleBuffer sample = new(source.Tasks, source.Inputs, source.Height, source.Width, _image, _labels, _inputs, _present);
                if (Read(index, source.Tasks.All, sample, cancellationToken) is { } all)
                    Labeled = all;
                else if (!ReadLabelByLabel(index, sample, cancellationToken))
                    return;
                _planes.ResetWrittenCount();
                _record.ResetWrittenCount();
                int parts = 0;
                _parts[parts++] = Put(_imageEncoder, sample.Image, null);
                for (int t = 0; t < source.Tasks.Count; t++)
                {
                    if (Labeled[t])
                        _parts[parts++] = Put(_labelEncoders[t], sample.Label(t), _packings[t]);
                }
                for (int i = 0; i < source.Inputs.Count; i++)
                    _parts[parts++] = _present[i] == 0 ? Absent : Put(_inputEncoders[i], sample.Input(i), PackingOf(source.Inputs[i]));
                int directory = (int)PlaneLayout.Aligned(parts * PackedPart.Size);
                Span<byte> to = _record.GetSpan(directory)[..directory];
                to.Clear();
                MemoryMarshal.AsBytes(_parts.AsSpan(0, parts)).CopyTo(to);
                _record.Advance(directory);
                _record.Write(_planes.WrittenSpan);
            }
            catch (Exception e)
            {
                // Told in the samples' order.
                Error = e;
            }
        }

        /// <summary>Reads a sample; null if it cannot be read and may be skipped.</summary>
        private TaskMask? Read(int index, TaskMask wanted, SampleBuffer sample, CancellationToken cancellationToken)
        {
            try
            {
                TaskMask read = skipBad
                    ? PatientReader.Read(source, index, wanted, sample, cancellationToken)
                    : source.Read(index, wanted, sample, cancellationToken);
                return read & source.Tasks.All;
            }
            catch (Exception e) when (skipBad && SkippedSample.IsBad(e))
            {
                if (Bad.All(b => b.Message != e.Message))
                    Bad.Add(e);
                return null;
            }
        }

        /// <summary>Finds the labels that can be read, each of which stays in its place. False: the photograph cannot be read.</summary>
        private bool ReadLabelByLabel(int index, SampleBuffer sample, CancellationToken cancellationToken)
        {
            Labeled = TaskMask.None;
            HasImage = Read(index, TaskMask.None, sample, cancellationToken) is not null;
            TaskMask existing = source.GetLabeled(index);
            for (int t = 0; t < source.Tasks.Count && HasImage; t++)
            {
                if (existing[t] && Read(index, TaskMask.None.With(t), sample, cancellationToken) is { } one)
                    Labeled |= one;
            }
            return HasImage;
        }

        private static PackedPart Absent => new() { Encoding = PlaneEncoding.Absent };

        // Planes often come of 8-bit files; vectors are small.
        private static LabelPacking PackingOf(InputSpec input) => input.IsPlanes ? LabelPacking.Units : LabelPacking.Exact;

        private PackedPart Put(PlaneEncoder encoder, ReadOnlySpan<float> values, LabelPacking? packing)
        {
            (PlaneEncoding encoding, int entries) = encoder.Write(values, packing, _planes);
            return new PackedPart { Encoding = encoding, Entries = (uint)entries };
        }
    }
}
