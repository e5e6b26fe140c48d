namespace Jtr.Interop.Datasets.Views;

/// <summary>The samples of each domain of a data set, to draw partners from. Immutable.</summary>
internal sealed class DomainMembers
{
    private readonly int[] _domains; // of each sample
    private readonly int[][] _members; // of each domain that has any

    /// <summary>Lists them.</summary>
    public DomainMembers(IMultiTaskDataset data)
    {
        int[] domains = [.. Enumerable.Range(0, data.Count).Select(i => data.GetSampleInfo(i).Domain)];
        int[] present = [.. domains.Distinct().Order()];
        _domains = [.. domains.Select(d => Array.IndexOf(present, d))];
        _members = [.. present.Select((_, p) => Enumerable.Range(0, data.Count).Where(i => _domains[i] == p).ToArray())];
    }

    /// <summary>Whether samples are of several domains.</summary>
    public bool HasSeveral => _members.Length > 1;

    /// <summary>A sample of another domain: each of the others is as likely, and each of its samples.</summary>
    public int DrawOther(int sample, ref CounterRandom random)
    {
        int other = random.NextInt32(_members.Length - 1);
        if (other >= _domains[sample])
            other++;
        return _members[other][random.NextInt32(_members[other].Length)];
    }

    /// <summary>A sample of the same domain, each as likely; it may be the sample itself.</summary>
    public int DrawAlike(int sample, ref CounterRandom random)
    {
        int[] alike = _members[_domains[sample]];
        return alike[random.NextInt32(alike.Length)];
    }
}
