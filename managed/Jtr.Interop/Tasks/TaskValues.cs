namespace Jtr.Interop.Tasks;

/// <summary>Looks at labels of several channels, each of which may be unknown (NaN).</summary>
internal static class TaskValues
{
    /// <summary>Whether a channel has a value at a place.</summary>
    public static bool AnyKnown(ReadOnlySpan<float> label, int place, int places)
    {
        for (int i = place; i < label.Length; i += places)
        {
            if (!float.IsNaN(label[i]))
                return true;
        }
        return false;
    }
}
