using System.Runtime.InteropServices;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// How often each score occurred with a tag and without it, in bounded memory: each score by itself up to <see cref="MostExact"/> different
/// ones, then in steps of 1 / <see cref="StepsOfOne"/> of a logit, all below and above <see cref="Farthest"/> together. What it holds does
/// not depend on the order in which scores came.
/// </summary>
internal sealed class ScoreCounts
{
    public const int MostExact = 16384;
    public const int StepsOfOne = 256;
    public const int Farthest = 20;

    private Dictionary<float, (long With, long Without)> _counts = [];

    /// <summary>Labels that have the tag.</summary>
    public long With { get; private set; }

    /// <summary>Labels that do not have it.</summary>
    public long Without { get; private set; }

    /// <summary>Whether each score still stands by itself.</summary>
    public bool IsExact { get; private set; } = true;

    /// <summary>Counts a label.</summary>
    /// <param name="score">The logit that was predicted.</param>
    /// <param name="hasTag">Whether the label has the tag.</param>
    public void Add(float score, bool hasTag) => Add(score, hasTag ? 1 : 0, hasTag ? 0 : 1);

    /// <summary>Numbers of <see cref="State"/>.</summary>
    public int StateLength => 1 + 3 * _counts.Count;

    /// <summary>All counts, for another process.</summary>
    public IEnumerable<double> State() => [IsExact ? 1 : 0, .. _counts.SelectMany(c => (double[])[c.Key, c.Value.With, c.Value.Without])];

    /// <summary>Adds what <see cref="State"/> of another process gave.</summary>
    public void AddState(ReadOnlySpan<double> state)
    {
        if (state.Length % 3 != 1)
            throw new ArgumentException($"{state.Length} numbers are no counts of scores", nameof(state));
        if (state[0] == 0)
            UseSteps();
        for (int i = 1; i < state.Length; i += 3)
            Add((float)state[i], (long)state[i + 1], (long)state[i + 2]);
    }

    /// <summary>Scores, the highest first, with their counts.</summary>
    public IEnumerable<(long With, long Without)> Ranked() => _counts.OrderByDescending(c => c.Key).Select(c => c.Value);

    private void Add(float score, long with, long without)
    {
        ref (long With, long Without) count = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _counts,
            IsExact ? score : StepOf(score),
            out bool isKnown
        );
        count = (count.With + with, count.Without + without);
        With += with;
        Without += without;
        if (!isKnown && IsExact && _counts.Count > MostExact)
            UseSteps();
    }

    private void UseSteps()
    {
        if (!IsExact)
            return;
        IsExact = false;
        Dictionary<float, (long With, long Without)> exact = _counts;
        _counts = [];
        (With, Without) = (0, 0);
        foreach ((float score, (long with, long without)) in exact)
            Add(score, with, without);
    }

    // A score that is not a number stays one.
    private static float StepOf(float score) => MathF.Round(Math.Clamp(score, -Farthest, Farthest) * StepsOfOne) / StepsOfOne;
}
