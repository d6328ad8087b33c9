namespace KafkaFs.Journal.Contract;

/// <summary>Hears what became of records that were handed over.</summary>
public interface IAppendListener
{
    /// <summary>
    /// Called once for each record that was handed over, on a thread of the provider that delivers nothing else meanwhile: it must
    /// not block on I/O of the journal, and what it throws is a broken invariant. Reports of placed records come in offset order.
    /// After a failure of the whole client, or Dispose, reports may never come.
    /// </summary>
    void OnAppended(long ticket, in AppendResult result);
}
