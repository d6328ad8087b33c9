using KafkaFs.Journal;
using KafkaFs.Posix;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// What has been answered of an inode's content and is not applied, and what of that was lost. Kept while something is pending or
/// the file is open for writing. Fields are <see cref="EarlyWrites"/>'s, under its lock, but for <see cref="Last"/>.
/// </summary>
internal sealed class InodeWrites(FileId inode)
{
    /// <summary>Held while a WRITE of the inode is handed over: they go in the order in which they came.</summary>
    public Lock Order { get; } = new();

    /// <summary>The newest write, which may still grow; null once another record about the inode came. Under <see cref="Order"/>.</summary>
    public EarlyWrite? Last { get; set; }

    public FileId Inode { get; } = inode;

    /// <summary>Writes that were ever begun, and that have ended: in between they are pending.</summary>
    public long Begun { get; set; }

    public long Ended { get; set; }

    public bool IsPending => Ended < Begun;

    /// <summary>The first byte after all that is pending.</summary>
    public ulong PendingEnd { get; set; }

    /// <summary>Time of the newest pending write, nanoseconds since 1970.</summary>
    public long PendingTimeNs { get; set; }

    /// <summary><see cref="PendingTimeNs"/> was answered to somebody: what is written from here on has another one.</summary>
    public bool IsTimeShown { get; set; }

    /// <summary>A pending write drops suid and sgid.</summary>
    public bool KillsSuidGid { get; set; }

    /// <summary>Open handles that write.</summary>
    public int Handles { get; set; }

    /// <summary>How often an answered write was lost, and the errno of the last time: each handle tells each once.</summary>
    public int Losses { get; set; }

    public Errno LastLoss { get; set; }

    /// <summary>What waits until <see cref="Ended"/> is at a number.</summary>
    public List<(long At, Action Go)> Waiting { get; } = [];
}
