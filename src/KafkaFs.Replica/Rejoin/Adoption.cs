using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Replica.Rejoin;

/// <summary>
/// The way back from a refusal when a tree outlives its journal: the tree seeds a new journal and follows that from then on. The tree
/// itself is not touched; times of change and of birth become those of the adoption, and FileIds are new. An import is the same for a
/// tree that was no replica.
/// </summary>
public sealed class Adoption
{
    private const int MaxDifferencesTold = 10;

    private readonly DataRoot _root;
    private readonly OpenDataRoot _place;
    private readonly Action<string> _say;
    private readonly WorkProgress _progress;
    private readonly TimeProvider _clock;

    private readonly bool _isImport;

    private Adoption(OpenDataRoot place, bool isImport, Action<string> say, WorkProgress progress, TimeProvider clock) =>
        (_root, _place, _isImport, _say, _progress, _clock) = (place.Root, place, isImport, say, progress, clock);

    /// <summary>
    /// Does it, or completes one that was interrupted. <paramref name="say"/> hears what happened, in words for a person, and
    /// <paramref name="progress"/> how far it is. Throws
    /// <see cref="DataRootException"/>, <see cref="CheckpointException"/>, <see cref="JournalRefusedException"/>,
    /// <see cref="JournalUnavailableException"/>, IOException, and OperationCanceledException at <paramref name="stop"/>; until the new
    /// journal holds everything the data root stays what it was.
    /// </summary>
    public static async Task RunAsync(
        string dataRoot, IJournalProvider provider, Action<string> say, WorkProgress progress, ILogger logger, TimeProvider clock, CancellationToken stop)
    {
        ReplicaPlace.RequireReplica(dataRoot);
        using OpenDataRoot place = OpenDataRoot.Open(new ReplicaOptions { DataRoot = dataRoot }, logger);
        await new Adoption(place, isImport: false, say, progress, clock).RunAsync(provider, stop).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes a tree that is no replica one, which has seeded a new journal; one that was interrupted goes on in its journal. As
    /// <see cref="RunAsync(string, IJournalProvider, Action{string}, WorkProgress, ILogger, TimeProvider, CancellationToken)"/> otherwise.
    /// </summary>
    public static async Task ImportAsync(
        string dataRoot, IJournalProvider provider, Action<string> say, WorkProgress progress, ILogger logger, TimeProvider clock, CancellationToken stop)
    {
        ReplicaPlace.RequireForeign(dataRoot);
        bool isSeen = FileCalls.Stat(null, Encoding.UTF8.GetBytes(Path.GetFullPath(dataRoot)), out StatxResult before) == Errno.None;
        using OpenDataRoot place = OpenDataRoot.Open(new ReplicaOptions { DataRoot = dataRoot, MayHoldFiles = true }, logger);
        if (isSeen)
        {
            // `.kafkafs` was made in it; the mount's root gets the times that it had.
            LinuxTreeCalls.Instance.ChangeTimes(place.Root.Fd, before.Atime.TotalNs, before.Mtime.TotalNs);
        }

        await new Adoption(place, isImport: true, say, progress, clock).RunAsync(provider, stop).ConfigureAwait(false);
    }

    private async Task RunAsync(IJournalProvider provider, CancellationToken stop)
    {
        AdoptionMark? mark = AdoptionMark.Read(_root);
        if (_isImport && mark is { Import: null })
        {
            throw new DataRootException(
                DataRootProblem.NotAReplica, $"'{_root.Path}' is a replica whose adoption by {mark.Name} was interrupted: `kafkafs rejoin --adopt` is for it, and an import is not");
        }

        if (mark is { IsSeeded: true })
        {
            Complete(mark);
            return;
        }

        if (_isImport)
        {
            _place.RequireLimits(Limits.Default);
            _say($"looking at '{_root.Path}'");
        }

        NamespaceState former = _isImport ? TreeScan.Run(_root, _progress, _clock, stop) : LoadClean();
        VerifyTree(former);
        using IJournal journal = await provider.OpenAsync(createIfMissing: true, stop).ConfigureAwait(false);
        bool goesOn = mark?.Import is not null && mark.Journal == journal.Identity;
        long there = goesOn ? journal.QueryBounds(0, stop).Next : RequireEmpty(journal, provider.Description, stop);
        mark = goesOn ? mark! : new AdoptionMark(journal.Identity, provider.Description, DataRoot.NewAsideName(), IsSeeded: false, _isImport ? SeedStamp.New(_clock) : null);
        Seed(former, journal, mark, there, stop);
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
        // What a tree of an ordinary user is to have is told apart from its namespace later.
        TreeVerifier verifier = new(_root, former, _isImport ? TreeOwnership.Full : _place.Tree.Ownership, difference =>
        {
            if (told.Count < MaxDifferencesTold)
            {
                told.Add($"'{Encoding.UTF8.GetString(difference.Path)}' {difference.What}");
            }
        })
        {
            Progress = _progress,
        };
        verifier.Run();
        if (verifier.Differences > 0)
        {
            throw new DataRootException(
                DataRootProblem.TreeDamaged,
                _isImport
                    ? $"'{_root.Path}' changes, or cannot be kept as it is, in {verifier.Differences} places: {string.Join("; ", told)}; stop what works in it, and call again"
                    : $"the tree of '{_root.Path}' is not what its index says, in {verifier.Differences} places: {string.Join("; ", told)}; put that right first, or copy the files to the "
                    + "mount of a new filesystem (rsync -aHAX)");
        }
    }

    private static long RequireEmpty(IJournal journal, string description, CancellationToken stop)
    {
        JournalBounds bounds = journal.QueryBounds(0, stop);
        if (bounds.Next > 0)
        {
            throw new JournalRefusedException(
                JournalRefusal.Replaced,
                $"{description} is not empty (it ends at {bounds.Next}): a tree can only seed a new journal; name another one, or delete this one if it is what an interrupted adoption left");
        }

        return 0;
    }

    private void Seed(NamespaceState former, IJournal journal, AdoptionMark mark, long there, CancellationToken stop)
    {
        mark.Write(_root);
        try
        {
            _say($"{(there > 0 ? $"going on behind record {there - 1}: " : "")}writing {former.InodeCount} inodes to {mark.Name}");
            CommitFresh(former, journal, mark.Import ?? SeedStamp.New(_clock), there, stop);
            mark = mark with { IsSeeded = true };
            mark.Write(_root);
        }
        finally
        {
            if (!mark.IsSeeded && _isImport)
            {
                _say($"the files are as they were; the same command goes on. To give it up, delete '{Path.Combine(_root.Path, DataRoot.OwnName)}', and {mark.Name}, which holds only a part of them");
            }
            else if (!mark.IsSeeded)
            {
                AdoptionMark.Remove(_root);
                _say($"the data root is as it was; delete {mark.Name}, which holds only a part of it");
            }
        }

        Complete(mark);
    }

    private void CommitFresh(NamespaceState former, IJournal journal, SeedStamp stamp, long there, CancellationToken stop)
    {
        using JournalSeeder seeder = new(journal, _say, stop) { There = there };
        new TreeRecords(former, _place.Tree, seeder, journal.MaxRecordBytes, stamp, _say, _progress).Write();
        NamespaceState made = seeder.State;
        if ((made.InodeCount, made.EntryCount) != (former.InodeCount, former.EntryCount))
        {
            throw new InvalidOperationException(
                $"{made.InodeCount} inodes and {made.EntryCount} names were written of {former.InodeCount} and {former.EntryCount}.");
        }

        if (_isImport)
        {
            // Nobody has synced them, as a clean stop does: a replica that is marked clean must survive a power cut.
            TreeSync.Run(_root.Place);
            // Nobody holds the files: what was written to meanwhile has another time or size.
            VerifyTree(made);
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

    // What a replica has beside its index. Can be done again.
    private void MakeReplica()
    {
        RecordedOwnership.Record(_root, _place.Tree.Ownership);
        if (_place.Tree.Ownership == TreeOwnership.Namespace)
        {
            ProjectModes();
        }

        CleanMark.Write(_root);
    }

    // A tree of an ordinary user has u+rw and no suid: what its objects had is in the journal.
    private void ProjectModes()
    {
        using NamespaceIndex fresh = NamespaceIndex.Open(Path.Combine(_root.Path, DataRoot.OwnName, AdoptionSwitch.FreshIndex));
        NamespaceState? made = (fresh.Load() ?? _place.Index.Load())?.State;
        foreach (FileId inode in made?.InodeRows().Select(static row => row.Inode).Where(static inode => inode != FileId.Root) ?? [])
        {
            Errno errno = _place.Tree.Reshape(inode, made!);
            if (errno != Errno.None)
            {
                throw new DataRootException(DataRootProblem.Unusable, $"'{DataTree.Describe(inode, made!)}' cannot be made what a replica has: {DataRoot.Describe(errno)}; call again to go on", errno);
            }
        }
    }

    private void Complete(AdoptionMark mark)
    {
        if (mark.Import is not null)
        {
            MakeReplica();
        }

        _place.Index.Dispose();
        AdoptionSwitch.Run(_root, mark);
        if (mark.Import is not null)
        {
            _say($"'{_root.Path}' is a replica of {mark.Name} from here on: start a master on it");
            return;
        }

        _say($"'{_root.Path}' follows {mark.Name} from here on; the former index is kept in '{Path.Combine(_root.Path, DataRoot.OwnName, mark.Aside)}'");
    }
}
