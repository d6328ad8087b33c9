namespace KafkaFs.Journal.Contract;

/// <summary>A condition of the journal, with words for a person: what was found and what to do.</summary>
public abstract class JournalException : Exception
{
    protected JournalException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}

/// <summary>The log gives no answer now; trying again later is right.</summary>
public sealed class JournalUnavailableException(string message, Exception? innerException = null) : JournalException(message, innerException);

/// <summary>Why a log is refused: each is a named exit code of the hosts, and none ends by itself.</summary>
public enum JournalRefusal
{
    /// <summary>The topic or file does not exist, and may not be created here.</summary>
    Missing,

    /// <summary>It is not a KafkaFS journal, or the file is no journal file.</summary>
    NotAJournal,

    /// <summary>It holds another filesystem, or was deleted and created again, or lies in another cluster.</summary>
    Replaced,

    /// <summary>It ends before what the replica has applied: truncated or restored.</summary>
    Truncated,

    /// <summary>It ends before, or differs from, what a replica's tree may hold already.</summary>
    TreeAheadOfLog,

    /// <summary>The records that are needed next were deleted.</summary>
    Deleted,

    /// <summary>Offsets are missing in the middle: compaction or a transactional writer.</summary>
    Gap,

    /// <summary>Settings of the topic that lose records or order: partitions, compaction, retention.</summary>
    Settings,

    /// <summary>Credentials or rights are missing.</summary>
    Forbidden,

    /// <summary>The log is written at a format level that this software lacks.</summary>
    FormatTooNew,
}

/// <summary>The log is not one that this replica may follow. Never retried; the way back is a command.</summary>
public sealed class JournalRefusedException(JournalRefusal refusal, string message, Exception? innerException = null)
    : JournalException(message, innerException)
{
    public JournalRefusal Refusal { get; } = refusal;
}
