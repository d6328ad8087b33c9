using System.Text.Json;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// Binds a data root to one journal, until `kafkafs rejoin`, in a durable file of its own: it is known even after a crash that left no
/// checkpoint, so that a tree is never rebuilt from another log.
/// </summary>
internal static class JournalBinding
{
    /// <summary>The journal that the data root is bound to; null if it is bound to none yet.</summary>
    public static JournalIdentity? Read(IReplicaDisk disk)
    {
        if (disk.ReadStateFile(DataRoot.BindingFile) is not byte[] stored)
        {
            return null;
        }

        return Parse(stored)
            ?? throw new DataRootException(
                DataRootProblem.Unusable,
                $"'{disk.Place.Path}/{DataRoot.OwnName}/{DataRoot.BindingFile}' is damaged: "
                + "which journal this replica follows is not known; use an empty data root");
    }

    /// <summary>Refuses if the data root is bound to another journal; an unbound one is taken as it is.</summary>
    public static void Verify(IReplicaDisk disk, JournalIdentity journal)
    {
        LogJudgement judgement = RecoveryTable.Judge(new KnownLog { Identity = Read(disk) }, new LogFacts { Identity = journal });
        if (judgement.Refuses)
        {
            throw judgement.Finding!.ToException();
        }
    }

    /// <summary>
    /// Binds a data root that is not bound yet. Only once the journal's first record was accepted: a mistyped name must not bind it.
    /// </summary>
    public static void Bind(IReplicaDisk disk, JournalIdentity journal)
    {
        if (disk.ReadStateFile(DataRoot.BindingFile) is null)
        {
            disk.WriteStateFile(DataRoot.BindingFile, JsonSerializer.SerializeToUtf8Bytes(journal));
        }
    }

    /// <summary>Turns a data root that is bound to the journal that an accepted one has replaced.</summary>
    public static void Follow(IReplicaDisk disk, JournalIdentity journal)
    {
        if (Read(disk) is JournalIdentity bound && bound != journal)
        {
            disk.WriteStateFile(DataRoot.BindingFile, JsonSerializer.SerializeToUtf8Bytes(journal));
        }
    }

    /// <summary>
    /// Binds a data root to another journal, by command only; the former binding is kept as <paramref name="keepAs"/> beside it. Can be
    /// done again.
    /// </summary>
    public static void Replace(IReplicaDisk disk, JournalIdentity journal, string keepAs)
    {
        byte[] fresh = JsonSerializer.SerializeToUtf8Bytes(journal);
        if (disk.ReadStateFile(DataRoot.BindingFile) is byte[] former && !former.AsSpan().SequenceEqual(fresh))
        {
            disk.WriteStateFile(keepAs, former);
            disk.WriteStateFile(DataRoot.BindingFile, fresh);
        }
    }

    private static JournalIdentity? Parse(byte[] stored)
    {
        try
        {
            return JsonSerializer.Deserialize<JournalIdentity>(stored);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
