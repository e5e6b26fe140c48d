namespace Jtr.Interop.Datasets.Checks;

/// <summary>One check of data. It sees some labels and photographs of both parts, and says at the end what it thinks of them.</summary>
internal interface IDataCheck
{
    /// <summary>Looks at a label of the check's task.</summary>
    void See(SeenLabel label) { }

    /// <summary>Looks at a photograph.</summary>
    void See(SeenPhotograph photograph) { }

    /// <summary>What it found.</summary>
    IEnumerable<DataFinding> Conclude(CheckedData data);
}
