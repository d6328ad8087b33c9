using System.Globalization;
using System.Text;
using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>What came into the tree by another hand: told apart from ours by identity, and kept.</summary>
public sealed partial class DataTree
{
    private const uint NoReplace = 1;

    // The time of opening keeps the names in `foreign` apart from those of earlier runs.
    private readonly string _foreignPrefix = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
    private long _foreignNumber;

    /// <summary>Objects that were not ours and stood where a name of the namespace belongs; they are in `.kafkafs/foreign`.</summary>
    public int Strangers { get; private set; }

    /// <summary>Effects whose goal was met already: what they were to remove or move was, by somebody's hand or before a refusal.</summary>
    public int GoalsMet { get; private set; }

    /// <summary>Hears of every stranger: its name, and the one that it has in `.kafkafs/foreign`. By the holder of the apply lock.</summary>
    internal Action<string, string>? StrangerMoved { get; set; }

    /// <summary>What stands at a name where the namespace has <paramref name="expected"/>. One system call.</summary>
    private Errno LookAt(SafeFd directory, ReadOnlySpan<byte> name, FileId expected, IInodeSource inodes, out Occupant occupant)
    {
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        Errno errno = _calls.HasIdentity(directory, name, identity[..inodes.CopyIdentity(expected, identity)], out bool same);
        occupant = errno == Errno.ENOENT ? Occupant.Nothing : same ? Occupant.Expected : Occupant.Stranger;
        return errno == Errno.ENOENT ? Errno.None : Failed(errno, "identify");
    }

    /// <summary>Moves a stranger to `foreign`.</summary>
    internal Errno ClearWay(SafeFd parent, ReadOnlySpan<byte> name)
    {
        Errno moved;
        byte[] place;
        do
        {
            place = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_foreignPrefix}-{++_foreignNumber}"));
            moved = RenameToFreeName(parent, name, _foreign, place);
        }
        while (moved == Errno.EEXIST);
        if (moved == Errno.None)
        {
            Strangers++;
            StrangerMoved?.Invoke(Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(place));
        }

        return moved == Errno.ENOENT ? Errno.None : Failed(moved, "move a foreign object away");
    }

    // The namespace says that the directory is empty: what is in it came by another hand, and is kept.
    private Errno Evacuate(SafeFd parent, ReadOnlySpan<byte> name)
    {
        Errno errno = _calls.Open(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd directory);
        if (errno != Errno.None)
        {
            return Failed(errno, "open");
        }

        using (directory)
        {
            List<byte[]> strangers = [];
            errno = _calls.ListNames(directory, strangers);
            foreach (byte[] stranger in strangers)
            {
                errno = errno != Errno.None ? errno : ClearWay(directory, stranger);
            }

            return errno;
        }
    }

    /// <summary>rename(2) that replaces nothing: EEXIST if the new name is taken.</summary>
    internal Errno RenameToFreeName(SafeFd from, ReadOnlySpan<byte> name, SafeFd to, ReadOnlySpan<byte> newName)
    {
        Errno errno = _calls.Rename(from, name, to, newName, NoReplace);
        if (errno != Errno.EINVAL)
        {
            return errno;
        }

        // Filesystems without flags of rename (zfs before 2.2) are asked in two calls.
        errno = _calls.Stat(to, newName, out _);
        return errno == Errno.ENOENT ? _calls.Rename(from, name, to, newName, 0) : errno == Errno.None ? Errno.EEXIST : errno;
    }
}
