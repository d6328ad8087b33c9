using System.Text;
using KafkaFs.Replica.Checkpoint;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// Who owns the objects of a tree is fixed when it is built and kept in the data root: a tree that was built without owners does not
/// get them by being opened as root. `kafkafs compare` reads it too.
/// </summary>
public static class RecordedOwnership
{
    /// <summary>The file in `.kafkafs`, which holds `full` or `namespace`.</summary>
    public const string FileName = "ownership";

    /// <summary>What was recorded, else what is asked for, else null; a contradiction is refused.</summary>
    internal static TreeOwnership? Choose(IReplicaDisk disk, TreeOwnership? asked)
    {
        if (disk.ReadStateFile(FileName) is not byte[] stored)
        {
            return asked;
        }

        TreeOwnership recorded = stored.AsSpan().SequenceEqual(Name(TreeOwnership.Namespace)) ? TreeOwnership.Namespace : TreeOwnership.Full;
        return asked is null || asked == recorded
            ? recorded
            : throw new DataRootException(
                DataRootProblem.Unusable,
                $"data root '{disk.Place.Path}' was built with Ownership={Encoding.UTF8.GetString(Name(recorded))}: ask for that, or use an empty data root");
    }

    /// <summary>Records it, once.</summary>
    internal static void Record(IReplicaDisk disk, TreeOwnership ownership)
    {
        if (disk.ReadStateFile(FileName) is null)
        {
            disk.WriteStateFile(FileName, Name(ownership));
        }
    }

    private static byte[] Name(TreeOwnership ownership) => Encoding.UTF8.GetBytes(ownership == TreeOwnership.Full ? "full" : "namespace");
}
