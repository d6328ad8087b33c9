using KafkaFs.Journal;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Repair;
using KafkaFs.Replica.Tree;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Replica.Verification;

/// <summary>
/// The data root of a replica that no host runs on, with its lock held, and the namespace of its checkpoint. For one thread.
/// </summary>
public sealed class StoppedReplica : IDisposable
{
    private readonly OpenDataRoot _place;

    private StoppedReplica(OpenDataRoot place, NamespaceState state, CheckpointHeader header) => (_place, Namespace, Header) = (place, state, header);

    /// <summary>The data root.</summary>
    public DataRoot Root => _place.Root;

    /// <summary>Whether the tree has owners and devices.</summary>
    public TreeOwnership Ownership => _place.Tree.Ownership;

    /// <summary>The namespace at the checkpoint.</summary>
    public NamespaceState Namespace { get; }

    /// <summary>The checkpoint.</summary>
    public CheckpointHeader Header { get; }

    /// <summary>The last run ended cleanly, so that the tree should be what the checkpoint says.</summary>
    public bool IsClean => CleanMark.IsThere(Root);

    internal DataTree Tree => _place.Tree;

    internal ICheckpointStore Index => _place.Index;

    /// <summary>
    /// Opens and locks it; nothing is made where no replica is. Throws <see cref="DataRootException"/> (a host runs on it, no replica, a copy,
    /// no checkpoint), <see cref="CheckpointException"/> and <see cref="JournalRefusedException"/> (a newer format).
    /// </summary>
    public static StoppedReplica Open(string path)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(Path.Combine(full, DataRoot.OwnName, DataRoot.BindingFile)))
        {
            throw new DataRootException(DataRootProblem.NotAReplica, $"'{full}' is no data root of a KafkaFS replica");
        }

        OpenDataRoot place = OpenDataRoot.Open(new ReplicaOptions { DataRoot = full }, NullLogger.Instance);
        StoppedReplica? opened = null;
        try
        {
            opened = Load(place);
            return opened;
        }
        finally
        {
            if (opened is null)
            {
                place.Dispose();
            }
        }
    }

    /// <summary>Throws unless the last run ended cleanly and no repair is unfinished.</summary>
    public void RequireClean()
    {
        RepairMark.Refuse(Root);
        if (!IsClean)
        {
            throw new DataRootException(
                DataRootProblem.Unusable,
                $"data root '{Root.Path}' was not left by a clean stop, so its tree may be ahead of its checkpoint: start its host once and stop it; "
                + "if that is refused, `kafkafs repair --from-log` mends it");
        }
    }

    /// <summary>Throws unless the other one is a replica of the same journal, stopped cleanly at the same position with the same state.</summary>
    public void RequireSame(StoppedReplica other)
    {
        other.RequireClean();
        string here = $"'{Root.Path}'", there = $"'{other.Root.Path}'";
        string? difference =
            Header.Journal != other.Header.Journal ? $"{there} follows another journal than {here}"
            : Header.NextOffset != other.Header.NextOffset
                ? $"{here} stands at {Header.NextOffset}, {there} at {other.Header.NextOffset}: let both follow the journal until they are ready, with no master writing, and stop them"
            : Namespace.StateHash != other.Namespace.StateHash
                ? $"{here} and {there} have different states at {Header.NextOffset} (state hashes {Namespace.StateHash:x32} and {other.Namespace.StateHash:x32}): one of them has to be built anew from the journal"
            : null;
        if (difference is not null)
        {
            throw new DataRootException(DataRootProblem.Unusable, difference);
        }
    }

    /// <summary>The bytes of the path of an inode below the root; empty for the root.</summary>
    public byte[] PathOf(FileId inode)
    {
        Span<byte> buffer = stackalloc byte[NativeLimits.PathBytes];
        return Namespace.CopyPath(inode, buffer, cut: true).ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _place.Dispose();

    private static StoppedReplica Load(OpenDataRoot place)
    {
        ReplicaStart.RefuseHalfSetAside(place.Root);
        if (place.Index.Load() is not (NamespaceState state, CheckpointHeader header))
        {
            throw new DataRootException(
                DataRootProblem.TreeDamaged, $"data root '{place.Root.Path}' has no checkpoint ({DataRoot.OwnName}/index.db is missing); {DataRoot.RejoinAdvice}");
        }

        ReplicaStart.RefuseCopy(place.Root, header);
        JournalBinding.Verify(place.Root, header.Journal);
        place.Tree.ProbeHandles();
        return new StoppedReplica(place, state, header);
    }
}
