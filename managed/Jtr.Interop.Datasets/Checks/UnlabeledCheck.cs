namespace Jtr.Interop.Datasets.Checks;

/// <summary>Photographs without any label, which some methods use and others do not.</summary>
internal sealed class UnlabeledCheck : IDataCheck
{
    private const string Unknown = "Methods that compare predictions with each other use them; supervised training does not";

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        int[] without = [.. Enumerable.Range(0, data.Train.Count).Where(i => data.Visible(i).Count == 0)];
        // Where none has one, that is said elsewhere.
        if (without.Length == 0 || without.Length == data.Train.Count)
            yield break;
        yield return new DataFinding
        {
            Level = FindingLevel.Note,
            Check = "unlabelled",
            Message = "photographs to train on have no label at all",
            Advice = data.Options.UnlabeledUse ?? Unknown,
            File = data.Train.GetName(without[0]),
            Count = without.Length,
            Looked = data.Train.Count,
        };
    }
}
