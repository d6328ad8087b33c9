using System.Text;
using KafkaFs.Journal;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;

namespace KafkaFs.Replica.Repair;

/// <summary>What a look at the disk adds to a recovery: lost objects, misplaced ones, strays, wrong attributes, contents to fetch.</summary>
internal sealed class RepairAddition(
    StoppedReplica replica, bool isAtCheckpoint, IContentSource source, IReadOnlyList<byte[]> paths, ContentVerifier? contents, Action<TreeDifference> report)
    : IRecoveryAddition
{
    private readonly NamespaceState _state = replica.Namespace;
    private readonly HashSet<FileId> _files = [];

    public RepairCounts Counts { get; private set; }

    /// <inheritdoc/>
    public bool IsAtCheckpoint => isAtCheckpoint;

    /// <inheritdoc/>
    public void Extend(RecoveryPlan plan, Limbo limbo, CancellationToken stop)
    {
        DiskScan scan = new(replica.Root.Place, _state, replica.Ownership);
        scan.Run(stop);
        AddLost(plan, scan);
        AddPlaces(plan, scan);
        AddAttributes(plan, scan);
        _files.UnionWith(scan.Resized);
        _files.UnionWith(paths.Select(FileAt));
        _files.UnionWith(RepairMark.Read(replica.Root)?.Contents.Select(value => new FileId(value)).Where(IsRegular) ?? []);
        if (replica.Tree.OpensHandles)
        {
            CompareContents(scan.Lost, stop);
        }

        foreach (FileId file in _files)
        {
            plan.Add(file);
        }

        source.Prepare(plan, _files, stop);
        LeaveMark();
        new Gathering(replica.Root.Place, replica.Tree, limbo).Run(scan.Misplaced);
    }

    /// <inheritdoc/>
    public void Fill(RecoveryPlan plan, CancellationToken stop)
    {
        if (!replica.Tree.OpensHandles && contents is not null)
        {
            // By their paths files are found only now.
            CompareContents([], stop);
            LeaveMark();
        }

        foreach (FileId file in _files)
        {
            plan.Add(file);
            source.Fill(file, stop);
            Report(file, "its content is fetched");
        }

        Counts = Counts with { Contents = _files.Count };
    }

    private void AddLost(RecoveryPlan plan, DiskScan scan)
    {
        foreach (FileId inode in scan.Lost)
        {
            plan.AddLost(inode);
            _state.TryGetAttributes(inode, out InodeAttributes attributes);
            if (attributes is { Type: InodeType.RegularFile, Size: > 0 })
            {
                _files.Add(inode);
            }

            Report(inode, "is nowhere in the tree: it is made anew");
        }

        Counts = Counts with { Made = scan.Lost.Count };
    }

    private void AddPlaces(RecoveryPlan plan, DiskScan scan)
    {
        HashSet<FileId> lost = [.. scan.Lost], lacking = [.. scan.LackNames];
        HashSet<FileId> moved = [];
        foreach (MisplacedObject found in scan.Misplaced)
        {
            plan.Add(found.Inode);
            if (moved.Add(found.Inode))
            {
                string at = Encoding.UTF8.GetString([.. found.Directory, (byte)'/', .. found.Name]).TrimStart('/');
                Report(found.Inode, lacking.Contains(found.Inode) ? $"is at '{at}': it is put back" : $"has a further name '{at}': it is taken away");
            }
        }

        foreach (FileId inode in lacking)
        {
            plan.Add(inode);
            _state.NamesOf(inode).ForEach(entry => plan.AddName(entry.Directory, entry.Name));
            if (!lost.Contains(inode) && moved.Add(inode))
            {
                Report(inode, "has lost a name: it gets it back");
            }
        }

        foreach ((FileId directory, byte[] name, bool isForeign) in scan.Strays)
        {
            plan.AddName(directory, name);
            if (isForeign)
            {
                byte[] above = replica.PathOf(directory);
                report(new TreeDifference(above.Length == 0 ? name : [.. above, (byte)'/', .. name], "is not in the namespace: it is kept in .kafkafs/foreign"));
            }
        }

        Counts = Counts with { PutBack = moved.Count };
    }

    // What the redone records touch is different as a matter of course.
    private void AddAttributes(RecoveryPlan plan, DiskScan scan)
    {
        long mended = 0;
        foreach ((FileId inode, string difference) in scan.Differing)
        {
            if (isAtCheckpoint || !plan.Inodes.Contains(inode))
            {
                mended++;
                Report(inode, $"{difference}: it is mended");
            }

            plan.Add(inode);
        }

        Counts = Counts with { Mended = mended };
    }

    private void CompareContents(IReadOnlyList<FileId> lost, CancellationToken stop)
    {
        HashSet<FileId> known = [.. lost, .. _files];
        contents?.Run(file => !known.Contains(file), (file, _) => _files.Add(file), stop);
    }

    private void LeaveMark()
    {
        new RepairMark(isAtCheckpoint, [.. _files.Select(file => file.Value)]).Write(replica.Root);
        CleanMark.Remove(replica.Root);
    }

    private FileId FileAt(byte[] path)
    {
        FileId inode = FileId.Root;
        foreach (Range part in SplitPath(path))
        {
            inode = _state.Lookup(inode, path.AsSpan()[part]);
        }

        return IsRegular(inode)
            ? inode
            : throw new DataRootException(
                DataRootProblem.Unusable, $"'{Encoding.UTF8.GetString(path)}' is no regular file of '{replica.Root.Path}' at {_state.NextOffset}: a path below the data root is wanted");
    }

    private static List<Range> SplitPath(byte[] path)
    {
        List<Range> parts = [];
        foreach (Range part in path.AsSpan().Split((byte)'/'))
        {
            if (part.Start.Value != part.End.Value)
            {
                parts.Add(part);
            }
        }

        return parts;
    }

    private bool IsRegular(FileId inode) => _state.TryGetAttributes(inode, out InodeAttributes attributes) && attributes.Type == InodeType.RegularFile;

    private void Report(FileId inode, string what) => report(new TreeDifference(replica.PathOf(inode), what));
}
