using System.Globalization;
using System.Text;
using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// `.kafkafs/limbo`: where recovery keeps older objects between the place that they have and the one that they belong to, by their
/// FileIds, and dead directories until they are empty. It is empty whenever no recovery is under way.
/// </summary>
internal sealed class Limbo : IDisposable
{
    private readonly ITreeCalls _calls;
    private long _dead;

    private readonly TreePlace _place;

    public Limbo(TreePlace place) => (_place, _calls, Fd) = (place, place.Calls, place.OpenOwnDirectory(DirectoryName));

    public static ReadOnlySpan<byte> DirectoryName => "limbo"u8;

    public SafeFd Fd { get; }

    /// <summary>The name of an older live inode in limbo.</summary>
    public static byte[] NameOf(FileId inode) => Encoding.UTF8.GetBytes(inode.Value.ToString("x16", CultureInfo.InvariantCulture));

    public List<byte[]> Names()
    {
        List<byte[]> names = [];
        TreeRefusedException.ThrowIf(_calls.ListNames(Fd, names), "list", ".kafkafs/limbo");
        return names;
    }

    /// <summary>Moves a directory that is to go to a name of its own, which is returned.</summary>
    public byte[] TakeDead(SafeFd parent, ReadOnlySpan<byte> name, DataTree tree, string path)
    {
        while (true)
        {
            byte[] dead = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"dead-{++_dead}"));
            Errno errno = tree.RenameToFreeName(parent, name, Fd, dead);
            if (errno != Errno.EEXIST)
            {
                TreeRefusedException.ThrowIf(errno, "move to limbo", path);
                return dead;
            }
        }
    }

    /// <summary>At the end: what is left are second names of files that are in their places.</summary>
    public void Empty(Predicate<FileId> isInPlace)
    {
        foreach (byte[] name in Names())
        {
            bool isInode = ulong.TryParse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong inode);
            if (!isInode || !isInPlace(new FileId(inode)))
            {
                throw TreeDamage.Found(_place, $"'.kafkafs/limbo/{Encoding.UTF8.GetString(name)}' belongs nowhere");
            }

            TreeRefusedException.ThrowIf(_calls.Unlink(Fd, name), "unlink", ".kafkafs/limbo");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();
}
