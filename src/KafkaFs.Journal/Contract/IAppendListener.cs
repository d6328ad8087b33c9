namespace KafkaFs.Journal.Contract;

/// <summary>
/// Hears what became of records that were handed over. Called on threads of the provider, one call at a time, never from within
/// <see cref="IJournalAppender.TryAppend"/>: it must not block on I/O of the journal, and what it throws is a broken invariant.
/// </summary>
public interface IAppendListener
{
    /// <summary>
    /// Called once for each record that was handed over. Reports of placed records come in offset order. After
    /// <see cref="OnFailed"/>, or Dispose, reports that have not come never will.
    /// </summary>
    void OnAppended(long ticket, in AppendResult result);

    /// <summary>
    /// The appender is of no use any more: <see cref="IJournalAppender.TryAppend"/> returns false from here on, and the outcome of
    /// every record without a report is unknown. Called at most once, after the last <see cref="OnAppended"/>. The way on is to
    /// dispose the appender (not from within this call), open another and append the same bytes again.
    /// </summary>
    /// <param name="failure">What has to be done about it.</param>
    /// <param name="reason">The provider's words for a person.</param>
    void OnFailed(AppenderFailure failure, string reason);
}
