using System.Buffers.Binary;
using System.Globalization;
using Jtr.Interop.Protobuf;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Reporting;

/// <summary>
/// Writes an event file of TensorBoard: scalars, images and histograms by tag and step. `tensorboard --logdir FOLDER` shows them, several
/// folders side by side. May be used by several threads.
/// </summary>
/// <remarks>
/// The file is a TFRecord file: of each record its length, a checksum of that, the record, a checksum of that. The records are Event
/// messages (tensorflow/core/util/event.proto, summary.proto).
/// </remarks>
public sealed class TensorBoardWriter : IDisposable
{
    /// <summary>Most buckets of a histogram.</summary>
    private const int MostBuckets = 64;

    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly TimeProvider _clock;
    private bool _disposed;

    /// <summary>Begins a new event file in a folder, which is made if need be; those that are there stay.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="clock">The time of the events; null: the machine's.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public TensorBoardWriter(string folder, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        _clock = clock ?? TimeProvider.System;
        Directory.CreateDirectory(folder);
        string machine = string.Concat(Environment.MachineName.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-'));
        // The seconds tell TensorBoard the order of files; the rest keeps two processes apart.
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"events.out.tfevents.{_clock.GetUtcNow().ToUnixTimeSeconds()}.{machine}.{Environment.ProcessId}."
                + $"{Guid.NewGuid().ToString("N")[..8]}"
        );
        Path = System.IO.Path.Combine(folder, name);
        _file = new FileStream(Path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        Append(new ProtoMessage().Double(1, Now()).Text(3, "brain.Event:2"));
        Flush();
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Adds a number.</summary>
    /// <param name="tag">What it is, such as "loss/total"; what stands before the slash groups.</param>
    /// <param name="value">The number; NaN is shown as a gap.</param>
    /// <param name="step">Training step.</param>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public void AddScalar(string tag, double value, long step) =>
        Add(step, new ProtoMessage().Text(1, NotBlank(tag)).Single(2, (float)value));

    /// <summary>Adds a picture.</summary>
    /// <param name="tag">What it is.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="step">Training step.</param>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public void AddImage(string tag, RgbImage picture, long step)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ProtoMessage image = new ProtoMessage().Number(1, picture.Height).Number(2, picture.Width).Number(3, 3).Bytes(4, picture.ToPng());
        Add(step, new ProtoMessage().Text(1, NotBlank(tag)).Message(4, image));
    }

    /// <summary>Adds the distribution of values, such as the weights of a layer. Values that are not finite are left out.</summary>
    /// <param name="tag">What they are.</param>
    /// <param name="values">The values.</param>
    /// <param name="step">Training step.</param>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public void AddHistogram(string tag, ReadOnlySpan<double> values, long step)
    {
        double low = double.PositiveInfinity,
            high = double.NegativeInfinity,
            sum = 0,
            squares = 0;
        long count = 0;
        foreach (double value in values)
        {
            if (!double.IsFinite(value))
                continue;
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
            sum += value;
            squares += value * value;
            count++;
        }
        if (count == 0)
            (low, high) = (0, 0);
        int buckets = low < high ? MostBuckets : 1;
        double[] counts = new double[buckets],
            limits = new double[buckets];
        for (int b = 0; b < buckets; b++)
            limits[b] = b == buckets - 1 ? high : low + (high - low) * (b + 1) / buckets;
        foreach (double value in values)
        {
            if (double.IsFinite(value))
                counts[buckets == 1 ? 0 : Math.Min(buckets - 1, (int)((value - low) / (high - low) * buckets))]++;
        }
        ProtoMessage histogram = new ProtoMessage()
            .Double(1, low)
            .Double(2, high)
            .Double(3, count)
            .Double(4, sum)
            .Double(5, squares)
            .Doubles(6, limits)
            .Doubles(7, counts);
        Add(step, new ProtoMessage().Text(1, NotBlank(tag)).Message(5, histogram));
    }

    /// <summary>Hands what was added to the system, so that a TensorBoard that is running sees it.</summary>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public void Flush()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _file.Flush();
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _file.Dispose();
        }
    }

    private void Add(long step, ProtoMessage value) =>
        Append(new ProtoMessage().Double(1, Now()).Number(2, step).Message(5, new ProtoMessage().Message(1, value)));

    private void Append(ProtoMessage message)
    {
        ReadOnlySpan<byte> data = message.Written.Span;
        Span<byte> head = stackalloc byte[12],
            tail = stackalloc byte[4];
        BinaryPrimitives.WriteInt64LittleEndian(head, data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Crc32C.Masked(head[..8]));
        BinaryPrimitives.WriteUInt32LittleEndian(tail, Crc32C.Masked(data));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _file.Write(head);
            _file.Write(data);
            _file.Write(tail);
        }
    }

    private double Now() => _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    private static string NotBlank(string tag)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tag);
        return tag;
    }
}
