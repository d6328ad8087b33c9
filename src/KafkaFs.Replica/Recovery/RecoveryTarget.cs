using System.Globalization;
using System.Text;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// How far a recovery goes is kept, durably, before it changes anything: no later attempt may stop short of what the tree holds
/// then, though the log's end that it sees be smaller.
/// </summary>
internal static class RecoveryTarget
{
    private const string FileName = "target";

    /// <summary>Offset after the last record that an unfinished recovery was to redo; null if there is none.</summary>
    public static long? Read(IReplicaDisk disk)
    {
        if (disk.ReadStateFile(FileName) is not byte[] stored)
        {
            return null;
        }

        return long.TryParse(Encoding.UTF8.GetString(stored), NumberStyles.None, CultureInfo.InvariantCulture, out long target)
            ? target
            : throw new DataRootException(
                DataRootProblem.TreeDamaged,
                $"'{disk.Place.Path}/{DataRoot.OwnName}/{FileName}' holds no offset: how far an unfinished recovery went is not known; {DataRoot.RejoinAdvice}");
    }

    public static void Write(IReplicaDisk disk, long target) =>
        disk.WriteStateFile(FileName, Encoding.UTF8.GetBytes(target.ToString(CultureInfo.InvariantCulture)));

    public static void Remove(IReplicaDisk disk) => disk.RemoveStateFile(FileName);
}
