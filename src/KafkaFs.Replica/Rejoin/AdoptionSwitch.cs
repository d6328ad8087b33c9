using System.Text;
using KafkaFs.Posix;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Rejoin;

/// <summary>
/// Turns a data root whose adoption is seeded to the new journal. Every step can be done again: a crash anywhere is followed by the
/// same steps, until the mark goes as the last one.
/// </summary>
internal static class AdoptionSwitch
{
    /// <summary>The new index, before it takes the old one's place.</summary>
    public const string FreshIndex = "adopted.db";

    private const string Index = "index.db";

    // The trail and the target are places in the former journal.
    private static readonly string[] s_former = [Index, Index + "-wal", Index + "-shm", Index + "-journal", "trail", "target"];

    /// <summary>Throws <see cref="DataRootException"/> where the machine refuses; calling again goes on.</summary>
    public static void Run(DataRoot root, AdoptionMark mark)
    {
        TreePlace place = root.Place;
        using (SafeFd aside = place.OpenOwnDirectory(Encoding.UTF8.GetBytes(mark.Aside)))
        {
            // Once the new index is in place, what has the old one's name is the new one.
            if (Exists(place, FreshIndex))
            {
                foreach (string name in s_former.Where(name => Exists(place, name)))
                {
                    Move(place, name, aside, name);
                }

                Move(place, FreshIndex, place.Own, Index);
            }
        }

        JournalBinding.Replace(root, mark.Journal, keepAs: $"{mark.Aside}/{DataRoot.BindingFile}");
        JournalBinding.Bind(root, mark.Journal);
        TreeSync.Run(place);
        AdoptionMark.Remove(root);
    }

    private static bool Exists(TreePlace place, string name) => place.Calls.Stat(place.Own, Encoding.UTF8.GetBytes(name), out _) == Errno.None;

    private static void Move(TreePlace place, string name, SafeFd to, string newName)
    {
        Errno errno = place.Calls.Rename(place.Own, Encoding.UTF8.GetBytes(name), to, Encoding.UTF8.GetBytes(newName), 0);
        if (errno != Errno.None)
        {
            throw new DataRootException(
                DataRootProblem.Unusable, $"data root '{place.Path}': {DataRoot.OwnName}/{name} cannot be moved: {DataRoot.Describe(errno)}; call again to go on");
        }
    }
}
