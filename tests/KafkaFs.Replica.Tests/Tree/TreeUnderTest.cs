using System.Text;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>A log whose records are also made real in a data root.</summary>
internal sealed class TreeUnderTest : IDisposable
{
    private readonly TreePlace _place;

    public TreeUnderTest(TreePlace place)
    {
        (Path, _place) = (place[Guid.NewGuid().ToString("N")], place);
        Root = DataRoot.Open(Path);
        Tree = OpenTree();
    }

    public string Path { get; }

    public TestLog Log { get; } = TestLog.WithSessions();

    public DataRoot Root { get; private set; }

    public DataTree Tree { get; private set; }

    /// <summary>The contents of the files in `foreign`, sorted.</summary>
    public string[] Foreign =>
        [.. Directory.GetFiles($"{Path}/.kafkafs/foreign").Select(File.ReadAllText).Order(StringComparer.Ordinal)];

    /// <summary>Forgets every open descriptor, as a new process would have none.</summary>
    public void Reopen()
    {
        EndBatch();
        Tree.Dispose();
        Tree = OpenTree();
    }

    /// <summary>Fails unless the tree is what the namespace says.</summary>
    public void Verify()
    {
        EndBatch();
        List<string> found = [];
        new TreeVerifier(Root, Log.State, Tree.Ownership, difference => found.Add($"{Encoding.UTF8.GetString(difference.Path)}: {difference.What}")).Run();
        Assert.Empty(found);
    }

    public void Dispose()
    {
        Tree.Dispose();
        Root.Dispose();
    }

    private void EndBatch() => Assert.Equal(TreeResult.Success, Tree.EndBatch(Log.State));

    private DataTree OpenTree()
    {
        DataTree tree = DataTree.Open(Root, _place.Ownership);
        tree.OpensHandles &= !(_place.WalksPaths && Environment.IsPrivilegedProcess);
        Log.Tree = tree;
        return tree;
    }
}
