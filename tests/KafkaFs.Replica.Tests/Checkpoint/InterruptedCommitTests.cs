using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using Xunit;

namespace KafkaFs.Replica.Tests.Checkpoint;

/// <summary>A commit that does not come to its end leaves the old checkpoint or the new one.</summary>
public sealed class InterruptedCommitTests : IDisposable
{
    private const int PageBytes = 4_096;

    private readonly TemporaryFolder _folder = new();
    private readonly TestLog _log = TestLog.WithSessions();
    private readonly string _path;
    private int _made;

    public InterruptedCommitTests() => _path = _folder["index.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ALogOfWhichACrashLeftOnlyThePrefixGivesTheOldCheckpointAndTheWholeLogTheNew()
    {
        (byte[] before, _, byte[] log, UInt128 former) = CommitInPlace();
        int old = 0;
        for (int length = 0; length <= log.Length; length += PageBytes / 2)
        {
            UInt128 hash = HashOf(before, log[..length]);
            old += hash == former ? 1 : 0;
            Assert.True(hash == former || hash == _log.State.StateHash, $"{length} bytes of the log");
        }

        Assert.NotEqual(0, old);
        Assert.Equal(_log.State.StateHash, HashOf(before, log));
    }

    [Fact]
    public void AFileThatACrashLeftWithSomeOfThePagesGivesTheNewCheckpointByItsLog()
    {
        (byte[] before, byte[] after, byte[] log, _) = CommitInPlace();
        Random random = new(1);
        for (int round = 0; round < 30; round++)
        {
            byte[] torn = before.Length < after.Length && round % 2 == 0 ? [.. before, .. new byte[after.Length - before.Length]] : [.. before];
            for (int page = 0; page < torn.Length / PageBytes; page++)
            {
                (random.Next(2) == 0 ? after : torn).AsSpan(page * PageBytes, PageBytes).CopyTo(torn.AsSpan(page * PageBytes));
            }

            Assert.Equal(_log.State.StateHash, HashOf(torn, log));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AFullDiskLeavesTheOldCheckpointAndTheSameDeltaIsCommittedLater(bool isWhole)
    {
        using LoopFileSystem disk = new("tmpfs", 8);
        using NamespaceIndex index = NamespaceIndex.Open(disk["index.db"]);
        MakeFiles(10);
        if (!isWhole)
        {
            Commit(index, _log.State.Freeze());
            MakeFiles(4_000);
        }

        UInt128? former = index.Load()?.State.StateHash;
        NamespaceDelta delta = _log.State.Freeze();
        MakeFiles(1);
        UsePages(disk, isWhole ? 2 : 40);
        for (int round = 0; round < 2; round++)
        {
            Assert.Throws<CheckpointSpaceException>(() => index.Commit(delta, Header(delta)));
            Assert.Equal(former, index.Load()?.State.StateHash);
        }

        File.Delete(disk["filler"]);
        Commit(index, delta);
        Assert.Equal(delta.StateHash, index.Load()?.State.StateHash);
        Commit(index, _log.State.Freeze());
        Assert.Equal(_log.State.StateHash, index.Load()?.State.StateHash);
    }

    [Fact]
    public void ADeltaIsOnlyTakenOnTopOfWhatItBuildsOnAndOncePastItsEndNotRead()
    {
        using NamespaceIndex index = NamespaceIndex.Open(_path);
        Commit(index, _log.State.Freeze());
        MakeFiles(1);
        _log.State.Freeze().Complete();
        MakeFiles(1);
        NamespaceDelta delta = _log.State.Freeze();
        Assert.Throws<InvalidOperationException>(() => index.Commit(delta, Header(delta)));
        delta.Complete();
        Assert.Throws<InvalidOperationException>(delta.Complete);
        Assert.Throws<InvalidOperationException>(() => index.Commit(delta, Header(delta)));
        Assert.NotNull(index.Load());
    }

    [Fact]
    public void BesideTheIndexThereIsOnlyItsLogAndAfterwardsNothing()
    {
        using (NamespaceIndex index = NamespaceIndex.Open(_path))
        {
            Commit(index, _log.State.Freeze());
            MakeFiles(5);
            Commit(index, _log.State.Freeze());
            Assert.Equal([_path, _path + "-wal"], Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal));
        }

        Assert.Equal([_path], Directory.GetFiles(_folder.Path));
    }

    // The file before and after one commit in place, the log of that commit, and the hash of the state before.
    private (byte[] Before, byte[] After, byte[] Log, UInt128 Former) CommitInPlace()
    {
        using (NamespaceIndex first = NamespaceIndex.Open(_path))
        {
            MakeFiles(200);
            Commit(first, _log.State.Freeze());
            MakeFiles(1);
            Commit(first, _log.State.Freeze());
        }

        UInt128 former = _log.State.StateHash;
        byte[] before = File.ReadAllBytes(_path);
        using NamespaceIndex index = NamespaceIndex.Open(_path);
        MakeFiles(200);
        _log.Remove(ChangeKind.Unlink, FileId.Root, "file 7");
        Commit(index, _log.State.Freeze());
        return (before, File.ReadAllBytes(_path), File.ReadAllBytes(_path + "-wal"), former);
    }

    private UInt128 HashOf(byte[] file, byte[] log)
    {
        string path = _folder["crashed.db"];
        File.WriteAllBytes(path, file);
        File.WriteAllBytes(path + "-wal", log);
        return NamespaceIndex.Load(path).State.StateHash;
    }

    private void MakeFiles(int count)
    {
        for (; count > 0; count--)
        {
            _log.Make(ChangeKind.Create, FileId.Root, $"file {++_made}");
        }
    }

    // Leaves so many pages free.
    private static void UsePages(LoopFileSystem disk, int free)
    {
        using FileStream filler = File.Create(disk["filler"]);
        filler.Write(new byte[new DriveInfo(disk.Path).AvailableFreeSpace - (free * PageBytes)]);
    }

    private static void Commit(NamespaceIndex index, NamespaceDelta delta)
    {
        index.Commit(delta, Header(delta));
        delta.Complete();
    }

    private static CheckpointHeader Header(NamespaceDelta delta) =>
        new(new JournalIdentity("embedded", "", "log"), delta.Totals.NextOffset, [1], [2], delta.Totals.NextOffset);
}
