using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Kafka.Proxy;

namespace KafkaFs.System.Tests.Faults;

/// <summary>
/// Takes brokers away by chance and gives them back: one at a time for some seconds, and now and then two for a short while, so that
/// fewer than min.insync.replicas are left. One thread.
/// </summary>
internal sealed class BrokerFaults(ProxiedCluster cluster, Random random)
{
    private readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal);

    /// <summary>What was done how often.</summary>
    public string Summary => string.Join(", ", _done.Select(pair => $"{pair.Key} {pair.Value}"));

    private KafkaCluster Brokers => cluster.Cluster;

    /// <summary>Goes on until <paramref name="stop"/>, and leaves all brokers running and reachable.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (await CalmAsync(0.5, 4, stop))
        {
            int node = random.Next(1, cluster.Proxies.Count + 1), other = 1 + (node % cluster.Proxies.Count);
            switch (random.Next(10))
            {
                case 0 or 1 or 2:
                    await AwayAsync("killed", 2, 9, () => Brokers.KillBroker(node), () => Brokers.StartBroker(node), stop);
                    break;
                case 3:
                    await AwayAsync("stopped", 1, 6, () => Brokers.StopBroker(node), () => Brokers.StartBroker(node), stop);
                    break;
                case 4 or 5:
                    await AwayAsync("paused", 1, 15, () => Brokers.PauseBroker(node), () => Brokers.ResumeBroker(node), stop);
                    break;
                case 6:
                    await AwayAsync("two paused", 2, 8, () => Two(Brokers.PauseBroker, node, other), () => Two(Brokers.ResumeBroker, node, other), stop);
                    break;
                case 7:
                    await AwayAsync("two killed", 1, 3, () => Two(Brokers.KillBroker, node, other), () => Two(Brokers.StartBroker, node, other), stop);
                    break;
                case 8:
                    await AwayAsync("refused", 1, 8, () => Refuse(cluster.Proxies[node]), cluster.Proxies[node].Accept, stop);
                    break;
                default:
                    await AwayAsync("cut", 0, 1, () => cluster.Proxies.Values.ToList().ForEach(proxy => proxy.CutAll()), () => { }, stop);
                    break;
            }
        }
    }

    private async Task AwayAsync(string kind, double leastSeconds, double mostSeconds, Action take, Action give, CancellationToken stop)
    {
        _done[kind] = _done.GetValueOrDefault(kind) + 1;
        await Task.Run(take, CancellationToken.None);
        await CalmAsync(leastSeconds, mostSeconds, stop);
        await Task.Run(give, CancellationToken.None);
    }

    private static void Two(Action<int> what, int node, int other)
    {
        what(node);
        what(other);
    }

    private static void Refuse(KafkaProxy proxy)
    {
        proxy.Refuse();
        proxy.CutAll();
    }

    // False when the end has come.
    private async Task<bool> CalmAsync(double leastSeconds, double mostSeconds, CancellationToken stop)
    {
        await Task.Delay(TimeSpan.FromSeconds(leastSeconds + (random.NextDouble() * (mostSeconds - leastSeconds))), stop)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return !stop.IsCancellationRequested;
    }
}
