using Confluent.Kafka;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// Commits the applied position for the replica's consumer group, so that people's own tools show its lag. Nobody reads it back, and what
/// keeps it from being told is no trouble of the journal. <see cref="Note"/> is for any thread. It has a consumer that is assigned nothing: with
/// the admin client's AlterConsumerGroupOffsets an assertion of librdkafka 2.16 was seen to end the process when brokers began to refuse the user.
/// </summary>
internal sealed class KafkaProgress : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(2);

    private readonly KafkaJournalOptions _options;
    private readonly KafkaTrouble _trouble;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _telling;
    private IConsumer<Ignore, Ignore>? _client;
    private long _applied = -1;
    private long _told = -1;

    public KafkaProgress(KafkaJournalOptions options, KafkaTrouble trouble)
    {
        (_options, _trouble) = (options, trouble);
        _telling = new Thread(TellUntilStopped) { IsBackground = true, Name = "kafka-progress" };
        _telling.Start();
    }

    /// <summary>Everything before <paramref name="next"/> is applied; told within some seconds. Who never notes anything needs no client.</summary>
    public void Note(long next) => Volatile.Write(ref _applied, next);

    /// <summary>Tells the last position, for which it waits a little.</summary>
    public void Dispose()
    {
        _stop.Set();

        // A commit waits for the brokers (session.timeout.ms): it may go on in the background.
        _telling.Join(s_stopLimit);
    }

    private void TellUntilStopped()
    {
        bool isLast;
        do
        {
            isLast = _stop.Wait(s_interval);
            Tell();
        }
        while (!isLast);

        _client?.Dispose();
    }

    private void Tell()
    {
        long applied = Volatile.Read(ref _applied);
        if (applied == _told)
        {
            return;
        }

        try
        {
            _client ??= KafkaClients.GroupConsumer(_options, _trouble);

            // What it has heard of the group meanwhile: a commit that finds no coordinator says nothing of why.
            KafkaClients.Hear(_client, _trouble);
            _client.Commit([new TopicPartitionOffset(_options.Topic, 0, applied)]);
            _told = applied;
        }
        catch (KafkaException exception) when (AdminErrors.IsDenied(exception.Error.Code))
        {
            _trouble.OnGroupDenied();
        }
        catch (KafkaException exception)
        {
            _trouble.OnNotTold(exception.Error.Reason);
        }
        catch (JournalUnavailableException exception)
        {
            _trouble.OnNotTold(exception.Message);
        }
    }
}
