using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Hosting.Replication;

/// <summary>Opens the journal of a replica that may not create it.</summary>
public static class JournalOpening
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Waits, and says so in the status, as long as the topic or file does not exist; everything else is thrown.</summary>
    public static async Task<IJournal> WaitAsync(IJournalProvider provider, HostStatus status, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await provider.OpenAsync(createIfMissing: false, stop).ConfigureAwait(false);
            }
            catch (JournalRefusedException exception) when (exception.Refusal == JournalRefusal.Missing)
            {
                status.Set(HostState.Stalled, exception.Message);
                await Task.Delay(s_retryAfter, stop).ConfigureAwait(false);
            }
        }
    }
}
