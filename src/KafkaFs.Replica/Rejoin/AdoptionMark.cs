using System.Text.Json;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Rejoin;

/// <summary>
/// What is durably known of an adoption or import that has begun, in the file `adopting`: while it is there no host opens the data root.
/// </summary>
/// <param name="Journal">The journal that the tree seeds.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Aside">Directory in `.kafkafs` for the former index and binding.</param>
/// <param name="IsSeeded">The journal holds everything, and the new index is durable: the data root only has to change over.</param>
/// <param name="Import">What goes on if this is an import: what its records have beside the tree; null for an adoption.</param>
internal sealed record AdoptionMark(JournalIdentity Journal, string Name, string Aside, bool IsSeeded, SeedStamp? Import = null)
{
    /// <summary>The file in `.kafkafs`.</summary>
    public const string FileName = "adopting";

    /// <summary>Null if no adoption has begun.</summary>
    public static AdoptionMark? Read(IReplicaDisk disk)
    {
        if (disk.ReadStateFile(FileName) is not byte[] stored)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<AdoptionMark>(stored) ?? throw Damaged(disk, null);
        }
        catch (JsonException exception)
        {
            throw Damaged(disk, exception);
        }
    }

    /// <summary>Refuses a data root whose adoption was interrupted. Throws <see cref="DataRootException"/>.</summary>
    public static void Refuse(IReplicaDisk disk)
    {
        if (Read(disk) is AdoptionMark mark)
        {
            string place = $"data root '{disk.Place.Path}'";
            throw new DataRootException(
                DataRootProblem.TreeDamaged,
                mark.Import is not null
                    ? $"{place} was being imported into {mark.Name} when that was interrupted; `kafkafs import` with the same arguments goes on"
                    : mark.IsSeeded
                    ? $"{place} was being adopted by {mark.Name} when that was interrupted; `kafkafs rejoin --adopt` with the same arguments completes it"
                    : $"{place} was being adopted by {mark.Name} when that was interrupted: delete that, which holds only a part, and call "
                        + $"`kafkafs rejoin --adopt` again with a new one; or delete {DataRoot.OwnName}/{FileName} to stay with the journal that it followed");
        }
    }

    public void Write(IReplicaDisk disk) => disk.WriteStateFile(FileName, JsonSerializer.SerializeToUtf8Bytes(this));

    public static void Remove(IReplicaDisk disk) => disk.RemoveStateFile(FileName);

    private static DataRootException Damaged(IReplicaDisk disk, JsonException? exception) => new(
        DataRootProblem.TreeDamaged,
        $"'{disk.Place.Path}/{DataRoot.OwnName}/{FileName}' is damaged{(exception is null ? "" : $" ({exception.Message})")}; {DataRoot.RejoinAdvice}");
}
