using KafkaFs.TestKit.Files;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>A filesystem of a kind for all tests of a class.</summary>
public abstract class DiskFixture(string kind) : IDisposable
{
    public LoopFileSystem Disk { get; } = new(kind);

    public void Dispose()
    {
        Disk.Dispose();
        GC.SuppressFinalize(this);
    }
}

public sealed class TmpfsFixture() : DiskFixture("tmpfs");

public sealed class Ext4Fixture() : DiskFixture("ext4");

public sealed class XfsFixture() : DiskFixture("xfs");

public sealed class BtrfsFixture() : DiskFixture("btrfs");
