using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Simulation.Fuzz;

/// <summary>Hostile records made real in a tree, with a sentinel beside it, and perhaps an adversary in it.</summary>
internal sealed class TreeFuzzRun : IDisposable
{
    private const int MaxBatchRecords = 16;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_attackedPatience = TimeSpan.FromSeconds(1.5);

    private readonly string _folder;

    // Half of the seeds reach their objects as in a container without CAP_DAC_READ_SEARCH.
    private readonly bool _walksPaths;
    private readonly Random _random;
    private readonly Trace _trace;
    private readonly SentinelTree _sentinel;
    private readonly VolatileJournal _journal = new();
    private LocalReplica _replica;
    private HostileRecords _records;

    public TreeFuzzRun(int seed, Trace trace, string folder)
    {
        (_folder, _walksPaths, _random, _trace) = (folder, seed % 2 == 1, new Random(seed), trace);
        _sentinel = new SentinelTree(folder, "root", TreeAdversary.Baits);
        _journal.Land(HostileRecords.First());
        _replica = Open();
        _records = new HostileRecords(_random, _replica.Namespace);
        Assert.Null(Apply(s_patience));
    }

    private string Root => $"{_folder}/root";

    /// <summary>Records without an adversary: nothing stalls.</summary>
    public void Play(int count)
    {
        for (int played = 0; played < count;)
        {
            played += LandSome();
            Assert.Null(Apply(s_patience));
        }

        _replica.Close();
        Reopen();
        GoOn();
        Assert.Empty(Directory.GetFileSystemEntries($"{Root}/.kafkafs/foreign"));
    }

    /// <summary>Records while an adversary works in the tree; true if the replica stalled.</summary>
    public bool PlayAttacked(int seed, int count)
    {
        ApplyStall? stall = null;
        using (TreeAdversary adversary = new(seed, _trace, _folder, _sentinel.Outside))
        {
            for (int played = 0; played < count && stall is null;)
            {
                played += LandSome();
                stall = Apply(s_attackedPatience);
            }

            adversary.Stop();
            adversary.AssertBaitsAreWhole();
        }

        Assert.False(_replica.Applier.HasFailed);
        Assert.True(stall is null || (stall.Path.Length > 0 && stall.Action.Length > 0), $"{stall}");

        ReopenAttacked();
        Rejoin();
        GoOn();
        return stall is not null;
    }

    /// <summary>Nothing outside the root has changed or was read.</summary>
    public void AssertNothingOutsideIsTouched() => Assert.Empty(_sentinel.Differences());

    public void Dispose()
    {
        _replica.Dispose();
        FuzzDisk.Delete(_folder);
    }

    private int LandSome()
    {
        // All of a batch are written without knowing what became of those before.
        int count = _random.Next(5) > 0 ? 1 : _random.Next(1, MaxBatchRecords);
        for (int index = 0; index < count; index++)
        {
            byte[] record = _records.Next();
            _trace.Note(record);
            long offset = _journal.Land(record);
            if (_random.Next(3) == 0)
            {
                _replica.Applier.Offer(offset, VolatileJournal.AppendTimeMs, record);
            }
        }

        return count;
    }

    // What the replica still stands at after that time, or null.
    private ApplyStall? Apply(TimeSpan patience)
    {
        JournalBatch batch = new();
        using CancellationTokenSource stop = new(patience);
        using IJournalReader reader = _journal.OpenReader(0, _replica.Applier.NextOffset);
        try
        {
            while (reader.Read(batch, default))
            {
                _replica.Applier.Apply(batch, stop.Token);
            }

            _trace.Add($"applied up to {_replica.Applier.NextOffset}");
            return null;
        }
        catch (OperationCanceledException)
        {
            _trace.Add($"stalled: {_replica.Applier.Stall}");
            return _replica.Applier.Stall ?? throw new TimeoutException("nothing is refused, and nothing goes on");
        }
    }

    // An honest master starts and works, and the tree is what the namespace says.
    private void GoOn()
    {
        _journal.Land(_records.NewSession(Guid.NewGuid()));
        Assert.Null(Apply(s_patience));
        _journal.Land(_records.Mkdir(new SessionId(_replica.Namespace.LastSession), "honest"));
        Assert.Null(Apply(s_patience));
        Assert.False(_replica.Namespace.Lookup(FileId.Root, "honest"u8).IsNone);
        Assert.Null(_replica.Namespace.FirstWrongCount());
        List<string> differences = [];
        new TreeVerifier(
            _replica.Root, _replica.Namespace, _replica.Tree.Ownership, difference => differences.Add($"{Encoding.UTF8.GetString(difference.Path)}: {difference.What}")).Run();
        Assert.Empty(differences);
    }

    private void Reopen()
    {
        _replica.Dispose();
        OpenAgain();
    }

    private void OpenAgain()
    {
        _replica = Open();
        _records = new HostileRecords(_random, _replica.Namespace);
        Assert.Null(Apply(s_patience));
    }

    // Killed: the next opening recovers, or says that what was taken is missing, and changes nothing outside either way.
    private void ReopenAttacked()
    {
        _replica.Dispose();
        try
        {
            Open().Dispose();
        }
        catch (DataRootException exception) when (exception.Problem == DataRootProblem.TreeDamaged)
        {
            _trace.Add($"refused: {exception.Message}");
        }
    }

    private void Rejoin()
    {
        using (DataRoot root = DataRoot.Open(Root))
        {
            root.SetAside();
        }

        OpenAgain();
    }

    private LocalReplica Open()
    {
        LocalReplica replica = LocalReplica.Open(new ReplicaOptions { DataRoot = Root, CheckpointRecords = 10_000_000 }, _journal, NullLogger.Instance, TimeProvider.System, default);
        replica.Tree.OpensHandles &= !_walksPaths;
        return replica;
    }
}
