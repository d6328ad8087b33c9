namespace KafkaFs.Journal.Contract;

/// <summary>Opens the journal that the configuration names.</summary>
public interface IJournalProvider
{
    /// <summary>The log's name for people: topic and brokers, or the file. Never a secret.</summary>
    string Description { get; }

    /// <summary>
    /// Opens the journal. If it does not exist it is created when <paramref name="createIfMissing"/> (only a master without a
    /// checkpoint may), else <see cref="JournalRefusedException"/>. Throws <see cref="JournalUnavailableException"/> when nothing
    /// answers within the provider's own limit; trying again is then right. Nothing is left open after a failure.
    /// </summary>
    Task<IJournal> OpenAsync(bool createIfMissing, CancellationToken cancellationToken);
}
