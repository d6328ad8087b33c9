using System.Diagnostics;
using Confluent.Kafka;

namespace KafkaFs.Benchmarks.Peers;

/// <summary>A plain producer with the settings that a master has.</summary>
internal static class RawProducer
{
    private const int MkdirRecordBytes = 120;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(1);

    /// <summary>Half of the records are acknowledged in so many microseconds, one at a time.</summary>
    public static double AcknowledgedMedian(string broker) => With(broker, (producer, topic) =>
    {
        List<double> times = [];
        byte[] record = new byte[MkdirRecordBytes];
        using AutoResetEvent done = new(false);
        Stopwatch watch = Stopwatch.StartNew();
        while (watch.Elapsed < s_time + s_time)
        {
            long start = Stopwatch.GetTimestamp();
            Produce(producer, topic, record, () => done.Set());
            done.WaitOne();
            if (watch.Elapsed > s_time)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        return Timing.Median(times);
    });

    /// <summary>As many records at once as it takes, of <paramref name="blockBytes"/> each.</summary>
    public static double MegabytesPerSecond(string broker, int blockBytes, long bytes) => With(broker, (producer, topic) =>
    {
        byte[] record = new byte[blockBytes];
        Random.Shared.NextBytes(record);
        using CountdownEvent left = new((int)(bytes / blockBytes));
        Stopwatch watch = Stopwatch.StartNew();
        for (int index = left.InitialCount; index > 0; index--)
        {
            Produce(producer, topic, record, () => left.Signal());
        }

        left.Wait();
        return bytes / 1e6 / watch.Elapsed.TotalSeconds;
    });

    private static void Produce(IProducer<Null, byte[]> producer, string topic, byte[] record, Action done)
    {
        while (true)
        {
            try
            {
                producer.Produce(new TopicPartition(topic, 0), new Message<Null, byte[]> { Value = record }, _ => done());
                return;
            }
            catch (ProduceException<Null, byte[]> exception) when (exception.Error.Code == ErrorCode.Local_QueueFull)
            {
                Thread.Sleep(1);
            }
        }
    }

    private static double With(string broker, Func<IProducer<Null, byte[]>, string, double> work)
    {
        using KafkaLog log = KafkaLog.CreateAsync(broker).GetAwaiter().GetResult();
        using IProducer<Null, byte[]> producer = Open(broker);
        return work(producer, log.Topic);
    }

    public static IProducer<Null, byte[]> Open(string broker) => new ProducerBuilder<Null, byte[]>(new ProducerConfig
    {
        BootstrapServers = broker,
        Acks = Acks.All,
        EnableIdempotence = true,
        LingerMs = 0,
        MessageMaxBytes = 8_000_000,
        DeliveryReportFields = "status",
    }).Build();
}
