using KafkaFs.Journal;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// An open directory of the mount: where reading stands, and the highest cookie there was when it began. Later entries are not
/// given until reading starts anew, else a program that renames while it reads never ends. Used under the namespace's gate.
/// </summary>
internal sealed class OpenDirectory(FileId inode, long lastCookie)
{
    private DirectoryCursor _cursor;

    /// <summary>Entries with a higher cookie are not given. Reading may begin anywhere (NFS opens anew for each call).</summary>
    public long LastCookie { get; private set; } = lastCookie;

    /// <summary>Goes on after <paramref name="cookie"/>, cheaply if that is where the last call stopped.</summary>
    public ref DirectoryCursor Seek(long cookie, long lastCookie)
    {
        if (cookie == 0)
        {
            LastCookie = lastCookie;
        }

        if (_cursor.Directory != inode || _cursor.Cookie != cookie)
        {
            _cursor = new DirectoryCursor(inode, cookie);
        }

        return ref _cursor;
    }
}
