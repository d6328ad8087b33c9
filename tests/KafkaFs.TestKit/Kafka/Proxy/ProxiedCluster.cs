using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>
/// A cluster of our own of which clients see nothing but proxies, one before each broker: each broker has a listener more, whose
/// advertised address is its proxy. Brokers among themselves, and <see cref="KafkaCluster.Bootstrap"/>, pass the proxies by.
/// </summary>
public sealed partial class ProxiedCluster : IDisposable
{
    // In the block of 30 ports that the script has found free: +1.. brokers, +11.. controllers, +21.. secure listeners.
    private const int MaxBrokers = 4;
    private const int ListenerOffset = 20;
    private const int ProxyOffset = 24;

    private ProxiedCluster(KafkaCluster cluster)
    {
        Cluster = cluster;
        Proxies = cluster.Nodes.ToDictionary(node => node, StartProxy);
    }

    public KafkaCluster Cluster { get; }

    /// <summary>The proxies by their broker's id.</summary>
    public IReadOnlyDictionary<int, KafkaProxy> Proxies { get; }

    /// <summary>The only broker's proxy.</summary>
    public KafkaProxy Proxy => Proxies.Values.Single();

    /// <summary>HOST:PORT of the proxies.</summary>
    public string Bootstrap => string.Join(',', Proxies.Values.Select(proxy => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{proxy.Port}")));

    /// <summary>What decides in all proxies.</summary>
    public IFaultPlan Faults
    {
        set => Proxies.Values.ToList().ForEach(proxy => proxy.Faults = value);
    }

    /// <summary>Starts it in memory, 1 to 4 brokers; <paramref name="configuration"/> is lines of server.properties.</summary>
    public static ProxiedCluster Start(int brokers = 1, string configuration = "")
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(brokers, MaxBrokers);
        KafkaCluster cluster = KafkaCluster.StartOwn(configuration, "--brokers", brokers.ToString(CultureInfo.InvariantCulture));
        try
        {
            ProxiedCluster proxied = new(cluster);
            proxied.Advertise();
            return proxied;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cluster.Dispose();
        Proxies.Values.ToList().ForEach(proxy => proxy.Dispose());
    }

    private KafkaProxy StartProxy(int node)
    {
        int port = PlainPort(node);
        return new KafkaProxy(port + ProxyOffset, new IPEndPoint(IPAddress.Loopback, port + ListenerOffset));
    }

    private int PlainPort(int node) =>
        int.Parse(PlainListener().Match(File.ReadAllText(Cluster.InFolder($"{node}/server.properties"))).Groups[1].Value, CultureInfo.InvariantCulture);

    private void Advertise()
    {
        Cluster.StopAll();
        foreach ((int node, KafkaProxy proxy) in Proxies)
        {
            int listener = PlainPort(node) + ListenerOffset;
            Cluster.Configure(node, properties => Extended(Extended(Extended(
                properties,
                "listeners", $"PROXIED://127.0.0.1:{listener}"),
                "advertised.listeners", $"PROXIED://127.0.0.1:{proxy.Port}"),
                "listener.security.protocol.map", "PROXIED:PLAINTEXT"));
        }

        Cluster.StartAll();
    }

    private static string Extended(string properties, string key, string more) =>
        Regex.Replace(properties, $"(?m)^({Regex.Escape(key)}=.*)$", "$1," + more);

    [GeneratedRegex("(?m)^listeners=PLAINTEXT://127.0.0.1:([0-9]+)")]
    private static partial Regex PlainListener();
}
