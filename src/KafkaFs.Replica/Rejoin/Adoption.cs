using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Replica.Rejoin;

/// <summary>
/// The way back from a refusal when a tree outlives its journal: the tree seeds a new journal and follows that from then on. The tree
/// itself is not touched; times of change and of birth become those of the adoption, and FileIds are new.
/// </summary>
public sealed class Adoption
{
    private const int MaxDifferencesTold = 10;

    private readonly DataRoot _root;
    private readonly OpenDataRoot _place;
    private readonly Action<string> _say;
    private readonly TimeProvider _clock;

    private Adoption(OpenDataRoot place, Action<string> say, TimeProvider clock) => (_root, _place, _say, _clock) = (place.Root, place, say, clock);

    /// <summary>
    /// Does it, or completes one that was interrupted. <paramref name="say"/> hears what happened, in words for a person. Throws
    /// <see cref="DataRootException"/>, <see cref="CheckpointException"/>, <see cref="JournalRefusedException"/>,
    /// <see cref="JournalUnavailableException"/>, IOException, and OperationCanceledException at <paramref name="stop"/>; until the new
    /// journal holds everything the data root stays what it was.
    /// </summary>
    public static async Task RunAsync(
        string dataRoot, IJournalProvider provider, Action<string> say, ILogger logger, TimeProvider clock, CancellationToken stop)
    {
        ReplicaPlace.RequireReplica(dataRoot);
        using OpenDataRoot place = OpenDataRoot.Open(new ReplicaOptions { DataRoot = dataRoot }, logger);
        Adoption adoption = new(place, say, clock);
        if (AdoptionMark.Read(place.Root) is { IsSeeded: true } mark)
        {
            adoption.Complete(mark);
            return;
        }

        NamespaceState former = adoption.LoadClean();
        adoption.VerifyTree(former);
        using IJournal journal = await provider.OpenAsync(createIfMissing: true, stop).ConfigureAwait(false);
        RequireEmpty(journal, provider.Description, stop);
        adoption.Seed(former, journal, provider.Description, stop);
    }

    // Only a clean stop leaves a tree that stands at one position; the way to one from anywhere else is the old journal.
    private NamespaceState LoadClean()
    {
        ReplicaStart.RefuseHalfSetAside(_root);
        if (_place.Index.Load() is not (NamespaceState state, CheckpointHeader header))
        {
            throw new DataRootException(DataRootProblem.TreeDamaged, $"data root '{_root.Path}' has no checkpoint: what its tree holds is not known");
        }

        ReplicaStart.RefuseCopy(_root, header);
        return CleanMark.IsThere(_root)
            ? state
            : throw new DataRootException(
                DataRootProblem.TreeDamaged,
                $"data root '{_root.Path}' was not left by a clean stop, and its tree may be between two records: start its host once on the journal that it follows and "
                    + "stop it; if that journal is gone, copy the files to the mount of a new filesystem (rsync -aHAX)");
    }

    private void VerifyTree(NamespaceState former)
    {
        List<string> told = [];
        TreeVerifier verifier = new(_root, former, _place.Tree.Ownership, difference =>
        {
            if (told.Count < MaxDifferencesTold)
            {
                told.Add($"'{System.Text.Encoding.UTF8.GetString(difference.Path)}' {difference.What}");
            }
        });
        verifier.Run();
        if (verifier.Differences > 0)
        {
            throw new DataRootException(
                DataRootProblem.TreeDamaged,
                $"the tree of '{_root.Path}' is not what its index says, in {verifier.Differences} places: {string.Join("; ", told)}; put that right first, or copy the files to the "
                    + "mount of a new filesystem (rsync -aHAX)");
        }
    }

    private static void RequireEmpty(IJournal journal, string description, CancellationToken stop)
    {
        JournalBounds bounds = journal.QueryBounds(0, stop);
        if (bounds.Next > 0)
        {
            throw new JournalRefusedException(
                JournalRefusal.Replaced,
                $"{description} is not empty (it ends at {bounds.Next}): a tree can only seed a new journal; name another one, or delete this one if it is what an interrupted adoption left");
        }
    }

    private void Seed(NamespaceState former, IJournal journal, string description, CancellationToken stop)
    {
        AdoptionMark mark = new(journal.Identity, description, DataRoot.NewAsideName(), IsSeeded: false);
        mark.Write(_root);
        try
        {
            _say($"writing {former.InodeCount} inodes to {description}");
            CommitFresh(former, journal, stop);
            mark = mark with { IsSeeded = true };
            mark.Write(_root);
        }
        finally
        {
            if (!mark.IsSeeded)
            {
                AdoptionMark.Remove(_root);
                _say($"the data root is as it was; delete {description}, which holds only a part of it");
            }
        }

        Complete(mark);
    }

    private void CommitFresh(NamespaceState former, IJournal journal, CancellationToken stop)
    {
        using JournalSeeder seeder = new(journal, _say, stop);
        new TreeRecords(former, _place.Tree, seeder, journal.MaxRecordBytes, _clock).Write();
        NamespaceState made = seeder.State;
        if ((made.InodeCount, made.EntryCount) != (former.InodeCount, former.EntryCount))
        {
            throw new InvalidOperationException(
                $"{made.InodeCount} inodes and {made.EntryCount} names were written of {former.InodeCount} and {former.EntryCount}.");
        }

        // Clients in use do not notice that a topic was created again under them.
        long next = made.NextOffset;
        ReplicaOptions options = new() { DataRoot = _root.Path };
        KnownLog written = new() { Identity = journal.Identity, Filesystem = made.Filesystem, NextOffset = next, TailHash = seeder.LastRecordHash };
        StartCheck.Verify(written, next, journal, options.ConfirmEndAfter, stop);
        NamespaceDelta all = made.Freeze();
        using NamespaceIndex fresh = NamespaceIndex.Open(Path.Combine(_root.Path, DataRoot.OwnName, AdoptionSwitch.FreshIndex));
        fresh.Commit(all, new CheckpointHeader(journal.Identity, next, seeder.LastRecordHash, _root.Identity, next + options.CheckpointRecords));
        all.Complete();
    }

    private void Complete(AdoptionMark mark)
    {
        _place.Index.Dispose();
        AdoptionSwitch.Run(_root, mark);
        _say($"'{_root.Path}' follows {mark.Name} from here on; the former index is kept in '{Path.Combine(_root.Path, DataRoot.OwnName, mark.Aside)}'");
    }
}
