using KafkaFs.Journal;
using KafkaFs.Posix;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>An open file of the mount. Its content is opened in the tree at the first read; writes go the way of records.</summary>
/// <param name="writes">Those of the inode, if this handle writes; the handle counts there until it is disposed.</param>
internal sealed class OpenFile(FileId inode, InodeWrites? writes, EarlyWrites table) : IDisposable
{
    private readonly Lock _gate = new();
    private SafeFd? _content;

    public FileId Inode { get; } = inode;

    /// <summary>Null: the handle only reads.</summary>
    public InodeWrites? Writes { get; } = writes;

    /// <summary>Losses of the inode that its user was told of, or that were before it. <see cref="EarlyWrites"/>'s, under its lock.</summary>
    public int SeenLosses { get; set; } = writes?.Losses ?? 0;

    /// <summary>The content, opened by <paramref name="open"/> if it is not yet; it stays this file's.</summary>
    public Errno Content(Func<FileId, (Errno Errno, SafeFd Fd)> open, out SafeFd fd)
    {
        lock (_gate)
        {
            if (_content is null)
            {
                (Errno errno, fd) = open(Inode);
                if (errno != Errno.None)
                {
                    return errno;
                }

                _content = fd;
            }

            fd = _content;
            return Errno.None;
        }
    }

    /// <summary>Whether an answered write was lost while this handle was open: told once (fsync(2), close(2)).</summary>
    public Errno TakeLoss() => Writes is null ? Errno.None : table.TakeLoss(Writes, this);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _content?.Dispose();
        }

        if (Writes is not null)
        {
            table.Close(Writes);
        }
    }
}
