using System.Text;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>A log whose records are also made real in a data root.</summary>
internal sealed class TreeUnderTest : IDisposable
{
    private readonly TreeOwnership? _ownership;

    public TreeUnderTest(string path, TreeOwnership? ownership = null)
    {
        (Path, _ownership) = (path, ownership);
        Root = DataRoot.Open(path);
        Tree = DataTree.Open(Root, ownership);
        Log.Tree = Tree;
    }

    public string Path { get; }

    public TestLog Log { get; } = TestLog.WithSessions();

    public DataRoot Root { get; private set; }

    public DataTree Tree { get; private set; }

    /// <summary>Forgets every open descriptor, as a new process would have none.</summary>
    public void Reopen()
    {
        Tree.EndBatch(Log.State);
        Tree.Dispose();
        Tree = DataTree.Open(Root, _ownership);
        Log.Tree = Tree;
    }

    /// <summary>Fails unless the tree is what the namespace says.</summary>
    public void Verify()
    {
        Tree.EndBatch(Log.State);
        List<string> found = [];
        new TreeVerifier(Root, Log.State, Tree.Ownership, difference => found.Add($"{Encoding.UTF8.GetString(difference.Path)}: {difference.What}")).Run();
        Assert.Empty(found);
    }

    public void Dispose()
    {
        Tree.Dispose();
        Root.Dispose();
    }
}
