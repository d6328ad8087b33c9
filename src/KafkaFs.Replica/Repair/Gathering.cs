using System.Text;
using KafkaFs.Posix;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Repair;

/// <summary>Brings objects that lie where they do not belong to limbo, from where recovery places them. It may be stopped anywhere.</summary>
internal sealed class Gathering(TreePlace place, DataTree tree, Limbo limbo)
{
    /// <summary>From the inside to the outside, so that the paths hold until they are used.</summary>
    public void Run(IReadOnlyList<MisplacedObject> misplaced)
    {
        for (int index = misplaced.Count - 1; index >= 0; index--)
        {
            Gather(misplaced[index]);
        }
    }

    private void Gather(in MisplacedObject found)
    {
        byte[] kept = Limbo.NameOf(found.Inode);
        string path = $"{Encoding.UTF8.GetString(found.Directory)}/{Encoding.UTF8.GetString(found.Name)}".TrimStart('/');
        if (path == $".kafkafs/limbo/{Encoding.UTF8.GetString(kept)}")
        {
            return;
        }

        SafeFd? opened = null;
        try
        {
            if (found.Directory.Length > 0)
            {
                TreeRefusedException.ThrowIf(place.Calls.OpenBeneath(place.Root, found.Directory, out opened), "open the directory of", path);
            }

            SafeFd directory = opened ?? place.Root;
            Errno errno = tree.RenameToFreeName(directory, found.Name, limbo.Fd, kept);
            if (errno == Errno.EEXIST)
            {
                errno = MakeRoom(directory, found, kept);
            }

            TreeRefusedException.ThrowIf(errno, "move to limbo", path);
        }
        finally
        {
            opened?.Dispose();
        }
    }

    // Another name of the same file is there already, or something that came by another hand.
    private Errno MakeRoom(SafeFd directory, in MisplacedObject found, byte[] kept)
    {
        Span<byte> identity = stackalloc byte[Namespace.Effects.MaxIdentityBytes];
        Errno errno = place.Calls.Identify(directory, found.Name, identity, out int length);
        bool same = false;
        errno = errno != Errno.None ? errno : place.Calls.HasIdentity(limbo.Fd, kept, identity[..length], out same);
        if (errno != Errno.None || same)
        {
            return errno != Errno.None ? errno : place.Calls.Unlink(directory, found.Name);
        }

        errno = tree.ClearWay(limbo.Fd, kept);
        return errno != Errno.None ? errno : tree.RenameToFreeName(directory, found.Name, limbo.Fd, kept);
    }
}
