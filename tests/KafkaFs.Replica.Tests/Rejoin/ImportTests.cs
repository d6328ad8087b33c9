using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Rejoin;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Replica.Tests.Rejoin;

/// <summary>Files that no replica knew become one: whole, interrupted after any record, and crashed between the last steps.</summary>
public sealed class ImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly List<string> _said = [];
    private readonly WorkProgress _progress = new(TimeProvider.System);

    private string Root => _folder["root"];

    private string Own => _folder["root/.kafkafs"];

    public ImportTests() => ToolProcess.Shell($"""
        mkdir {Root}; cd {Root}; mkdir -p d/e; for i in $(seq 30); do echo $i > d/f$i; done; ln d/f1 d/e/hard; ln -s f1 d/soft; mkfifo pipe
        head -c 300000 /dev/urandom > big; truncate -s 1000000 big; chmod 400 d/f2; chmod 4755 d/f3; chmod 500 d/e; touch -d @1234567890.5 d/f4 d
        """);

    [Fact]
    public async Task TheJournalGivesTheSameTreeAndTheFilesAreWhatTheyWere()
    {
        string before = Listing();
        VolatileJournal journal = new() { LandsAll = true };
        await ImportAsync(journal);
        Assert.Equal(Environment.IsPrivilegedProcess, before == Listing());
        Verify(journal);
        // Of the last look at the tree, which is compared with what was written.
        Assert.Equal(("comparing names", 36L, 36L), (_progress.Now!.What, _progress.Now.Done, _progress.Now.Total));
        Assert.Contains("is a KafkaFS replica already", (await Assert.ThrowsAsync<DataRootException>(() => ImportAsync(journal))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneThatIsInterruptedAfterAnyRecordGoesOnInItsJournal()
    {
        for (int window = 0, records = 1; window < records; window += 9)
        {
            // The import's own look at the link moves its atime on (relatime).
            ToolProcess.Shell($"chmod -R u+w {Root}; rm -rf {Own}; touch -h -a -d @1400000000 {Root}/d/soft");
            VolatileJournal journal = new() { LandsAll = true, Window = window };
            using CancellationTokenSource stop = new();
            Task first = ImportAsync(journal, stop: stop.Token);
            while (journal.Handed.Count < window)
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
            Assert.Throws<DataRootException>(() => DataRoot.Open(Root));
            journal.Window = int.MaxValue;
            await ImportAsync(journal);
            Verify(journal);
            records = journal.Handed.Count;

            // What the first run had appended is not there twice.
            Assert.Equal(journal.Handed.Count, journal.Handed.Select(handed => Convert.ToHexString(handed.Record)).Distinct().Count());
        }
    }

    [Fact]
    public async Task OneWhoseFilesHaveChangedMeanwhileIsRefused()
    {
        const int window = 20;
        VolatileJournal journal = new() { LandsAll = true, Window = window };
        using CancellationTokenSource stop = new();
        Task first = ImportAsync(journal, stop: stop.Token);
        while (journal.Handed.Count < window && !first.IsCompleted)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        ToolProcess.Shell($"echo other > {Root}/aaa");
        journal.Window = int.MaxValue;
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => ImportAsync(journal));
        Assert.Contains("delete it, and name a new one", refused.Message, StringComparison.Ordinal);
        VolatileJournal another = new() { LandsAll = true };
        await ImportAsync(another);
        Verify(another, names: 37);
    }

    [Fact]
    public async Task OneThatCrashedWhenEverythingWasWrittenIsCompleted()
    {
        VolatileJournal journal = new() { LandsAll = true };
        await ImportAsync(journal);
        ToolProcess.Shell($"cd {Own}; mv index.db adopted.db; rm journal.json clean ownership");
        using (DataRoot root = DataRoot.Open(Root, mayHoldFiles: true))
        {
            new AdoptionMark(journal.Identity, "the journal", "aside-then", IsSeeded: true, SeedStamp.New(TimeProvider.System)).Write(root);
        }

        await ImportAsync(new VolatileJournal());
        Verify(journal);
        Assert.False(File.Exists($"{Own}/adopting"));
    }

    [Fact]
    public async Task ALogThatIsShortenedWhileItIsSeededMakesNoReplica()
    {
        VolatileJournal journal = new() { LandsAll = true };
        await Assert.ThrowsAsync<JournalRefusedException>(() => ImportAsync(journal, meanwhile: () => journal.BoundsEnd = 1));
        Assert.Throws<DataRootException>(() => DataRoot.Open(Root));
    }

    public void Dispose()
    {
        ToolProcess.Shell($"chmod -R u+rwx {Root}");
        _folder.Dispose();
    }

    private Task ImportAsync(VolatileJournal journal, Action? meanwhile = null, CancellationToken stop = default) => Task.Run(() => Adoption.ImportAsync(
        Root, new Provider(journal), words => Say(words, meanwhile), _progress, NullLogger.Instance, TimeProvider.System, stop), CancellationToken.None);

    private void Say(string words, Action? meanwhile)
    {
        _said.Add(words);
        if (words.Contains("writing ", StringComparison.Ordinal))
        {
            meanwhile?.Invoke();
        }
    }

    private string Listing() => ToolProcess.Shell($"cd {Root}; find . -mindepth 1 -path ./.kafkafs -prune -o -mindepth 1 -printf '%p %i %y %m %U %G %s %n %l %T@ %C@\\n' | LC_ALL=C sort; cat big d/f* | sha256sum");

    // The replica opens as after a clean stop, is what its tree is, and a slave of its journal is equal.
    private void Verify(VolatileJournal journal, long names = 36)
    {
        using LocalReplica imported = Open(Root, journal), slave = Open(_folder[$"slave-{Guid.NewGuid():N}"], journal);
        JournalBatch batch = new(maxBytes: 64 * 1024 * 1024);
        using (IJournalReader reader = journal.OpenReader(0, 0))
        {
            reader.Read(batch, default);
        }

        slave.Applier.Apply(batch, default);
        Assert.Equal((slave.Applier.NextOffset, slave.Namespace.StateHash), (imported.Applier.NextOffset, imported.Namespace.StateHash));
        foreach (LocalReplica replica in new[] { imported, slave })
        {
            TreeVerifier verifier = new(replica.Root, replica.Namespace, replica.Tree.Ownership, difference => Assert.Fail(difference.What));
            verifier.Run();
            Assert.Equal(names, verifier.Names);
        }

        ToolProcess.Run("cmp", [$"{Root}/big", $"{slave.Root.Path}/big"]);
    }

    private static LocalReplica Open(string root, VolatileJournal journal) =>
        LocalReplica.Open(new ReplicaOptions { DataRoot = root, ConfirmEndAfter = TimeSpan.Zero }, journal, NullLogger.Instance, TimeProvider.System, default);

    private sealed class Provider(VolatileJournal journal) : IJournalProvider
    {
        public string Description => "the journal";

        public Task<IJournal> OpenAsync(bool createIfMissing, CancellationToken cancellationToken) => Task.FromResult<IJournal>(journal);
    }
}
