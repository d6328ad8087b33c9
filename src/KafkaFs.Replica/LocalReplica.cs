using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Replica;

/// <summary>
/// A namespace and a tree at one position of a journal. <see cref="Open"/> brings it to where it stopped, or to the journal's
/// start; <see cref="Follow"/> carries it on; <see cref="Close"/> leaves a checkpoint. Killed instead, it is built anew from the
/// journal's start at the next opening, beside the old tree.
/// </summary>
public sealed partial class LocalReplica : IDisposable
{
    private static readonly TimeSpan s_readWait = TimeSpan.FromMilliseconds(500);

    private readonly IJournal _journal;
    private readonly ILogger _logger;
    private readonly byte[] _openedHash;
    private readonly CancellationTokenSource _disposing = new();
    private Task _dropping = Task.CompletedTask;

    private LocalReplica(DataRoot root, NamespaceState state, byte[] openedHash, IJournal journal, DataTree tree, ILogger logger, TimeProvider clock)
    {
        (Root, Namespace, _openedHash, _journal, Tree, _logger) = (root, state, openedHash, journal, tree, logger);
        Applier = new Applier(state, tree, logger, clock) { LeavingCheckpoint = LeaveCheckpoint };
    }

    public DataRoot Root { get; }

    public NamespaceState Namespace { get; }

    public DataTree Tree { get; }

    public Applier Applier { get; }

    /// <summary>
    /// Opens the data root, checks that <paramref name="journal"/> is the one it follows, and loads the checkpoint of a clean stop.
    /// Without one the old tree is set aside and the replica starts at the journal's first record. Throws
    /// <see cref="DataRootException"/>, <see cref="CheckpointException"/>, <see cref="JournalRefusedException"/> and
    /// <see cref="JournalUnavailableException"/>; nothing has changed then but, at most, an empty data root.
    /// </summary>
    public static LocalReplica Open(ReplicaOptions options, IJournal journal, ILogger logger, TimeProvider clock, CancellationToken stop)
    {
        DataRoot root = DataRoot.Open(options.DataRoot);
        LocalReplica? replica = null;
        try
        {
            replica = Build(root, options, journal, logger, clock, stop);
            return replica;
        }
        finally
        {
            if (replica is null)
            {
                root.Dispose();
            }
        }
    }

    private static LocalReplica Build(
        DataRoot root, ReplicaOptions options, IJournal journal, ILogger logger, TimeProvider clock, CancellationToken stop)
    {
        DataTree tree = DataTree.Open(root, RecordedOwnership.Choose(root, options.Ownership));
        foreach (string warning in root.Warnings.Concat(tree.Warnings))
        {
            LogWarning(logger, warning);
        }

        LocalReplica? replica = null;
        try
        {
            JournalBounds bounds = journal.QueryBounds(0, stop);
            JournalBinding.Verify(root, journal.Identity);
            (NamespaceState state, byte[] hash) = Resume(root, journal, bounds, logger, stop) ?? StartOver(root, journal, bounds, logger, stop);
            replica = new LocalReplica(root, state, hash, journal, tree, logger, clock);
            return replica;
        }
        finally
        {
            if (replica is null)
            {
                tree.Dispose();
            }
        }
    }

    /// <summary>
    /// Reads the journal from where the replica stands and applies it, until <paramref name="stop"/>. Blocks; for a thread of its
    /// own, once. Throws what makes the replica unable to go on: a refused journal, a broken invariant.
    /// </summary>
    public void Follow(CancellationToken stop)
    {
        JournalBatch batch = new();
        using IJournalReader reader = _journal.OpenReader(0, Applier.NextOffset);
        using CancellationTokenRegistration wake = stop.Register(reader.Wake);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                if (reader.Read(batch, s_readWait))
                {
                    Applier.Apply(batch, stop);
                }
                else
                {
                    Applier.ThrowIfFailed();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogStopped(_logger, Applier.NextOffset);
        }
    }

    /// <summary>
    /// The new tree holds all that the journal had: what a rebuild set aside can go. It goes in the background, until
    /// <see cref="Dispose"/>; what is left then goes after a later rebuild.
    /// </summary>
    public void BeginDropSetAside() => _dropping = Task.Run(DropSetAside);

    /// <summary>Deletes what a rebuild set aside.</summary>
    public void DropSetAside()
    {
        TreeResult result = Root.DeleteAside(_disposing.Token);
        if (!result.Succeeded && !_disposing.IsCancellationRequested)
        {
            LogNotDropped(_logger, Root.Path, result.Action, result.Path, result.Errno);
        }
    }

    /// <summary>
    /// A clean stop: applies nothing more, makes tree and checkpoint durable, and marks them as complete. Nothing else may use the
    /// tree any more. If the machine refuses (disk full, I/O error) there is no mark, and the next opening rebuilds. A replica that
    /// has applied nothing is left as it was found.
    /// </summary>
    public void Close()
    {
        byte[] hash = Applier.Stop() ?? _openedHash;
        if (!Applier.HasLeftCheckpoint)
        {
            LogUnchanged(_logger, Namespace.NextOffset);
            return;
        }

        if (Applier.Stall is { IsDrift: true } stall)
        {
            LogDrift(_logger, stall);
            return;
        }

        Tree.Sync();
        CheckpointHeader header = new(_journal.Identity, Namespace.NextOffset, hash, Root.Identity);
        NamespaceIndex.Save(Root.IndexPath, Namespace, header);
        Root.WriteCleanMark();
        LogCheckpoint(_logger, Namespace.NextOffset, Namespace.InodeCount);
    }

    /// <summary>
    /// <see cref="Close"/>, but not after a broken invariant: then the next opening builds the replica anew. A host that
    /// <paramref name="isFailing"/> already has its reason: what goes wrong here is only logged then.
    /// </summary>
    public void CloseUnlessFailed(bool isFailing = false)
    {
        if (Applier.HasFailed)
        {
            return;
        }

        try
        {
            Close();
        }
        catch (Exception exception) when (isFailing && (exception is DataRootException or IOException or SqliteException))
        {
            LogNotClosed(_logger, exception.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposing.Cancel();
        _dropping.Wait();
        _disposing.Dispose();
        Applier.Dispose();
        Tree.Dispose();
        Root.Dispose();
    }

    // Before the first change: the journal's first record was accepted, and from here on the checkpoint is not what the tree is.
    private void LeaveCheckpoint()
    {
        JournalBinding.Bind(Root, _journal.Identity);
        RecordedOwnership.Record(Root, Tree.Ownership);
        Root.RemoveCleanMark();
    }

    // Null unless the last run ended with a checkpoint of this very data root.
    private static (NamespaceState State, byte[] Hash)? Resume(DataRoot root, IJournal journal, JournalBounds bounds, ILogger logger, CancellationToken stop)
    {
        if (!root.HasCleanMark)
        {
            return null;
        }

        (NamespaceState state, CheckpointHeader header) = NamespaceIndex.Load(root.IndexPath);
        ResumeCheck.Verify(header, bounds, journal, stop);
        if (!root.Identity.AsSpan().SequenceEqual(header.Root))
        {
            LogCopied(logger, root.Path);
            return null;
        }

        LogResumed(logger, header.NextOffset, bounds.Next, state.InodeCount);
        return (state, header.LastRecordHash);
    }

    private static (NamespaceState State, byte[] Hash) StartOver(DataRoot root, IJournal journal, JournalBounds bounds, ILogger logger, CancellationToken stop)
    {
        if (bounds.First > 0)
        {
            throw new JournalRefusedException(
                JournalRefusal.Deleted,
                $"records 0..{bounds.First - 1} are deleted from the journal: a replica without a checkpoint cannot be built from it");
        }

        if (!root.IsEmpty)
        {
            VerifyFormer(root, journal, bounds, logger, stop);
            root.SetAsideTree();
            LogStartOver(logger, root.Path, bounds.Next);
        }

        return (new NamespaceState(), []);
    }

    // The tree is at least at its last checkpoint: a log that does not hold that must not take its place.
    private static void VerifyFormer(DataRoot root, IJournal journal, JournalBounds bounds, ILogger logger, CancellationToken stop)
    {
        if (!File.Exists(root.IndexPath))
        {
            return;
        }

        try
        {
            ResumeCheck.Verify(NamespaceIndex.Load(root.IndexPath).Header, bounds, journal, stop);
        }
        catch (CheckpointException exception)
        {
            LogNoFormer(logger, exception.Message);
        }
    }

    [LoggerMessage(4100, LogLevel.Information, "Checkpoint at {Offset}, journal at {End}, {Inodes} inodes")]
    private static partial void LogResumed(ILogger logger, long offset, long end, long inodes);

    [LoggerMessage(4101, LogLevel.Warning, "{DataRoot} was not left by a clean stop: the tree is built anew from the journal's {End} records; the old one is set aside until then")]
    private static partial void LogStartOver(ILogger logger, string dataRoot, long end);

    [LoggerMessage(4102, LogLevel.Information, "Stopped before record {Offset}")]
    private static partial void LogStopped(ILogger logger, long offset);

    [LoggerMessage(4103, LogLevel.Information, "Clean checkpoint at {Offset}, {Inodes} inodes")]
    private static partial void LogCheckpoint(ILogger logger, long offset, long inodes);

    [LoggerMessage(4105, LogLevel.Information, "Nothing was applied; the checkpoint at {Offset} stays")]
    private static partial void LogUnchanged(ILogger logger, long offset);

    [LoggerMessage(4106, LogLevel.Warning, "{DataRoot} is a copy of another data root: its checkpoint names the objects of that one")]
    private static partial void LogCopied(ILogger logger, string dataRoot);

    [LoggerMessage(4108, LogLevel.Warning, "What was set aside in {DataRoot} is not gone: {Action} of '{Path}' failed with {Errno}; it is tried again after the next rebuild")]
    private static partial void LogNotDropped(ILogger logger, string dataRoot, string action, string path, Posix.Errno errno);

    [LoggerMessage(4109, LogLevel.Error, "No checkpoint is written: {Reason}")]
    private static partial void LogNotClosed(ILogger logger, string reason);

    [LoggerMessage(4110, LogLevel.Warning, "No checkpoint is written, since the tree is not what the namespace says; the next start builds it anew: {Stall}")]
    private static partial void LogDrift(ILogger logger, ApplyStall stall);

    [LoggerMessage(4107, LogLevel.Warning, "The last checkpoint cannot be compared with the journal: {Reason}")]
    private static partial void LogNoFormer(ILogger logger, string reason);

    [LoggerMessage(4104, LogLevel.Warning, "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);
}
