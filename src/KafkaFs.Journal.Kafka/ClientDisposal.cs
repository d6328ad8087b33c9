namespace KafkaFs.Journal.Kafka;

/// <summary>Ends a client of librdkafka: that may wait for brokers which do not answer, so it has a thread and a limit.</summary>
internal static class ClientDisposal
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <summary>Disposes <paramref name="client"/>, which nobody may use any more; after the limit it goes on in the background.</summary>
    public static void Run(IDisposable client)
    {
        Thread disposal = new(client.Dispose) { IsBackground = true, Name = "kafka-dispose" };
        disposal.Start();
        disposal.Join(s_limit);
    }

    /// <summary>A client that is disposed on a thread of its own, without waiting for that.</summary>
    public readonly struct InBackground<T>(T client) : IDisposable
        where T : IDisposable
    {
        public T Client { get; } = client;

        public void Dispose() => new Thread(Client.Dispose) { IsBackground = true, Name = "kafka-dispose" }.Start();
    }
}
