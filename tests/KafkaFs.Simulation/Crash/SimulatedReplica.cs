using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using KafkaFs.Simulation.Disk;
using KafkaFs.Simulation.Model;
using KafkaFs.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Simulation.Crash;

/// <summary>
/// The product's replica on a simulated disk, following a simulated log, with the naive model at the log's end. Driven step by step
/// on one thread; any step may throw when the machine stops (<see cref="Machine"/>).
/// </summary>
internal sealed class SimulatedReplica : IDisposable
{
    private readonly ReplicaOptions _options;
    private readonly TreeOwnership _ownership;
    private readonly SimulatedIndex _index;
    private readonly JournalBatch _batch = new();
    private readonly Action<string>? _listener;
    private LocalReplica? _replica;
    private long _refusedCall = long.MaxValue;

    /// <param name="random">Decides what the disk leaves open.</param>
    /// <param name="listener">Hears of every step; may be null.</param>
    public SimulatedReplica(DiskTraits traits, Random random, long checkpointRecords, Action<string>? listener)
    {
        Disk = new SimulatedDisk(traits, random);
        Disk.Machine.Listener = _listener = listener;
        _index = new SimulatedIndex(Disk);
        _options = new ReplicaOptions
        {
            DataRoot = "simulated",
            CheckpointRecords = checkpointRecords,
            ConfirmEndAfter = TimeSpan.Zero,
            RetryAfter = TimeSpan.Zero,
            OnStalled = GoOnIfRefused,
        };
        _ownership = traits.IsRoot ? TreeOwnership.Full : TreeOwnership.Namespace;
    }

    public SimulatedDisk Disk { get; }

    public SimulatedMachine Machine => Disk.Machine;

    public SimulatedJournal Journal { get; } = new();

    public NaiveFilesystem Model { get; } = new();

    /// <summary>Records of the log that are not applied.</summary>
    public long Behind => Journal.Count - Replica.Applier.NextOffset;

    private LocalReplica Replica => _replica ?? throw new InvalidOperationException("The replica is not open.");

    /// <summary>Puts a record at the log's end, and does it to the model.</summary>
    public void Land(byte[] record)
    {
        bool wellFormed = ChangeCodec.TryDecode(record, out Change change, out _);
        object outcome = Model.Apply(change, wellFormed, Journal.Count, SimulatedJournal.AppendTimeMs);
        _listener?.Invoke($"LOG {Journal.Count}: {Words(change)} {outcome}");
        Journal.Add(record);
    }

    /// <summary>The machine refuses a changing call of the next recovery, and all that follow until it is begun again.</summary>
    public void RefuseInRecovery(int call) => _refusedCall = call;

    /// <summary>A start of the process: it may recover.</summary>
    public void Open()
    {
        _listener?.Invoke("OPEN");
        DataTree tree = new(Disk.Place, _ownership, []);
        Disk.Refusing.Refuse(_refusedCall);
        _refusedCall = long.MaxValue;
        try
        {
            ReplicaStart start = ReplicaStart.Find(Disk, _index, tree, _options, Journal, NullLogger.Instance, CancellationToken.None);
            _replica = new LocalReplica(Disk, _index, tree, start, _options, Journal, NullLogger.Instance, new ManualClock());
        }
        finally
        {
            Disk.Refusing.Pass();
            if (_replica is null)
            {
                tree.Dispose();
            }
        }

        _listener?.Invoke($"OPENED at {_replica.Applier.NextOffset}");
    }

    /// <summary>
    /// Offset behind the last record that the tree is known to need, after a crash: by the target of an unfinished recovery, or by the
    /// trail; null if nothing says so.
    /// </summary>
    public long? KnownNeed()
    {
        if (CleanMark.IsThere(Disk) || _index.Load() is not (_, CheckpointHeader header))
        {
            return null;
        }

        long need = Math.Max(RecoveryTarget.Read(Disk) ?? 0, Trail.Read(Disk.ReadTrail())?.Offset + 1 ?? 0);
        return need > header.NextOffset ? need : null;
    }

    /// <summary>A start with a log that ends at <paramref name="end"/>, before what the tree needs: it must be refused.</summary>
    public void OpenRefused(long end)
    {
        _listener?.Invoke($"OPEN with a log that ends at {end}");
        Journal.ShownEnd = end;
        try
        {
            Open();
        }
        catch (JournalRefusedException refused)
        {
            _listener?.Invoke($"REFUSED: {refused.Message}");
            Journal.ShownEnd = null;
            return;
        }

        throw new InvalidOperationException($"A log that ends at {end} was not refused, although the tree needs more of it.");
    }

    /// <summary>Applies a batch of at most <paramref name="count"/> records; false if a checkpoint has to come first.</summary>
    public bool Apply(int count)
    {
        Journal.Fill(_batch, Replica.Applier.NextOffset, count);
        _listener?.Invoke($"APPLY {Replica.Applier.NextOffset}..{Replica.Applier.NextOffset + _batch.Count}, horizon {Replica.Applier.Horizon}");
        if (Replica.Applier.ApplyNow(_batch, 0) == _batch.Count && Replica.Applier.Stall is null)
        {
            return true;
        }

        return Replica.Applier.Stall is null && Replica.Applier.NextOffset >= Replica.Applier.Horizon
            ? false
            : throw new InvalidOperationException($"The replica stalled: {Replica.Applier.Stall}");
    }

    public bool BeginCheckpoint()
    {
        _listener?.Invoke("CHECKPOINT begin");
        return Replica.Checkpoints.Begin();
    }

    public void SyncCheckpoint()
    {
        _listener?.Invoke("CHECKPOINT sync");
        Replica.Checkpoints.Sync();
    }

    public void CommitCheckpoint()
    {
        _listener?.Invoke("CHECKPOINT commit");
        if (!Replica.Checkpoints.TryCommit())
        {
            throw new InvalidOperationException("A checkpoint could not be committed.");
        }
    }

    /// <summary>All three steps.</summary>
    public void Checkpoint()
    {
        if (BeginCheckpoint())
        {
            SyncCheckpoint();
            CommitCheckpoint();
        }
    }

    /// <summary>A clean end of the process.</summary>
    public void Close()
    {
        _listener?.Invoke("CLOSE");
        Replica.Close();
        Drop();
    }

    /// <summary>The process is gone, however it ended.</summary>
    public void Drop()
    {
        _replica?.Dispose();
        _replica = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Drop();

    private void GoOnIfRefused(string words)
    {
        if (!Disk.Refusing.HasRefused)
        {
            throw new InvalidOperationException(words);
        }

        _listener?.Invoke($"REFUSED: {words}");
        Disk.Refusing.Pass();
    }

    /// <summary>Applies all that the log has.</summary>
    public void CatchUp(int batch)
    {
        while (Behind > 0)
        {
            if (!Apply(batch))
            {
                Checkpoint();
            }
        }
    }

    /// <summary>Throws with words unless tree and namespace are what the model says at the log's end.</summary>
    public void Verify()
    {
        List<string> differences = [
            .. StateComparison.Differences(Model, Replica.Namespace),
            .. new TreeComparison(Model, Replica.Namespace, Disk, _ownership).Differences()];
        if (differences.Count > 0)
        {
            throw new InvalidOperationException($"after record {Journal.Count - 1}: {string.Join('\n', differences)}");
        }
    }

    private static string Words(in Change change)
    {
        string about = change.Inode.IsNone ? "" : $" {change.Inode}";
        string name = change.Name.IsEmpty ? "" : $" {change.Parent}/{NaiveFilesystem.Text(change.Name)}";
        string newName = change.NewName.IsEmpty ? "" : $" to {change.NewParent}/{NaiveFilesystem.Text(change.NewName)}";
        string place = change.Kind is ChangeKind.Write or ChangeKind.Allocate ? $" at {change.Offset}+{change.Length + (uint)change.Data.Length} mode {change.Mode}" : "";
        string size = change.Kind == ChangeKind.Truncate ? $" to {change.Size}" : "";
        return $"[{change.Header.Session.Number}/{change.Header.Sequence}] {change.Kind}{about}{name}{newName}{place}{size}{(change.Flags == 0 ? "" : $" {change.Flags}")}";
    }
}
