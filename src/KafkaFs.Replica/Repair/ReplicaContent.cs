using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;

namespace KafkaFs.Replica.Repair;

/// <summary>Contents from another replica that stands at the same position with the same state.</summary>
internal sealed class ReplicaContent(StoppedReplica replica, StoppedReplica other) : IContentSource
{
    private const int BlockBytes = 4 * 1024 * 1024;
    private const int SeekData = 3, SeekHole = 4;

    private readonly byte[] _block = new byte[BlockBytes];

    /// <summary>Throws unless the other one has all of these files, with their sizes.</summary>
    public void Prepare(RecoveryPlan plan, IReadOnlySet<FileId> files, CancellationToken stop)
    {
        foreach (FileId file in files)
        {
            using SafeFd from = OpenOther(file, out ulong size);
            replica.Namespace.TryGetAttributes(file, out Namespace.InodeAttributes attributes);
            if (size != attributes.Size)
            {
                throw Unusable(file, $"it has {size} bytes where the namespace has {attributes.Size}");
            }
        }
    }

    /// <inheritdoc/>
    public void Fill(FileId file, CancellationToken stop)
    {
        string path = DataTree.Describe(file, replica.Namespace);
        using SafeFd from = OpenOther(file, out ulong size);
        TreeRefusedException.ThrowIf(replica.Tree.OpenFile(file, OpenFlags.ReadWrite, replica.Namespace, out SafeFd to), "open for writing", path);
        using (to)
        {
            TreeRefusedException.ThrowIf(replica.Root.Place.Calls.Truncate(to, 0), "truncate", path);
            for (ulong offset = Next(from, 0, SeekData, size); offset < size; offset = Next(from, offset, SeekData, size))
            {
                stop.ThrowIfCancellationRequested();
                ulong end = Math.Min(Next(from, offset, SeekHole, size), offset + BlockBytes);
                Errno errno = DescriptorCalls.ReadAll(from, _block.AsSpan(0, (int)(end - offset)), offset, out int read);
                if (errno != Errno.None || read == 0)
                {
                    throw Unusable(file, errno == Errno.None ? $"it ends at {offset}" : $"reading fails with {errno}");
                }

                TreeRefusedException.ThrowIf(replica.Root.Place.Calls.WriteAll(to, _block.AsSpan(0, read), offset), "write", path);
                offset += (ulong)read;
            }

            TreeRefusedException.ThrowIf(replica.Root.Place.Calls.Truncate(to, size), "truncate", path);
        }
    }

    // Where a filesystem knows no holes everything is data.
    private static ulong Next(SafeFd fd, ulong offset, int whence, ulong size) => DescriptorCalls.Seek(fd, (long)offset, whence, out long found) switch
    {
        Errno.None => (ulong)found,
        Errno.ENXIO => size,
        _ => whence == SeekData ? offset : size,
    };

    private SafeFd OpenOther(FileId file, out ulong size)
    {
        Errno errno = other.Tree.OpenFile(file, OpenFlags.ReadOnly, other.Namespace, out SafeFd from);
        StatxResult stat = default;
        errno = errno != Errno.None ? errno : FileCalls.Stat(from, default, out stat);
        size = stat.Size;
        if (errno != Errno.None)
        {
            from.Dispose();
            throw Unusable(file, $"it cannot be opened there: {errno}");
        }

        return from;
    }

    private DataRootException Unusable(FileId file, string why) => new(
        DataRootProblem.Unusable,
        $"'{other.Root.Path}' does not have the content of '{DataTree.Describe(file, replica.Namespace)}': {why}; `kafkafs verify` says what else it lacks");
}
