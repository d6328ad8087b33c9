using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// Deletes a directory with everything in it, through two descriptors whatever its depth, never following a symlink: full
/// subdirectories of a subdirectory move up into the top directory before it goes. May be stopped and repeated at any moment.
/// </summary>
internal sealed class TreeRemoval
{
    private const int NamesPerPass = 4_096;
    private const uint NoReplace = 1;

    private readonly SafeFd _top;
    private TreeResult _refusal = TreeResult.Success;
    private long _done;
    private long _movedUp;

    private readonly CancellationToken _stop;

    private TreeRemoval(SafeFd top, CancellationToken stop) => (_top, _stop) = (top, stop);

    /// <summary>
    /// Deletes <paramref name="name"/> in <paramref name="parent"/>; what is gone already is passed. What cannot be deleted is left,
    /// and a place below <paramref name="name"/> is returned with the reason; EINTR when <paramref name="stop"/> ends it.
    /// </summary>
    public static TreeResult Delete(SafeFd parent, ReadOnlySpan<byte> name, CancellationToken stop = default)
    {
        Errno errno = DeleteOne(parent, name);
        if (errno == Errno.ENOTEMPTY)
        {
            errno = Open(parent, name, out SafeFd top);
            using (top)
            {
                TreeRemoval removal = new(top, stop);
                if (errno == Errno.None && !removal.Empty())
                {
                    return removal._refusal with { Path = $"{Encoding.UTF8.GetString(name)}/{removal._refusal.Path}" };
                }
            }

            errno = errno == Errno.None ? DeleteOne(parent, name) : errno;
        }

        return errno == Errno.None ? TreeResult.Success : new TreeResult(errno, Encoding.UTF8.GetString(name), "delete");
    }

    // Passes over the top directory until one of them changes nothing; what that one was refused is the result.
    private bool Empty()
    {
        long before;
        do
        {
            (before, _refusal) = (_done, TreeResult.Success);
            foreach (byte[] name in Names(_top))
            {
                if (_stop.IsCancellationRequested)
                {
                    _refusal = new TreeResult(Errno.EINTR, "", "delete");
                    return false;
                }

                Errno errno = DeleteOne(_top, name);
                Note(errno == Errno.ENOTEMPTY ? Flatten(name) : errno, name, []);
            }
        }
        while (_done != before);
        return _refusal.Succeeded;
    }

    private Errno Flatten(byte[] name)
    {
        Errno errno = Open(_top, name, out SafeFd directory);
        using (directory)
        {
            for (long before = _done - 1; errno == Errno.None && _done != before;)
            {
                before = _done;
                foreach (byte[] entry in Names(directory))
                {
                    if (_stop.IsCancellationRequested)
                    {
                        return Errno.EINTR;
                    }

                    Errno deleted = DeleteOne(directory, entry);
                    Note(deleted == Errno.ENOTEMPTY ? MoveUp(directory, entry) : deleted, name, entry);
                }
            }
        }

        return errno == Errno.None ? DeleteOne(_top, name) : errno;
    }

    private Errno MoveUp(SafeFd directory, ReadOnlySpan<byte> name)
    {
        Errno errno;
        do
        {
            errno = FileCalls.Rename(directory, name, _top, Encoding.UTF8.GetBytes($"moved-up-{++_movedUp}"), NoReplace);
        }
        while (errno == Errno.EEXIST);
        return errno;
    }

    private void Note(Errno errno, byte[] name, byte[] entry)
    {
        if (errno == Errno.None)
        {
            _done++;
        }
        else if (_refusal.Succeeded)
        {
            _refusal = new TreeResult(errno, $"{Encoding.UTF8.GetString(name)}/{Encoding.UTF8.GetString(entry)}".TrimEnd('/'), "delete");
        }
    }

    private static Errno Open(SafeFd directory, ReadOnlySpan<byte> name, out SafeFd opened) =>
        FileCalls.Open(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out opened);

    private static Errno DeleteOne(SafeFd directory, ReadOnlySpan<byte> name)
    {
        Errno errno = FileCalls.Unlink(directory, name);
        if (errno is Errno.EISDIR or Errno.EPERM)
        {
            Errno removed = FileCalls.RemoveDirectory(directory, name);
            errno = removed == Errno.ENOTDIR ? errno : removed == Errno.EEXIST ? Errno.ENOTEMPTY : removed;
        }

        return errno == Errno.ENOENT ? Errno.None : errno;
    }

    // The first names from the start of the directory; bounded, since a directory may hold millions.
    private static List<byte[]> Names(SafeFd directory)
    {
        List<byte[]> names = [];
        DescriptorCalls.Seek(directory, 0, whence: 0, out _);
        DirectoryReader reader = new(directory);
        while (names.Count < NamesPerPass && reader.TryRead(out _))
        {
            names.Add(reader.Name.ToArray());
        }

        return names;
    }
}
