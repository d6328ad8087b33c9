using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using KafkaFs.System.Tests.NothingLost;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests.Faults;

/// <summary>
/// The broker that leads the topic goes away under load: calls wait, none fails, and how long the longest one waits is measured beside the
/// time until Kafka has another leader, and beside what plain producers wait: one with librdkafka's defaults, one with our settings.
/// </summary>
[Trait("Tier", "broker")]
public sealed class FailoverTests : IDisposable
{
    private const int Workers = 8;

    // socket.timeout.ms: a broker that hangs is not noticed before.
    private static readonly TimeSpan s_socketTimeout = TimeSpan.FromSeconds(10);

    // For connecting anew, and for a machine that does much else.
    private static readonly TimeSpan s_allowance = TimeSpan.FromSeconds(8);

    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly KafkaCluster _cluster;
    private readonly Setup _setup;

    public FailoverTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _cluster = KafkaCluster.StartOwn("", "--brokers", "3");
        _setup = Setup.Kafka(_cluster.Bootstrap, _topic);
    }

    [Fact]
    public async Task CallsWaitForAnotherLeaderNotMuchLongerThanKafkaNeedsAndNoneFails()
    {
        HostUnderTest master = await _setup.Master().ReadyAsync();
        using TimedCalls calls = new(_setup.Mount, Workers);
        foreach ((string kind, Action<int> take, Action<int> give) in Rounds())
        {
            (TimeSpan call, TimeSpan elected) = await RoundAsync(kind, take, give, calls);
            TimeSpan limit = (elected > s_socketTimeout ? elected : s_socketTimeout) + s_allowance;
            Assert.True(call < limit, $"{kind}: a call waited {call.TotalSeconds:0.0} s, another leader was there after {elected.TotalSeconds:0.0} s\n{master.Log}");
        }

        Assert.Empty(calls.Failures);
        calls.Dispose();
        Assert.Equal(0, master.Stop());
    }

    public void Dispose()
    {
        _setup.Dispose();
        _cluster.Dispose();
    }

    private (string Kind, Action<int> Take, Action<int> Give)[] Rounds() =>
    [
        ("killed", _cluster.KillBroker, _cluster.StartBroker),
        ("stopped cleanly", _cluster.StopBroker, _cluster.StartBroker),
        ("paused", _cluster.PauseBroker, _cluster.ResumeBroker),
    ];

    private async Task<(TimeSpan Call, TimeSpan Elected)> RoundAsync(string kind, Action<int> take, Action<int> give, TimedCalls calls)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _cluster.Bootstrap }).SetLogHandler((_, _) => { }).Build();
        int leader = await InSyncAsync(admin);
        string beside = TopicLedBy(leader);
        using RawProducer ours = new(_cluster.Bootstrap, beside, Ours), plain = new(_cluster.Bootstrap, beside);
        await Task.Delay(2_000, TestContext.Current.CancellationToken);
        calls.TakeLongest();
        Array.ForEach([ours, plain], producer => producer.TakeLongest());

        Stopwatch watch = Stopwatch.StartNew();
        Task taken = Task.Run(() => take(leader));
        TimeSpan elected = await ElectedAsync(leader, watch);
        await taken;
        await Task.Delay(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        (TimeSpan longest, string call, long count) = calls.TakeLongest();
        (TimeSpan Ours, TimeSpan Plain) raw = (ours.TakeLongest(), plain.TakeLongest());
        TestSetting.Say(string.Create(CultureInfo.InvariantCulture, $"Failover, leader {kind}: another leader after {elected.TotalSeconds:0.0} s; the longest wait of a plain producer {raw.Plain.TotalSeconds:0.0} s, of one with our settings {raw.Ours.TotalSeconds:0.0} s, of {count} calls of {Workers} workers {longest.TotalSeconds:0.0} s ({call}); {calls.Failures.Length} failed"));
        give(leader);
        return (longest, elected);
    }

    // What a journal's producer sets that has to do with waiting.
    private static string[] Ours => ["socket.timeout.ms=10000", "socket.keepalive.enable=true", "reconnect.backoff.max.ms=1000", "topic.metadata.refresh.interval.ms=2000"];

    // Every replica is in sync again; who leads.
    private async Task<int> InSyncAsync(IAdminClient admin)
    {
        for (int attempt = 0; ; attempt++)
        {
            PartitionMetadata found = admin.GetMetadata(_topic, TimeSpan.FromSeconds(20)).Topics[0].Partitions[0];
            if (found.InSyncReplicas.Length == 3 && found.Leader > 0)
            {
                return found.Leader;
            }

            Assert.True(attempt < 240, "The replicas do not come in sync again.");
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
    }

    private string TopicLedBy(int leader)
    {
        string topic = KafkaCluster.NewTopic(), replicas = string.Join(':', _cluster.Nodes.OrderBy(node => node != leader).Select(node => node.ToString(CultureInfo.InvariantCulture)));
        _cluster.Control("topics", "--create", "--topic", topic, "--replica-assignment", replicas, "--config", "min.insync.replicas=2");
        return topic;
    }

    // Asked of the brokers that stay, so that no wait of a client for the one that went counts.
    private async Task<TimeSpan> ElectedAsync(int former, Stopwatch watch)
    {
        string others = string.Join(',', _cluster.Bootstrap.Split(',').Where((_, index) => index != former - 1));
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = others }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        while (true)
        {
            try
            {
                int leader = admin.GetMetadata(_topic, TimeSpan.FromSeconds(1)).Topics[0].Partitions[0].Leader;
                if (leader > 0 && leader != former)
                {
                    return watch.Elapsed;
                }
            }
            catch (KafkaException)
            {
                // It asked the one that went.
            }

            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), "No other broker leads.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
