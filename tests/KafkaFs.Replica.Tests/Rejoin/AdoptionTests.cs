using KafkaFs.Journal;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Rejoin;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Replica.Tests.Rejoin;

/// <summary>A tree seeds a new journal: with full and with recorded ownership, stopped, and crashed between the last two steps.</summary>
public sealed class AdoptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly VolatileJournal _former = new(), _new = new() { LandsAll = true };
    private readonly RecordWriter _writer = new(Guid.NewGuid(), Guid.NewGuid());
    private readonly List<string> _said = [];

    private string Own => _folder["root/.kafkafs"];

    [Theory]
    [InlineData(TreeOwnership.Namespace)]
    [InlineData(TreeOwnership.Full)]
    public async Task TheNewJournalGivesTheSameNamespaceAndTree(TreeOwnership ownership)
    {
        Environments.Require(ownership == TreeOwnership.Namespace || Environment.IsPrivilegedProcess, "this needs root");
        List<string> former = Make(ownership);
        await AdoptAsync(_new, default);
        Assert.Equal(former, Describe(_new));
        using LocalReplica slave = Open(_folder["slave"], _new, ownership);
        slave.Applier.Apply(Read(_new, 0), default);
        using LocalReplica adopted = Open(_folder["root"], _new);
        Assert.Equal(slave.Namespace.StateHash, adopted.Namespace.StateHash);
        Assert.Equal(slave.Applier.NextOffset, adopted.Applier.NextOffset);
        Verify(slave);
        Verify(adopted);
    }

    [Fact]
    public async Task OneThatIsStoppedLeavesTheReplicaAsItWas()
    {
        List<string> former = Make(TreeOwnership.Namespace);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AdoptAsync(new VolatileJournal { Window = 0 }, stop.Token));
        Assert.Contains(_said, words => words.Contains("delete the new journal", StringComparison.Ordinal));
        Assert.False(File.Exists($"{Own}/adopting"));
        Assert.Equal(former, Describe(_former));
    }

    [Fact]
    public async Task ALogThatIsShortenedWhileItIsSeededIsNotAdopted()
    {
        List<string> former = Make(TreeOwnership.Namespace);
        await Assert.ThrowsAsync<JournalRefusedException>(() => AdoptAsync(_new, default, () => _new.BoundsEnd = 1));
        Assert.False(File.Exists($"{Own}/adopting"));
        Assert.Equal(former, Describe(_former));
    }

    [Fact]
    public async Task OneThatCrashedWhenEverythingWasWrittenIsCompleted()
    {
        List<string> former = Make(TreeOwnership.Namespace);
        await AdoptAsync(_new, default);
        string aside = Directory.GetDirectories(Own, "aside-*").Single();
        ToolProcess.Shell($"cd {Own}; mv index.db adopted.db; cp {aside}/index.db {aside}/journal.json .; rm -r {aside}");
        using (DataRoot root = DataRoot.Open(_folder["root"]))
        {
            new AdoptionMark(_new.Identity, "the new journal", "aside-then", IsSeeded: true).Write(root);
        }

        Assert.Contains("completes it", Assert.Throws<DataRootException>(() => Open(_folder["root"], _former)).Message, StringComparison.Ordinal);
        await AdoptAsync(new VolatileJournal(), default);
        Assert.Equal(former, Describe(_new));
        Assert.Equal(["index.db", "journal.json"], Directory.GetFiles($"{Own}/aside-then").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AReplicaIsBuiltOnlyFromAJournalThatHasItsFirstRecord()
    {
        JournalOrigin.Require(Begun(), "it", default);
        VolatileJournal other = new();
        Assert.Contains("it is empty", Assert.Throws<JournalRefusedException>(() => JournalOrigin.Require(other, "it", default)).Message, StringComparison.Ordinal);
        other.Land("something else"u8.ToArray());
        Assert.Contains("not a KafkaFS journal", Assert.Throws<JournalRefusedException>(() => JournalOrigin.Require(other, "it", default)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private VolatileJournal Begun()
    {
        _former.Land(_writer.FilesystemCreated());
        return _former;
    }

    // Left by a clean stop.
    private List<string> Make(TreeOwnership ownership)
    {
        Begun();
        _former.Land(_writer.SessionStarted());
        _former.Land(_writer.Mkdir("d"));
        FileId directory = _writer.Last;
        for (int index = 0; index < 50; index++)
        {
            _former.Land(_writer.Create($"f{index}", directory));
            _former.Land(_writer.Write(_writer.Last, new byte[300 * index * index]));
        }

        _former.Land(_writer.Mkdir("deep", directory));
        _former.Land(_writer.Create("below", _writer.Last));
        using LocalReplica replica = Open(_folder["root"], _former, ownership);
        replica.Applier.Apply(Read(_former, 0), default);
        replica.Close();
        return Describe(replica.Namespace);
    }

    private Task AdoptAsync(VolatileJournal journal, CancellationToken stop, Action? meanwhile = null) =>
        Adoption.RunAsync(_folder["root"], new Provider(journal), Say(meanwhile), new WorkProgress(TimeProvider.System), NullLogger.Instance, TimeProvider.System, stop);

    private Action<string> Say(Action? whileWriting) => words =>
    {
        _said.Add(words);
        if (words.StartsWith("writing ", StringComparison.Ordinal))
        {
            whileWriting?.Invoke();
        }
    };

    private List<string> Describe(VolatileJournal journal)
    {
        using LocalReplica replica = Open(_folder["root"], journal);
        return Describe(replica.Namespace);
    }

    // All names with what an adoption keeps.
    private static List<string> Describe(NamespaceState state)
    {
        List<string> lines = [];
        Stack<(FileId Directory, string Path)> waiting = new([(FileId.Root, "")]);
        while (waiting.TryPop(out (FileId Directory, string Path) next))
        {
            state.TryGetAttributes(next.Directory, out InodeAttributes root);
            lines.Add($"{next.Path}: {root with { CtimeNs = 0, BtimeNs = 0 }}");
            DirectoryCursor cursor = new(next.Directory, 0);
            while (state.TryReadEntry(ref cursor, out DirectoryEntry entry))
            {
                waiting.Push((entry.Inode, $"{next.Path}/{System.Text.Encoding.UTF8.GetString(entry.Name)}"));
            }
        }

        return lines;
    }

    private static void Verify(LocalReplica replica)
    {
        TreeVerifier verifier = new(replica.Root, replica.Namespace, replica.Tree.Ownership, difference => Assert.Fail(difference.What));
        verifier.Run();
        Assert.Equal(53, verifier.Names);
    }

    private static LocalReplica Open(string root, VolatileJournal journal, TreeOwnership? ownership = null) =>
        LocalReplica.Open(new ReplicaOptions { DataRoot = root, Ownership = ownership }, journal, NullLogger.Instance, TimeProvider.System, default);

    private static JournalBatch Read(VolatileJournal journal, long from)
    {
        JournalBatch batch = new(maxBytes: 64 * 1024 * 1024);
        using IJournalReader reader = journal.OpenReader(0, from);
        reader.Read(batch, default);
        return batch;
    }

    private sealed class Provider(VolatileJournal journal) : IJournalProvider
    {
        public string Description => "the new journal";

        public Task<IJournal> OpenAsync(bool createIfMissing, CancellationToken cancellationToken) => Task.FromResult<IJournal>(journal);
    }
}
