using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks.Kinds;

/// <summary>Normals: floating-point vectors that were stored as colours, (n + 1) / 2, or are not of unit length.</summary>
internal sealed class NormalsRangeCheck(NormalsTask task) : IDataCheck
{
    // Rounding of float16, and of averages of neighbours.
    private const double Tolerance = 0.05;
    private const double Share = 0.1;
    private const double BelowZero = -1e-3;

    private int _looked;
    private long _vectors;
    private long _negative;
    private long _wrong;
    private double _lengths;
    private double _highest;
    private string? _file;

    /// <inheritdoc/>
    public void See(SeenLabel label)
    {
        if (label.Raw is not RawLabel { IsWhole: false, Channels: 3 } raw)
            return;
        _looked++;
        _file ??= label.Path;
        ReadOnlySpan<float> values = raw.Values;
        for (int i = 0; i < values.Length; i += 3)
        {
            double x = values[i],
                y = values[i + 1],
                z = values[i + 2],
                length = Math.Sqrt(x * x + y * y + z * z);
            if (!double.IsFinite(length) || length == 0)
                continue;
            _vectors++;
            _lengths += length;
            _wrong += Math.Abs(length - 1) > Tolerance ? 1 : 0;
            _negative += Math.Min(x, Math.Min(y, z)) < BelowZero ? 1 : 0;
            _highest = Math.Max(_highest, Math.Max(x, Math.Max(y, z)));
        }
    }

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        if (_vectors == 0 || _wrong <= Share * _vectors)
            yield break;
        bool isColors = _negative == 0 && _highest <= 1 + Tolerance;
        string length = (_lengths / _vectors).ToString("F3", CultureInfo.InvariantCulture);
        yield return new DataFinding
        {
            Level = FindingLevel.Warning,
            Check = "normals-range",
            Task = task.Name,
            Message = isColors
                ? $"no vector has a component below 0, and their mean length is {length} instead of 1: they look like (n + 1) / 2"
                : $"the vectors are not of unit length (mean {length}); they are brought to it",
            Advice = isColors
                ? "Store the vectors themselves, 2 v - 1, in .npy files; (n + 1) / 2 is what PNG files hold"
                : "If they are normals, that is right; see that nothing else is stored in them",
            File = _file,
            Count = _looked,
            Looked = _looked,
        };
    }
}
