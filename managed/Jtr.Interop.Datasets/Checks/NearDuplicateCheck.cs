using System.Numerics;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>Photographs to score on that look like one to train on: scores on them are too good.</summary>
internal sealed class NearDuplicateCheck : IDataCheck
{
    // Of 64 bits. The same photograph, saved or scaled anew, differs in 0 to 2; neighbours of a film in a few more.
    private const int MostBits = 3;

    private readonly List<SeenPhotograph> _train = [];
    private readonly List<SeenPhotograph> _test = [];

    /// <inheritdoc/>
    public void See(SeenPhotograph photograph) => (photograph.IsTest ? _test : _train).Add(photograph);

    /// <inheritdoc/>
    public IEnumerable<DataFinding> Conclude(CheckedData data)
    {
        List<(string Test, string Train)> pairs = [];
        foreach (SeenPhotograph test in _test)
        {
            if (_train.Find(train => IsAlike(train, test)) is { } twin)
                pairs.Add((test.Path, twin.Path));
        }
        if (pairs.Count == 0)
            yield break;
        yield return new DataFinding
        {
            Level = FindingLevel.Warning,
            Check = "near-duplicate",
            Message =
                $"photographs to score on look like ones to train on, as that of {pairs[0].Train} (compared with {_train.Count} of "
                + $"{data.Train.Count}): scores on them are better than on new photographs",
            Advice = "Keep all photographs of one scene or film in one part",
            File = pairs[0].Test,
            Count = pairs.Count,
            Looked = _test.Count,
        };
    }

    private static bool IsAlike(SeenPhotograph a, SeenPhotograph b) =>
        a.Fingerprint is ulong one && b.Fingerprint is ulong other && BitOperations.PopCount(one ^ other) <= MostBits;
}
