using System.Text.Json;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Repair;

/// <summary>
/// `.kafkafs/repairing`: durable before the first change of a repair and removed after its last, so that no host works on what an
/// interrupted one has left, and the next one knows what it must not take for whole.
/// </summary>
/// <param name="Clean">The tree is to be what the checkpoint says; else there was no clean stop, and the log's records after it are redone.</param>
/// <param name="Contents">FileIds of the files whose contents are being made again.</param>
internal sealed record RepairMark(bool Clean, ulong[] Contents)
{
    private const string FileName = "repairing";

    /// <summary>What an unfinished repair left; null if there is none.</summary>
    public static RepairMark? Read(IReplicaDisk disk)
    {
        if (disk.ReadStateFile(FileName) is not byte[] stored)
        {
            return null;
        }

        try
        {
            if (JsonSerializer.Deserialize<RepairMark>(stored) is { Contents: not null } mark)
            {
                return mark;
            }
        }
        catch (JsonException)
        {
            // The same as one that says nothing.
        }

        throw new DataRootException(
            DataRootProblem.TreeDamaged,
            $"'{disk.Place.Path}/{DataRoot.OwnName}/{FileName}' is damaged: how far an unfinished repair went is not known; {DataRoot.RejoinAdvice}");
    }

    /// <summary>Throws if a repair has not ended.</summary>
    public static void Refuse(IReplicaDisk disk)
    {
        if (disk.ReadStateFile(FileName) is not null)
        {
            throw new DataRootException(
                DataRootProblem.TreeDamaged, $"data root '{disk.Place.Path}' has an unfinished repair: run `kafkafs repair` again");
        }
    }

    public static void Remove(IReplicaDisk disk) => disk.RemoveStateFile(FileName);

    public void Write(IReplicaDisk disk) => disk.WriteStateFile(FileName, JsonSerializer.SerializeToUtf8Bytes(this));
}
