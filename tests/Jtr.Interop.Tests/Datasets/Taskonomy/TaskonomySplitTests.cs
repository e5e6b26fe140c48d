using Jtr.Interop.Datasets.Taskonomy;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets.Taskonomy;

/// <summary>The published lists of buildings.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TaskonomySplitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // The published files end their lines in a lone carriage return, the last one not at all.
    [TestCase("\r", "")]
    [TestCase("\n", "\n")]
    [TestCase("\r\n", "\r\n\r\n")]
    public void A_part_has_its_buildings_in_the_order_of_the_file(string end, string last)
    {
        string path = _folder.Write(
            "split.csv",
            string.Join(end, "id,train,val,test", "hanson,1,0,0", "wiconisco,0,1,0", "merom,1,0,0", "muleshoe,0,0,1") + last
        );
        Assert.That(TaskonomySplit.Read(path, "train"), Is.EqualTo(["hanson", "merom"]));
        Assert.That(TaskonomySplit.Read(path, "val"), Is.EqualTo(["wiconisco"]));
        Assert.That(TaskonomySplit.Read(path, "test"), Is.EqualTo(["muleshoe"]));
    }

    [TestCase("", "train", "the header ''")]
    [TestCase("id,train,val,test\nhanson,1,0,0", "dev", "and so a column 'dev'")]
    [TestCase("id,train,val,test\nhanson,1,0,0", "id", "and so a column 'id'")]
    [TestCase("building,train\nhanson,1", "train", "the header 'building,train'")]
    [TestCase("id,train,val\nhanson,1", "train", "line 2: 'hanson,1', where a building's name and 2 times 0 or 1 are expected")]
    [TestCase("id,train,val\n\nhanson,1,yes", "train", "line 3: 'hanson,1,yes'")]
    [TestCase("id,train,val\n,1,0", "train", "line 2: ',1,0'")]
    [TestCase("id,train\nhanson,1\nHanson,0", "train", "line 3: the building 'Hanson' is there twice")]
    [TestCase("id,train,val\nhanson,1,0", "val", "no building is in the part 'val'")]
    public void Another_form_is_told_with_its_line(string content, string part, string fault)
    {
        string path = _folder.Write("split.csv", content);
        Assert.That(() => TaskonomySplit.Read(path, part), LayoutReader.Fault(path, fault));
    }
}
