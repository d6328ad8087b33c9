using KafkaFs.Journal;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// An open directory of the mount: where reading stands, and the highest cookie there was when it began. Later entries are not
/// given until reading begins anew, else a program that renames while it reads never ends. Used under the namespace's gate.
/// </summary>
internal sealed class OpenDirectory(FileId inode, long lastCookie)
{
    private DirectoryCursor _cursor;
    private long _given;

    /// <summary>Entries with a higher cookie are not given. Reading may begin anywhere (NFS opens anew for each call).</summary>
    public long LastCookie { get; private set; } = lastCookie;

    /// <summary>
    /// Reading goes on behind <paramref name="cookie"/>, of <paramref name="lastCookie"/> in all. It has begun anew where nothing was given until there: the
    /// kernel may answer rewinddir(3) from the list that it keeps, and has no more of that list.
    /// </summary>
    public void Continue(long cookie, long lastCookie)
    {
        if (cookie == 0 || cookie > _given)
        {
            (LastCookie, _given) = (lastCookie, cookie);
        }
    }

    /// <summary>All up to <paramref name="cookie"/> is given.</summary>
    public void Give(long cookie) => _given = Math.Max(_given, cookie);

    /// <summary>Where to go on after <paramref name="cookie"/>, cheaply if that is where the last call stopped.</summary>
    public ref DirectoryCursor Seek(long cookie)
    {
        if (_cursor.Directory != inode || _cursor.Cookie != cookie)
        {
            _cursor = new DirectoryCursor(inode, cookie);
        }

        return ref _cursor;
    }
}
