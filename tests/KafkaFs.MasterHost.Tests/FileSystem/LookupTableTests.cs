using KafkaFs.Journal;
using KafkaFs.MasterHost.FileSystem;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

public sealed class LookupTableTests
{
    [Fact]
    public void AnInodeIsKnownUntilAllItsLookupsAreForgotten()
    {
        LookupTable table = new();
        FileId inode = new(42);
        table.Add(inode);
        table.Add(inode);
        table.Add(inode);
        Assert.False(table.Forget(inode, 2));
        Assert.True(table.Contains(inode));
        Assert.Equal([inode], table.All());
        Assert.True(table.Forget(inode, 1));
        Assert.False(table.Contains(inode));
        Assert.False(table.Forget(inode, 1));
    }
}
