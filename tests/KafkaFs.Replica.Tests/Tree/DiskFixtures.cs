using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>Where the trees of a test class lie, and how they are reached.</summary>
public abstract class TreePlace : IDisposable
{
    /// <summary>The filesystem's kind; empty if it is whatever the machine has.</summary>
    public abstract string Kind { get; }

    public virtual TreeOwnership Ownership => TreeOwnership.Full;

    /// <summary>Handles cannot be opened: objects are reached by their paths.</summary>
    public virtual bool WalksPaths => false;

    /// <summary>A path in the place.</summary>
    public abstract string this[string name] { get; }

    public abstract void Dispose();
}

/// <summary>A filesystem of a kind for all tests of a class.</summary>
public abstract class DiskFixture(string kind) : TreePlace
{
    private readonly LoopFileSystem _disk = new(kind);

    public override string Kind => kind;

    public override string this[string name] => _disk[name];

    public override void Dispose()
    {
        _disk.Dispose();
        GC.SuppressFinalize(this);
    }
}

public sealed class TmpfsFixture() : DiskFixture("tmpfs");

public sealed class Ext4Fixture() : DiskFixture("ext4");

public sealed class XfsFixture() : DiskFixture("xfs");

public sealed class BtrfsFixture() : DiskFixture("btrfs");

/// <summary>A root whose objects are reached by paths only, as in a container without CAP_DAC_READ_SEARCH.</summary>
public sealed class PathWalkFixture() : DiskFixture("ext4")
{
    public override bool WalksPaths => true;
}

/// <summary>A folder of an ordinary user.</summary>
public sealed class UserFixture : TreePlace
{
    private readonly string _folder = $"/var/tmp/kafkafs-test-{Guid.NewGuid():N}";

    public UserFixture() => Directory.CreateDirectory(_folder);

    public override string Kind => "";

    public override TreeOwnership Ownership => TreeOwnership.Namespace;

    public override bool WalksPaths => true;

    public override string this[string name]
    {
        get
        {
            Environments.Require(!Environment.IsPrivilegedProcess, "this is for an ordinary user");
            return Path.Combine(_folder, name);
        }
    }

    // Directory.Delete cannot reach below paths of 4,096 bytes.
    public override void Dispose() => ToolProcess.Run("rm", ["-rf", _folder]);
}
