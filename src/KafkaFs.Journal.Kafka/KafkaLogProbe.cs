using System.Security.Cryptography;
using Confluent.Kafka;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// Looks at the topic: through one admin client that is kept, or with fresh clients, which see what those in use do not notice. One
/// question of each kind at a time. Safe for use from several threads.
/// </summary>
internal sealed class KafkaLogProbe(KafkaJournalOptions options, Func<KafkaTrouble, ITopicClient> connect, KafkaTrouble trouble) : IDisposable
{
    private static readonly TimeSpan s_consumeWait = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lookGate = new();
    private readonly Lock _probeGate = new();
    private ITopicClient? _kept;
    private volatile bool _disposed;

    /// <summary>What the brokers say of the topic. Throws <see cref="JournalUnavailableException"/> when they do not, or may not, say it.</summary>
    public LogFacts Look(CancellationToken stop)
    {
        lock (_lookGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Ask(_kept ??= connect(trouble), trouble, stop);
        }
    }

    /// <summary>The same of fresh clients, with the records 0 and before <paramref name="next"/>, and where the log goes on from there.</summary>
    public LogFacts Probe(long next, CancellationToken stop)
    {
        lock (_probeGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);

            // What fresh clients complain of is no news of those in use, and that it is over is no cause to look again.
            KafkaTrouble heard = new(NullLogger.Instance, options);
            using ClientDisposal.InBackground<ITopicClient> admin = new(connect(heard));
            LogFacts facts = Ask(admin.Client, heard, stop);
            return facts.Bounds is JournalBounds bounds && bounds.Next > 0 && facts.PartitionCount == 1 ? WithRecords(facts, bounds, next, heard, stop) : facts;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;

        // A question under way uses the client, up to its limit.
        lock (_lookGate)
        {
            _kept?.Dispose();
            _kept = null;
        }
    }

    private LogFacts Ask(ITopicClient client, KafkaTrouble heard, CancellationToken stop)
    {
        TopicAdmin topics = new(client, options, heard, NullLogger.Instance, LogProbe.Limit);
        try
        {
            LogFacts facts = topics.LookAsync().WaitAsync(stop).GetAwaiter().GetResult();
            trouble.Topic = facts.Exists ? null : RecoveryTable.Met(LogRow.TopicMissing, ("log", facts.Log)).Words;
            return facts;
        }
        catch (JournalRefusedException exception) when (exception.Refusal == JournalRefusal.Forbidden)
        {
            trouble.Topic = exception.Message;
            throw new JournalUnavailableException(exception.Message, exception);
        }
        catch (JournalUnavailableException)
        {
            // Nobody says so any more.
            trouble.Topic = null;
            throw;
        }
        catch (KafkaException exception)
        {
            trouble.Topic = null;
            throw new JournalUnavailableException($"{options.Name} cannot be asked about: {AdminErrors.Of(exception).Reason}", exception);
        }
    }

    private LogFacts WithRecords(LogFacts facts, JournalBounds bounds, long next, KafkaTrouble heard, CancellationToken stop)
    {
        using ClientDisposal.InBackground<IConsumer<Ignore, byte[]>> reading = new(KafkaClients.ProbeConsumer(options, heard));
        long deadlineMs = Environment.TickCount64 + (long)LogProbe.Limit.TotalMilliseconds;
        IConsumer<Ignore, byte[]> consumer = reading.Client;
        ConsumeResult<Ignore, byte[]> At(long offset)
        {
            consumer.Assign(new TopicPartitionOffset(options.Topic, 0, offset));
            return Take(consumer, offset, deadlineMs, heard, stop);
        }

        // First of all: what was checked before this epoch was read would not hold for it. The client leaves the epoch out of the answer for the end.
        ConsumeResult<Ignore, byte[]>? end = bounds.Next > bounds.First && next >= bounds.First ? At(bounds.Next - 1) : null;
        facts = facts with { LeaderEpoch = end?.LeaderEpoch ?? facts.LeaderEpoch };

        if (bounds.First == 0)
        {
            ConsumeResult<Ignore, byte[]> first = At(0);
            facts = facts with { Origin = IsRecord(first, 0) ? LogOrigin.Of(first.Message.Value ?? []) : new LogOrigin(null, "gone") };
        }

        if (next > bounds.First && next <= bounds.Next)
        {
            ConsumeResult<Ignore, byte[]> last = next == bounds.Next ? end! : At(next - 1);
            facts = facts with { TailHash = IsRecord(last, next - 1) ? SHA256.HashData(last.Message.Value ?? []) : [] };
        }

        return next >= bounds.First && next < bounds.Next ? facts with { NextFound = At(next).Offset.Value } : facts;
    }

    private static bool IsRecord(ConsumeResult<Ignore, byte[]> result, long offset) => !result.IsPartitionEOF && result.Offset.Value == offset;

    private ConsumeResult<Ignore, byte[]> Take(IConsumer<Ignore, byte[]> consumer, long offset, long deadlineMs, KafkaTrouble heard, CancellationToken stop)
    {
        while (Environment.TickCount64 < deadlineMs)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                if (consumer.Consume(s_consumeWait) is { } result)
                {
                    return result;
                }
            }
            catch (ConsumeException exception) when (exception.Error.Code == ErrorCode.GroupAuthorizationFailed)
            {
                // What is assigned by hand is delivered all the same.
                trouble.OnGroupDenied();
            }
            catch (ConsumeException exception) when (exception.Error.Code == ErrorCode.TopicAuthorizationFailed)
            {
                JournalRefusedException denied = new(
                    JournalRefusal.Forbidden,
                    $"the brokers at {options.BootstrapServers} do not allow Read on topic '{options.Topic}': {exception.Error.Reason}", exception);
                throw new JournalUnavailableException(denied.Message, denied);
            }
            catch (ConsumeException exception)
            {
                throw new JournalUnavailableException($"{options.Name} does not deliver record {offset}: {exception.Error.Reason}", exception);
            }
        }

        throw new JournalUnavailableException($"{options.Name} does not deliver record {offset}: {heard.Words ?? "no answer"}");
    }
}
