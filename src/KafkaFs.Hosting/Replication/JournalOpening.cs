using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Hosting.Replication;

/// <summary>Opens the journal of a replica that may not create it.</summary>
public static class JournalOpening
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    /// <summary>A data root that is there follows a journal already.</summary>
    public static bool IsFollowing(string dataRoot) => Path.Exists(Path.Combine(dataRoot, DataRoot.OwnName, DataRoot.BindingFile));

    /// <summary>Its last host was stopped cleanly.</summary>
    public static bool IsClean(string dataRoot) => Path.Exists(Path.Combine(dataRoot, DataRoot.OwnName, DataRoot.CleanFile));

    /// <summary>
    /// Waits, and says so in the status, as long as the topic or file does not exist; if <paramref name="dataRoot"/> follows a journal, whose name
    /// and brokers were right once, also while nothing answers. Everything else is thrown.
    /// </summary>
    public static async Task<IJournal> WaitAsync(IJournalProvider provider, string dataRoot, HostStatus status, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await provider.OpenAsync(createIfMissing: false, stop).ConfigureAwait(false);
            }
            catch (JournalException exception) when (exception is JournalUnavailableException
                ? IsFollowing(dataRoot) : exception is JournalRefusedException { Refusal: JournalRefusal.Missing })
            {
                status.Set(HostState.Stalled, exception.Message);
                await Task.Delay(s_retryAfter, stop).ConfigureAwait(false);
            }
        }
    }
}
