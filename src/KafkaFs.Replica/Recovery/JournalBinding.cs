using System.Text.Json;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// Binds a data root to one journal for ever, in a durable file of its own: it is known even after a crash that left no
/// checkpoint, so that a tree is never rebuilt from another log.
/// </summary>
internal static class JournalBinding
{
    private const string FileName = "journal.json";

    /// <summary>Binds a new data root to <paramref name="journal"/>, or refuses if it is bound to another one.</summary>
    public static void Verify(DataRoot root, JournalIdentity journal)
    {
        byte[]? stored = root.ReadStateFile(FileName);
        if (stored is null)
        {
            root.WriteStateFile(FileName, JsonSerializer.SerializeToUtf8Bytes(journal));
            return;
        }

        JournalIdentity bound = JsonSerializer.Deserialize<JournalIdentity>(stored)
            ?? throw new JournalRefusedException(JournalRefusal.NotAJournal, $"{FileName} of the data root is empty");
        if (bound != journal)
        {
            throw new JournalRefusedException(JournalRefusal.Replaced, Describe(bound, journal));
        }
    }

    private static string Describe(JournalIdentity bound, JournalIdentity found)
    {
        if (bound.Provider != found.Provider)
        {
            return $"this data root follows a journal of kind {bound.Provider}, not {found.Provider}: name the journal that it was made from, or another data root";
        }

        return bound.Cluster != found.Cluster
            ? $"another cluster: this data root follows cluster {bound.Cluster}, the brokers belong to {found.Cluster}"
            : $"another journal: this data root follows {bound.Log}, found {found.Log} (deleted and created again, or another one named); to start anew use an empty data root";
    }
}
