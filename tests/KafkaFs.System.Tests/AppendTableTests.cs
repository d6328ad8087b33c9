using KafkaFs.Hosting.Lifetime;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Kafka.Proxy;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>The rows of the design's table "Appends: what is known, a master does" that a real broker can be made to show, with a mounted master.</summary>
[Trait("Tier", "broker")]
public sealed class AppendTableTests : IDisposable
{
    private const int Broker = 1;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Stack<IDisposable> _used = [];
    private readonly string _topic = KafkaCluster.NewTopic();

    private readonly OwnBrokerFixture _own;

    public AppendTableTests(OwnBrokerFixture own)
    {
        _own = own;
        Environments.RequireFuse();
        Environments.RequireRoot();
    }

    [Fact]
    public async Task Refused_AWriteThatTheTopicTakesNoLongerGoesInParts()
    {
        (KafkaCluster cluster, Setup setup) = Plain();
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"head -c 3M /dev/urandom >{setup["source"]}; cp {setup["source"]} {setup.Mount}/before");
        cluster.SetTopic(_topic, "max.message.bytes=100000");
        ToolProcess.Shell($"""
            cd {setup.Mount}; mkdir names; (for i in $(seq 300); do echo $i >names/$i || exit 1; done) & names=$!
            dd if={setup["source"]} of=after bs=1M status=none
            for i in 1 2 3; do cat {setup["source"]} >>appended; done; wait $names
            cmp {setup["source"]} before; cmp {setup["source"]} after; cat {setup["source"]} {setup["source"]} {setup["source"]} | cmp - appended
            """);
        Assert.Contains("a Fence is appended", master.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("answered EIO", master.Log, StringComparison.Ordinal);
        await setup.EqualAsync(master, slave);
        Assert.Equal(0, master.Stop());
    }

    // The broker has the record, its answer is lost; the same bytes go again, and the broker says where they are.
    [Fact]
    public async Task TransportErrors_AnAnswerThatIsCutIsOneRecord()
    {
        ProxiedCluster cluster = Use(ProxiedCluster.Start());
        Setup setup = Use(Setup.Kafka(cluster.Bootstrap, _topic));
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        foreach (string name in (string[])["a", "b", "c"])
        {
            int answers = cluster.Proxy.Seen(FrameDirection.Response, KafkaApi.Produce);
            cluster.Faults = new FaultScript().Nth(FrameDirection.Response, KafkaApi.Produce, 1, Fate.Cut);
            ToolProcess.Shell($"mkdir {setup.Mount}/{name}");
            // The call may be answered before the second answer: the tail of the log has brought the record.
            await cluster.Proxy.SeenAsync(FrameDirection.Response, KafkaApi.Produce, answers + 2);
        }

        await setup.EqualAsync(master, slave);
        string log = ToolProcess.Run(HostUnderTest.Program, ["log", .. setup.Journal, .. setup.Topic]);
        string[] made = [.. log.Split('\n').Where(line => line.Contains("Mkdir", StringComparison.Ordinal))];
        Assert.True(made.Length == 3, log);
        Assert.Equal(0, master.Stop());
    }

    [Fact]
    public async Task NotEnoughReplicas_TheCallsWaitAndTheStatusSaysSo()
    {
        KafkaCluster cluster = Use(KafkaCluster.StartOwn("", "--brokers", "3"));
        Setup setup = Use(Setup.Kafka(cluster.Bootstrap, _topic));
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/before");
        int leader = cluster.Leader(_topic);
        int[] others = [.. cluster.Nodes.Where(node => node != leader)];
        // Cleanly: both leave the replicas in sync while there are controllers enough to note it.
        others.ToList().ForEach(cluster.StopBroker);
        Task<string> call = Task.Run(() => ToolProcess.Shell($"mkdir {setup.Mount}/waits"));
        await UntilAsync(async () => await master.AskAsync("/health/ready") is { } health
            && health.Contains("Stalled", StringComparison.Ordinal)
            && health.Contains($"1 of 3 replicas of topic '{_topic}' are in sync", StringComparison.Ordinal));
        Assert.False(call.IsCompleted);
        await Task.WhenAll(others.Select(node => Task.Run(() => cluster.StartBroker(node))));
        await call.WaitAsync(s_limit);
        await master.ReadyAsync();
        Assert.DoesNotContain("answered EIO", master.Log, StringComparison.Ordinal);
        Assert.Equal("before\nwaits\n", ToolProcess.Shell($"ls {setup.Mount}"));
        Assert.Equal(0, master.Stop());
    }

    // The clocks of this machine and of the brokers are too far apart, as the topic sees it.
    [Fact]
    public async Task Refused_AnInvalidTimestampIsAnsweredEioAndTheLogSaysWhy()
    {
        (KafkaCluster cluster, Setup setup) = Plain();
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/before");
        cluster.SetTopic(_topic, "message.timestamp.type=CreateTime", "message.timestamp.before.max.ms=0", "message.timestamp.after.max.ms=0");
        Task<(int Code, string Output, string Error)> call = Task.Run(() => RefusedChmod($"{setup.Mount}/before"));
        await UntilAsync(() => Task.FromResult(master.Log.Contains("refused record", StringComparison.Ordinal)));
        cluster.SetTopic(_topic, "message.timestamp.type=LogAppendTime");
        (int code, _, string error) = await call.WaitAsync(s_limit);
        Assert.NotEqual(0, code);
        Assert.Contains("Input/output error", error, StringComparison.Ordinal);
        Assert.Contains("answered EIO", master.Log, StringComparison.Ordinal);
        ToolProcess.Shell($"mkdir {setup.Mount}/after");
        Assert.Equal("after\nbefore\n", ToolProcess.Shell($"ls {setup.Mount}"));
        await setup.EqualAsync(master, slave);
        Assert.Equal(0, master.Stop());
    }

    // Again and again: a record that reaches the broker in the millisecond in which it was made is taken by a limit of 0 ms.
    private static (int Code, string Output, string Error) RefusedChmod(string path)
    {
        (int Code, string Output, string Error) call;
        do
        {
            call = ToolProcess.Try("chmod", ["750", path]);
        }
        while (call.Code == 0);
        return call;
    }

    [Fact]
    public async Task NothingForStallAfter_IsAStallAndOverWithTheNextReport()
    {
        (KafkaCluster cluster, Setup setup) = Plain();
        HostUnderTest master = await setup.Master().ReadyAsync();
        await WaitsAsync(setup, master, () => cluster.PauseBroker(Broker), "Stalled", () => cluster.ResumeBroker(Broker));
    }

    [Fact]
    public async Task Authorization_ARightThatIsTakenAwayIsNamedAndGrantedAgainTheCallsGoOn()
    {
        const string configuration = """
            authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
            super.users=User:ANONYMOUS
            allow.everyone.if.no.acl.found=true
            """;
        (KafkaCluster cluster, Setup setup) = Secure(configuration);
        HostUnderTest master = await setup.Master().ReadyAsync();
        await WaitsAsync(setup, master, () => Allow(cluster, false), "do not allow Write", () => Allow(cluster, true));
        Assert.Equal(0, master.Stop());
    }

    [Fact]
    public async Task Sasl_AWrongPasswordIsAStallAndTheRightOneGoesOn()
    {
        (KafkaCluster cluster, Setup setup) = Secure("");
        HostUnderTest master = await setup.Master().ReadyAsync();
        await WaitsAsync(setup, master, () => Password(cluster, "secret", "another"), "refuse user 'kafkafs'", () => Password(cluster, "another", "secret"));
        Assert.Equal(0, master.Stop());
    }

    [Fact]
    public async Task UnknownTopic_IsNeverCreatedAgain()
    {
        (KafkaCluster cluster, Setup setup) = Plain();
        HostUnderTest master = await setup.Master().ReadyAsync();
        cluster.DeleteTopic(_topic);
        Task call = Task.Run(() => Directory.CreateDirectory(Path.Combine(setup.Mount, "waits")));
        await UntilAsync(async () => (await master.AskAsync("/health/ready")).Contains("Stalled", StringComparison.Ordinal));
        await Task.Delay(TimeSpan.FromSeconds(12), TestContext.Current.CancellationToken);
        Assert.False(call.IsCompleted);
        Assert.DoesNotContain(_topic, cluster.Control("topics", "--list"), StringComparison.Ordinal);
        master.Kill();
        await Assert.ThrowsAnyAsync<IOException>(() => call.WaitAsync(s_limit));
    }

    [Fact]
    public async Task Fatal_ALogThatWasShortenedIsRefused()
    {
        (KafkaCluster cluster, Setup setup) = Plain();
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; for i in $(seq 40); do mkdir d$i; done");
        cluster.TruncateLog(_topic, 20);
        Task call = Task.Run(() => Directory.CreateDirectory(Path.Combine(setup.Mount, "lost")));
        Assert.Equal(ExitCode.JournalRefused, master.WaitForExit());
        Assert.Matches("ends at [0-9]+, this replica is at [0-9]+: truncated or restored|history was rewritten", master.Log);
        await Assert.ThrowsAnyAsync<IOException>(() => call.WaitAsync(s_limit));
    }

    // What the dead process had in flight arrives when its successor works already.
    [Fact]
    public async Task Killed_WhatArrivesLateIsVoid()
    {
        ProxiedCluster cluster = Use(ProxiedCluster.Start());
        Setup setup = Use(Setup.Kafka(cluster.Bootstrap, _topic));
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/before");
        cluster.Faults = new FaultScript().Each(FrameDirection.Request, KafkaApi.Produce, Fate.Hold);
        Task call = Task.Run(() => Directory.CreateDirectory(Path.Combine(setup.Mount, "ghost")));
        await cluster.Proxy.HeldAsync();
        master.Kill();
        await Assert.ThrowsAnyAsync<IOException>(() => call.WaitAsync(s_limit));
        cluster.Faults = FaultScript.Calm;
        master = await setup.Again(master, () => setup.Master()).ReadyAsync();
        long before = await master.PositionAsync();
        cluster.Proxy.Release();
        await UntilAsync(async () => await master.PositionAsync() > before);
        ToolProcess.Shell($"mkdir {setup.Mount}/after");
        Assert.Equal("after\nbefore\n", ToolProcess.Shell($"ls {setup.Mount}"));
        Assert.Contains("reason=\"SessionClosed\"", await master.AskAsync("/metrics?" + Guid.NewGuid()), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, master.Stop());
    }

    // Two disks of one content: the second run of the same master closes the session of the first.
    [Fact]
    public async Task Superseded_AMasterWhoseCopyHasStartedEndsWithItsOwnCode()
    {
        (_, Setup setup) = Plain();
        LoopFileSystem disks = Use(new LoopFileSystem("xfs", 1_024));
        LoopFileSystem disk = Use(new LoopFileSystem("ext4", 256, disks.Path));
        HostUnderTest first = await setup.Master(disk["m"]).ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/d; sync");
        Assert.Equal(0, first.Stop());
        LoopFileSystem copy = Use(disk.PowerCut(disks));
        first = await setup.Again(first, () => setup.Master(disk["m"])).ReadyAsync();
        Directory.CreateDirectory(setup["mnt2"]);
        HostUnderTest second = await setup.Master(copy["m"], setup["mnt2"]).ReadyAsync();
        Assert.Equal(ExitCode.SessionClosed, first.WaitForExit());
        Assert.Contains("another run of this master", first.Log, StringComparison.Ordinal);
        ToolProcess.Shell($"mkdir {setup["mnt2"]}/e");
        Assert.Equal(0, second.Stop());
    }

    public void Dispose()
    {
        while (_used.TryPop(out IDisposable? used))
        {
            used.Dispose();
        }
    }

    private T Use<T>(T used) where T : IDisposable
    {
        _used.Push(used);
        return used;
    }

    // A call is held up by what is done to the brokers, the status says so, and it goes on once that is undone.
    private static async Task WaitsAsync(Setup setup, HostUnderTest master, Action take, string words, Action give)
    {
        take();
        Task call = Task.Run(() => Directory.CreateDirectory(Path.Combine(setup.Mount, "waits")));
        // The readiness names what stalled last: the reader may stall as well, and hides what the appender said.
        await UntilAsync(async () => (await master.AskAsync("/health/ready") + master.Log).Contains(words, StringComparison.Ordinal));
        Assert.False(call.IsCompleted);
        give();
        await call.WaitAsync(s_limit);
        await master.ReadyAsync();
    }

    private (KafkaCluster Cluster, Setup Setup) Plain()
    {
        KafkaCluster cluster = _own.Cluster;
        return (cluster, Use(Setup.Kafka(cluster.Bootstrap, _topic)));
    }

    private (KafkaCluster Cluster, Setup Setup) Secure(string configuration)
    {
        KafkaCluster cluster = Use(KafkaCluster.StartOwn(configuration, "--secure"));
        Setup setup = Use(Setup.Kafka(
            File.ReadAllText(cluster.InFolder("bootstrap.secure")).Trim(), _topic, "--property", "security.protocol=SASL_SSL", "--property", "sasl.mechanism=PLAIN",
            "--property", "sasl.username=kafkafs", "--property", $"ssl.ca.location={cluster.InFolder("tls/ca.pem")}"));
        setup.Environment["KafkaFs__Journal__Kafka__Properties__sasl_password"] = "secret";
        return (cluster, setup);
    }

    private static void Allow(KafkaCluster cluster, bool everyone) => Restart(cluster, file => file.Replace(
        everyone ? "acl.found=false" : "acl.found=true", everyone ? "acl.found=true" : "acl.found=false", StringComparison.Ordinal));

    private static void Password(KafkaCluster cluster, string from, string to) =>
        Restart(cluster, file => file.Replace($"user_kafkafs=\"{from}\"", $"user_kafkafs=\"{to}\"", StringComparison.Ordinal));

    private static void Restart(KafkaCluster cluster, Func<string, string> change)
    {
        cluster.StopBroker(Broker);
        cluster.Configure(Broker, change);
        cluster.StartBroker(Broker);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (int attempt = 0; !await condition(); attempt++)
        {
            Assert.True(attempt < 600, "It did not happen in time.");
            await Task.Delay(100);
        }
    }
}
