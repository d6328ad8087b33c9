namespace KafkaFs.Journal.Contract;

/// <summary>Hears what became of records that were handed over.</summary>
public interface IAppendListener
{
    /// <summary>
    /// Called once for each record that was handed over, on a thread of the provider that delivers nothing else meanwhile: it must
    /// not block on I/O of the journal, and what it throws is a broken invariant. Reports of placed records come in offset order.
    /// After <see cref="OnFailed"/>, or Dispose, reports may never come.
    /// </summary>
    void OnAppended(long ticket, in AppendResult result);

    /// <summary>
    /// The appender is of no use any more: it takes nothing, and reports that have not come never will. Called at most once, on a
    /// thread of the provider; <paramref name="reason"/> is the provider's words.
    /// </summary>
    void OnFailed(string reason);
}
