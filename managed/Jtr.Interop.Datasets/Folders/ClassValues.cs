namespace Jtr.Interop.Datasets.Folders;

/// <summary>Numbers of files for classes, where they are others than 0, 1, 2, ...: 0 and 255 of a mask of black and white.</summary>
internal sealed class ClassValues
{
    private readonly ushort[] _codes = new ushort[ushort.MaxValue + 1];

    /// <summary>Takes the numbers in the order of the classes.</summary>
    /// <param name="values">0 to 65,535 each.</param>
    public ClassValues(IReadOnlyList<int> values)
    {
        Values = values;
        for (int c = 0; c < values.Count; c++)
            _codes[values[c]] = (ushort)(c + 1);
    }

    /// <summary>The numbers.</summary>
    public IReadOnlyList<int> Values { get; }

    /// <summary>The class of a number plus 1; 0 for a number of no class.</summary>
    public ushort Code(double value) => value is >= 0 and <= ushort.MaxValue && value == Math.Floor(value) ? _codes[(int)value] : (ushort)0;
}
