using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Kafka;
using KafkaFs.System.Tests.NothingLost;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Kafka.Proxy;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.System.Tests.Faults;

/// <summary>
/// Two masters and two slaves on three brokers behind proxies that delay and cut by chance, while brokers are killed, stopped and paused
/// and masters are killed: every answered change is there, once, in order, on all four.
/// </summary>
[Trait("Tier", "broker")]
public sealed class ExactlyOnceTests : IDisposable
{
    private const int Workers = 3;
    private static readonly TimeSpan s_checkpointLimit = TimeSpan.FromSeconds(120);

    // Though the broker has appended: REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND, DUPLICATE_SEQUENCE_NUMBER, UNKNOWN_PRODUCER_ID (after
    // which librdkafka appends again in a new epoch), OUT_OF_ORDER_SEQUENCE_NUMBER (fatal).
    private static readonly short[] s_errors = [7, 20, 46, 59, 59, 59, 45];

    private readonly int _seed = TestSetting.Seed;
    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly ProxiedCluster _cluster;
    private readonly Setup _setup;

    public ExactlyOnceTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _cluster = ProxiedCluster.Start(brokers: 3);
        _setup = Setup.Kafka(_cluster.Bootstrap, _topic);
        Directory.CreateDirectory(_setup["mnt2"]);
    }

    /// <summary>See <see cref="TestSetting"/> for how long, and for the seed of one that failed.</summary>
    [Fact]
    public async Task G2_G3_EveryAnsweredChangeIsThereOnceInOrderWhateverHappensToKafka()
    {
        string words = $"ExactlyOnceTests: {TestSetting.Faults.TotalSeconds} s of KAFKAFS_TEST_SEED={_seed}";
        TestSetting.Say(words);
        try
        {
            TestSetting.Say($"{words}: {await RunAsync()}");
        }
        catch (Exception exception)
        {
            Keep();
            throw new InvalidOperationException($"{words}: {exception.Message}\n{_setup.LastWords}", exception);
        }
    }

    public void Dispose()
    {
        _setup.Dispose();
        _cluster.Dispose();
    }

    private async Task<string> RunAsync()
    {
        KeptHost first = new(_setup, "m1", () => _setup.Master("m1"));
        await first.ReadyAsync();
        KeptHost second = new(_setup, "m2", () => _setup.Master("m2", _setup["mnt2"]));
        KeptHost slave = new(_setup, "s1", () => _setup.Slave("s1", "s1")), killed = new(_setup, "s2", () => _setup.Slave("s2", "s2"));
        await Task.WhenAll(second.ReadyAsync(), slave.ReadyAsync(), killed.ReadyAsync());
        Assert.Contains("Isr: 1,2,3", Sorted(_cluster.Cluster.Control("topics", "--describe", "--topic", _topic)), StringComparison.Ordinal);
        using Load load = new(_setup.Mount, _seed, Workers, "a");
        await HealthAndMetricsTests.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(_setup["mnt2"], SharedAnswers.LogPath))), second.Host);
        using Load other = new(_setup["mnt2"], _seed + 1, Workers, "b", load.Shared);

        RandomFaults usual = new(_seed)
        {
            Delay = (0.02, TimeSpan.FromMilliseconds(200)),
            CutRequest = 0.0005,
            CutResponse = 0.001,
            Hang = 0.00005,
            AnswerError = 0.006,
            Errors = s_errors,
        };
        _cluster.Faults = usual;
        BrokerFaults brokers = new(_cluster, new Random(_seed));
        HostFaults hosts = new(_cluster, usual, [(first, load, _setup.Mount), (second, other, _setup["mnt2"])], killed, new Random(_seed + 1));
        using IJournal journal = await OpenAsync();
        Repeater repeater = new(journal, new Random(_seed + 2));
        using (repeater)
        using (CancellationTokenSource end = new(TestSetting.Faults))
        {
            await BothAsync(brokers.RunAsync(end.Token), hosts.RunAsync(end.Token), end);
        }

        _cluster.Faults = FaultScript.Calm;
        await hosts.ReadyAsync();
        // Whatever ends by itself after such a time would have to end soon.
        await hosts.TendAsync(TimeSpan.FromSeconds(2), default);
        await hosts.ReadyAsync();
        await AnsweredChangesAreThereAsync(load, other, first, second);
        string state = await AllAreEqualAsync(first, second, slave, killed);
        string log = await LogIsInOrderAsync(journal, slave.Host);
        Assert.All([first, second, killed, slave], host => Assert.Equal(0, host.Host.Stop()));
        Assert.All(["m1", "m2", "s1", "s2"], root => ToolProcess.Run(HostUnderTest.Program, ["verify", _setup[root]]));
        Assert.Equal(0, slave.Kills + slave.Ends);
        return $"{brokers.Summary}; {hosts.Summary}; {load.Answered + other.Answered} answered calls checked, of the unknown ones {load.Unknown.Done + other.Unknown.Done} were done and {load.Unknown.NotDone + other.Unknown.NotDone} not, {load.Shared.Lines} lines of the shared log; {repeater.Repeated} records repeated; {log}; {state}";
    }

    // One that fails ends the other.
    private static async Task BothAsync(Task one, Task other, CancellationTokenSource end)
    {
        Task first = await Task.WhenAny(one, other);
        if (first.IsFaulted)
        {
            await end.CancelAsync();
        }

        await Task.WhenAll(one, other);
    }

    private async Task AnsweredChangesAreThereAsync(Load load, Load other, KeptHost first, KeptHost second)
    {
        load.Pause();
        other.Pause();
        await Setup.CaughtUpAsync(first.Host, second.Host);
        await Setup.CaughtUpAsync(second.Host, first.Host);
        // Attributes are cached for a second.
        await Task.Delay(1_500, TestContext.Current.CancellationToken);
        load.StopAndCheck(_setup.Mount);
        other.StopAndCheck(_setup["mnt2"]);
    }

    private async Task<string> AllAreEqualAsync(KeptHost first, KeptHost second, KeptHost slave, KeptHost killed)
    {
        await Setup.CaughtUpAsync(first.Host, second.Host);
        await _setup.EqualAsync(first.Host, slave.Host, "s1", "m1");
        await _setup.EqualAsync(second.Host, killed.Host, "s2", "m2");
        ToolProcess.Run(HostUnderTest.Program, ["compare", _setup.Mount, _setup["mnt2"]]);
        ToolProcess.Run(HostUnderTest.Program, ["compare", _setup["s1"], _setup["s2"]]);
        long position = await slave.Host.PositionAsync();
        string[] hashes = await Task.WhenAll(new[] { first, second, slave, killed }.Select(host => HashAsync(host, position)));
        Assert.True(hashes.Distinct().Count() == 1, $"state hashes at {position} differ: {string.Join(", ", hashes)}");
        return $"state hash {hashes[0]} at {position} on all four";
    }

    // Of the checkpoint at a position at which everything rests.
    private static async Task<string> HashAsync(KeptHost host, long position)
    {
        for (long end = Environment.TickCount64 + (long)s_checkpointLimit.TotalMilliseconds; ; await Task.Delay(500))
        {
            string answer = await host.Host.AskAsync("/health/live");
            JsonElement live = JsonDocument.Parse(answer.Length == 0 ? "{}" : answer).RootElement;
            if (live.TryGetProperty("checkpointPosition", out JsonElement at) && at.ValueKind == JsonValueKind.Number && at.GetInt64() == position)
            {
                return live.GetProperty("checkpointHash").GetString()!;
            }

            Assert.True(Environment.TickCount64 < end, $"{host.Name} has no checkpoint at {position}: {answer}");
        }
    }

    // Past the proxies.
    private Task<IJournal> OpenAsync() => new KafkaJournalProvider(
        new KafkaJournalOptions { BootstrapServers = _cluster.Cluster.Bootstrap, Topic = _topic }, NullLogger.Instance).OpenAsync(false, default);

    private static async Task<string> LogIsInOrderAsync(IJournal journal, HostUnderTest slave)
    {
        LogAudit audit = new();
        audit.Read(journal, await slave.PositionAsync());
        Assert.Empty(audit.Problems.Take(5));
        Assert.Equal(audit.Voids.OrderBy(pair => pair.Key, StringComparer.Ordinal), (await VoidsAsync(slave)).OrderBy(pair => pair.Key, StringComparer.Ordinal));
        // Else nothing was shown.
        Assert.True(audit.Voids.Count > 0, "No record was in the log twice, or late.");
        return audit.Summary;
    }

    private static async Task<Dictionary<string, long>> VoidsAsync(HostUnderTest slave)
    {
        // An answer is kept for a moment by the exporter.
        await Task.Delay(1_000);
        return Regex.Matches(await slave.AskAsync("/metrics"), "(?m)^kafkafs_void_records_total\\{.*reason=\"([A-Za-z]+)\".*\\} ([0-9]+)")
            .ToDictionary(match => match.Groups[1].Value, match => long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))
            .Where(pair => pair.Value > 0).ToDictionary();
    }

    // For the search after a failure: KAFKAFS_TEST_KEEP names a folder for the logs.
    private void Keep()
    {
        if (Environment.GetEnvironmentVariable("KAFKAFS_TEST_KEEP") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            Array.ForEach(Directory.GetFiles(_setup[""], "*.log"), log => File.Copy(log, Path.Combine(folder, $"{_seed}-{Path.GetFileName(log)}"), overwrite: true));
        }
    }

    private static string Sorted(string description) =>
        Regex.Replace(description, "Isr: ([0-9,]+)", match => "Isr: " + string.Join(',', match.Groups[1].Value.Split(',').Order(StringComparer.Ordinal)));
}
