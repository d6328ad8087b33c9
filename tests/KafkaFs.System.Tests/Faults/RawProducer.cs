using System.Diagnostics;
using Confluent.Kafka;

namespace KafkaFs.System.Tests.Faults;

/// <summary>A plain idempotent producer that sends one small record after the other: the longest wait for an acknowledgement is Kafka's own. Thread-safe.</summary>
internal sealed class RawProducer : IDisposable
{
    private readonly IProducer<Null, byte[]> _producer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;
    private readonly Lock _lock = new();
    private TimeSpan _longest;
    private long _began;

    /// <param name="properties">librdkafka's, "name=value"; those of a journal's producer that have to do with waiting, or others.</param>
    public RawProducer(string bootstrap, string topic, params string[] properties)
    {
        ProducerConfig configuration = new() { BootstrapServers = bootstrap, LingerMs = 0, Acks = Acks.All, EnableIdempotence = true, MessageTimeoutMs = 0 };
        foreach (string[] pair in properties.Select(property => property.Split('=')))
        {
            configuration.Set(pair[0], pair[1]);
        }

        _producer = new ProducerBuilder<Null, byte[]>(configuration).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        _sending = Task.Run(() => SendAsync(topic));
    }

    /// <summary>The longest wait since this was last asked, also of a record that still waits.</summary>
    public TimeSpan TakeLongest()
    {
        lock (_lock)
        {
            TimeSpan waits = _began == 0 ? default : Stopwatch.GetElapsedTime(_began), found = waits > _longest ? waits : _longest;
            _longest = default;
            return found;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _sending.Wait(TimeSpan.FromSeconds(30));
        _producer.Dispose();
        _stop.Dispose();
    }

    private async Task SendAsync(string topic)
    {
        while (!_stop.IsCancellationRequested)
        {
            lock (_lock)
            {
                _began = Stopwatch.GetTimestamp();
            }

            await _producer.ProduceAsync(topic, new Message<Null, byte[]> { Value = [1] });
            lock (_lock)
            {
                TimeSpan time = Stopwatch.GetElapsedTime(_began);
                _longest = time > _longest ? time : _longest;
                _began = 0;
            }

            await Task.Delay(5);
        }
    }
}
