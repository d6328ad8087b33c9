using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>Deletes a directory with everything in it, through descriptors, never following a symlink.</summary>
internal static class TreeRemoval
{
    /// <summary>Deletes <paramref name="name"/> in <paramref name="parent"/>; what is gone already is passed, what cannot be deleted is left.</summary>
    public static void Delete(SafeFd parent, ReadOnlySpan<byte> name)
    {
        if (FileCalls.Unlink(parent, name) is not (Errno.EISDIR or Errno.EPERM))
        {
            return;
        }

        Errno errno = FileCalls.Open(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd directory);
        if (errno != Errno.None)
        {
            return;
        }

        using (directory)
        {
            foreach (byte[] entry in Names(directory))
            {
                Delete(directory, entry);
            }
        }

        FileCalls.RemoveDirectory(parent, name);
    }

    private static List<byte[]> Names(SafeFd directory)
    {
        List<byte[]> names = [];
        DirectoryReader reader = new(directory);
        while (reader.TryRead(out _))
        {
            names.Add(reader.Name.ToArray());
        }

        return names;
    }
}
