using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// Asks again and again, through one admin client, whether the topic is still the one that was opened: librdkafka's producers and
/// consumers go on silently with one that was deleted and created again. One question at a time; no answer is no finding.
/// </summary>
internal sealed class TopicProbe : IDisposable
{
    /// <summary>Time between two questions.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_confirmAfter = TimeSpan.FromSeconds(1);

    private readonly string _topic;
    private readonly string _expectedId;
    private readonly Func<ITopicClient> _connect;
    private readonly KafkaTrouble _trouble;
    private readonly TimeSpan _interval;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _hurry = new(0, 1);
    private readonly Task _asking;
    private string? _suspect;
    private volatile JournalRefusedException? _verdict;

    /// <param name="connect">Makes the client, at the first question.</param>
    public TopicProbe(string topic, string expectedId, Func<ITopicClient> connect, KafkaTrouble trouble, TimeSpan interval)
    {
        (_topic, _expectedId, _connect, _trouble, _interval) = (topic, expectedId, connect, trouble, interval);
        _asking = Task.Run(AskUntilStoppedAsync);
    }

    /// <summary>Throws, once it is certain that the topic is another one than was opened.</summary>
    public void ThrowIfReplaced()
    {
        if (_verdict is JournalRefusedException verdict)
        {
            throw new JournalRefusedException(verdict.Refusal, verdict.Message, verdict);
        }
    }

    /// <summary>A client doubts that the topic is there: the next question comes at once, but at most one a second.</summary>
    public void Hurry()
    {
        if (_hurry.CurrentCount == 0)
        {
            try
            {
                _hurry.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another thread was faster.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A question under way holds the client for s_limit at most; it ends the client then.
        _stop.Cancel();
        Task.WaitAny([_asking], s_limit);
    }

    private async Task AskUntilStoppedAsync()
    {
        ITopicClient? client = null;
        try
        {
            while (_verdict is null)
            {
                await _hurry.WaitAsync(_suspect is null ? _interval : s_confirmAfter, _stop.Token).ConfigureAwait(false);
                client ??= TryConnect();
                if (client is not null)
                {
                    await AskAsync(client).ConfigureAwait(false);
                }

                await Task.Delay(_interval < s_confirmAfter ? _interval : s_confirmAfter, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
        finally
        {
            client?.Dispose();
        }
    }

    // This machine may be short of descriptors or memory for a moment: the next question tries again.
    private ITopicClient? TryConnect()
    {
        try
        {
            return _connect();
        }
        catch (InvalidOperationException exception)
        {
            _trouble.Topic = $"topic '{_topic}' cannot be asked about: {exception.Message}";
            return null;
        }
        catch (KafkaException exception)
        {
            _trouble.Topic = $"topic '{_topic}' cannot be asked about: {exception.Message}";
            return null;
        }
    }

    private async Task AskAsync(ITopicClient client)
    {
        try
        {
            TopicDescription found = await client.DescribeTopicAsync(_topic, s_limit).ConfigureAwait(false);
            OnFound(found.TopicId.ToString());
        }
        catch (KafkaException exception)
        {
            OnNotFound(AdminErrors.Of(exception));
        }
    }

    // A broker that is behind may tell of the topic before: only the same answer twice is certain.
    private void OnFound(string id)
    {
        _trouble.Topic = null;
        if (id != _expectedId && id == _suspect)
        {
            _verdict = new JournalRefusedException(JournalRefusal.Replaced, $"topic '{_topic}' was deleted and created again");
            _trouble.Topic = _verdict.Message;
        }

        _suspect = id == _expectedId ? null : id;
    }

    private void OnNotFound(Error error)
    {
        switch (error.Code)
        {
            case ErrorCode.UnknownTopicOrPart:
                _trouble.Topic = $"topic '{_topic}' does not exist any more";
                break;
            case ErrorCode.TopicAuthorizationFailed:
                _trouble.Topic = $"the brokers do not allow Describe on topic '{_topic}': {error.Reason}";
                break;
        }
    }
}
