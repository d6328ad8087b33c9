using KafkaFs.Journal;
using KafkaFs.Posix;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>An open file of the mount. Its content is opened in the tree at the first read; writes go the way of records.</summary>
/// <param name="report">From <paramref name="table"/>, if this handle writes; it counts there until it is disposed.</param>
internal sealed class OpenFile(FileId inode, LossReport? report, EarlyWrites table) : IDisposable
{
    private readonly Lock _gate = new();
    private SafeFd? _content;

    public FileId Inode { get; } = inode;

    /// <summary>Null: the handle only reads.</summary>
    public InodeWrites? Writes => Report?.Writes;

    /// <summary>What was lost while this handle was open; null: it only reads.</summary>
    public LossReport? Report { get; } = report;

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
