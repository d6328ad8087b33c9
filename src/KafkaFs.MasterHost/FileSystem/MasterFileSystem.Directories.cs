using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>Reading directories. The offset of an entry is its cookie, moved by the two dots.</summary>
internal sealed partial class MasterFileSystem
{
    private const int Dots = 2;

    /// <inheritdoc/>
    public override void OpenDir(FuseRequest request, NodeId node)
    {
        if (_logEnd is null)
        {
            OpenDirNow(request, node);
        }
        else
        {
            OpenDirAtLogEnd(request, node);
        }
    }

    private void OpenDirAtLogEnd(FuseRequest request, NodeId node) => AtLogEnd(request, () => OpenDirNow(request, node));

    private void OpenDirNow(FuseRequest request, NodeId node)
    {
        OpenDirectory directory;
        lock (_namespace.Gate)
        {
            directory = new OpenDirectory(Id(node), _namespace.LastCookie);
        }

        request.ReplyOpen(
            _directories.Add(directory), FuseOpenFlags.CacheDirectory | (Notifier.IsKept(Id(node)) ? FuseOpenFlags.KeepCache : FuseOpenFlags.None));
    }

    /// <inheritdoc/>
    public override void ReadDir(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size, bool plus)
    {
        if (_directories.Find(handle) is not OpenDirectory directory || offset > long.MaxValue)
        {
            request.ReplyError(Errno.EBADF);
            return;
        }

        long version = Notifier.VersionOf(Id(node));
        DirectoryWriter writer = request.WriteDirectory(size, plus);
        lock (_namespace.Gate)
        {
            long cookie = Math.Max(0, (long)offset - Dots);
            directory.Continue(cookie, _namespace.LastCookie);
            FileId parent = _namespace.TryGetName(Id(node), out FileId above, out _) ? above : FileId.Root;
            bool fits = (offset > 0 || AddDot(ref writer, "."u8, Id(node), 1)) && (offset > 1 || AddDot(ref writer, ".."u8, parent, Dots));
            if (fits)
            {
                AddEntries(ref writer, directory, cookie, plus);
            }
        }

        request.ReplyBuffer(writer.Length);
        Notifier.RecheckList(Id(node), version);
    }

    /// <inheritdoc/>
    public override void ReleaseDir(FuseRequest request, NodeId node, HandleId handle)
    {
        _directories.Remove(handle);
        request.ReplyError(Errno.None);
    }

    /// <summary>Every call in it was answered after it was applied, but for those that ended while the journal was away.</summary>
    public override void FSyncDir(FuseRequest request, NodeId node, HandleId handle) => AnswerWhenApplied(request, Id(node), report: null, isSync: true);

    private static bool AddDot(ref DirectoryWriter writer, ReadOnlySpan<byte> name, FileId inode, ulong offset) =>
        writer.TryAdd(name, inode.Value, (uint)InodeType.Directory, offset, default);

    private void AddEntries(ref DirectoryWriter writer, OpenDirectory directory, long cookie, bool plus)
    {
        ref DirectoryCursor cursor = ref directory.Seek(cookie);
        DirectoryCursor next = cursor;
        while (_namespace.TryReadEntry(ref next, out DirectoryEntry entry) && entry.Cookie <= directory.LastCookie)
        {
            // Without a node for what has pending writes: the kernel would cut its pages at a size that is too small by the time that it hears of it.
            FuseEntry answer = default;
            bool isKnown = plus && !_writes.IsPending(entry.Inode);
            if (isKnown && _namespace.TryGetAttributes(entry.Inode, out InodeAttributes attributes))
            {
                answer = Entry(entry.Inode, attributes, isPending: false);
            }

            if (!writer.TryAdd(entry.Name, entry.Inode.Value, (uint)entry.Type, (ulong)entry.Cookie + Dots, answer))
            {
                return;
            }

            if (isKnown)
            {
                _lookups.Add(entry.Inode);
            }

            cursor = next;
            directory.Give(entry.Cookie);
        }
    }
}
