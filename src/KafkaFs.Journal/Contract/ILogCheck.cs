namespace KafkaFs.Journal.Contract;

/// <summary>
/// Asks whether the log is still the one that this replica follows, of clients that know nothing of before: those that are in use do
/// not notice a topic that was created again. Safe for use from several threads.
/// </summary>
public interface ILogCheck
{
    /// <summary>
    /// Returns once the log is known to be ours, with all that is applied here in it. Throws <see cref="JournalRefusedException"/> if
    /// it is not, <see cref="JournalUnavailableException"/> if there is no answer within the check's own limit: that is no finding, ask
    /// again later. The answer is never older than the call.
    /// </summary>
    Task ConfirmAsync(CancellationToken stop);

    /// <summary>
    /// Something was seen that may hide a change of the log (an odd acknowledgement, a new leader): the periodic check comes at once.
    /// Never waits.
    /// </summary>
    /// <param name="why">What was seen, for the log.</param>
    void Suspect(string why);
}
