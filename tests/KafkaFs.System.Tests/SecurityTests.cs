using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>Brokers with TLS and passwords: the same work, no secret anywhere, and what is wrong in one message.</summary>
[Trait("Tier", "broker")]
public sealed class SecurityTests(SecureCluster secure) : IClassFixture<SecureCluster>
{
    [Fact]
    public Task OverTlsWithPlainEverythingReplicatesAndTheSecretOfAFileIsSeenNowhere() =>
        ReplicateAsync(secure.Config("PLAIN", secure.Password), []);

    [Fact]
    public Task OverTlsWithScramEverythingReplicatesAndTheSecretOfTheEnvironmentIsSeenNowhere()
    {
        secure.SetScramPassword(secure.Password);
        return ReplicateAsync(
            secure.Config("SCRAM-SHA-256", null), new() { ["KafkaFs__Journal__Kafka__Properties__sasl_password"] = secure.Password });
    }

    [Theory]
    [InlineData("PLAIN", "refuse user 'kafkafs': Authentication failed: Invalid username or password; correct sasl.username, its password, or sasl.mechanism")]
    [InlineData("SCRAM-SHA-256", "refuse user 'kafkafs': Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256; correct")]
    public void AWrongPasswordAtAStartIsOneMessage(string mechanism, string words) =>
        Refused(words, secure.Bootstrap, secure.Config(mechanism, $"wrong-{secure.Password}"));

    [Fact]
    public void AnAuthorityThatHasNotSignedTheBrokersCertificateIsOneMessage()
    {
        string authority = secure.OtherAuthority();
        Refused($"is not trusted: it is not signed by the authority in ssl.ca.location ('{authority}')", secure.Bootstrap, secure.Config("PLAIN", secure.Password, authority: authority));
    }

    // 127.1 is the address of 127.0.0.1 and not a name in the broker's certificate.
    [Fact]
    public void ACertificateForAnotherHostIsOneMessage() => Refused(
        "or it is not for the name '127.1'", secure.Bootstrap.Replace("localhost", "127.1", StringComparison.Ordinal), secure.Config("PLAIN", secure.Password));

    [Fact]
    public void AMissingRightAtAStartIsOneMessage() =>
        Refused("do not allow Describe on topic 'of-nobody'", secure.Bootstrap, secure.Config("PLAIN", secure.Password, user: "stranger"));

    [Fact]
    public async Task APasswordThatIsChangedLaterIsAStallWithWordsAndEndsByItself()
    {
        Require();
        secure.SetScramPassword(secure.Password);
        using Setup setup = NewSetup(secure.Config("SCRAM-SHA-256", secure.Password));
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        secure.SetScramPassword("another");
        secure.Kafka.Control("stop-broker", "1");
        secure.Kafka.Control("start-broker", "1");
        foreach (HostUnderTest host in (HostUnderTest[])[master, slave])
        {
            await HealthAndMetricsTests.UntilAsync(async () => Says(await host.AskAsync("/health/ready"), "Stalled", "refuse user"), host);
        }

        secure.SetScramPassword(secure.Password);
        await master.ReadyAsync();
        await slave.ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/after");
        await setup.EqualAsync(master, slave);
        foreach (HostUnderTest host in (HostUnderTest[])[master, slave])
        {
            string[] lines = [.. host.Log.Split('\n').Where(line => line.Contains("refuse user", StringComparison.Ordinal))];
            Assert.InRange(lines.Length, 1, 4);
        }
    }

    [Fact]
    public void TheDemoRunsOnSuchACluster()
    {
        Require();
        using TemporaryFolder folder = new("/var/tmp");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder["source"]).FullName, "file"), "x");
        (int code, string output, string error) = Demo.Try(
            folder.Path, "--once", "--broker", secure.Bootstrap, "--kafka-config", secure.Config("PLAIN", secure.Password), folder["source"]);
        Assert.Equal((0, ""), (code, error));
        AssertNotIn("what the demo says", output);
    }

    private async Task ReplicateAsync(string config, Dictionary<string, string> environment)
    {
        Require();
        using Setup setup = NewSetup(config, "--property", "debug=all");
        setup.Environment["Logging__LogLevel__Default"] = "Trace";
        foreach ((string name, string value) in environment)
        {
            setup.Environment[name] = value;
        }

        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; {ReplicationTests.Work}");
        await setup.EqualAsync(master, slave);
        Assert.Equal(0, slave.Stop());
        Assert.Equal(0, master.Stop());
        (master, slave) = (await setup.Master().ReadyAsync(), await setup.Slave().ReadyAsync());
        ToolProcess.Shell($"cd {setup.Mount}; echo again > again; rm -r tree/renamed/b");
        await setup.EqualAsync(master, slave);

        AssertNotIn("the command lines", string.Concat(CommandLines()));
        foreach (HostUnderTest host in (HostUnderTest[])[master, slave])
        {
            Assert.Contains("librdkafka SASL", host.Log, StringComparison.OrdinalIgnoreCase);
            AssertNotIn(host.LogPath, host.Log);
            foreach (string path in (string[])["/health/live", "/health/ready", "/metrics"])
            {
                string answer = await host.AskAsync(path);
                Assert.NotEmpty(answer);
                AssertNotIn(path, answer);
            }
        }

        (int code, string output, _) = ToolProcess.Try("grep", ["-rlaF", secure.Password, setup["m"], setup["s"]]);
        Assert.Equal((1, ""), (code, output));
    }

    private void AssertNotIn(string place, string text) => Assert.False(text.Contains(secure.Password, StringComparison.Ordinal), $"The secret is in {place}.");

    private void Refused(string words, string bootstrap, string config)
    {
        using TemporaryFolder folder = new("/var/tmp");
        (int code, string output, string error) = ToolProcess.Try(
            HostUnderTest.Program, ["slave", "--broker", bootstrap, "--kafka-config", config, folder["s"], "of-nobody"]);
        string line = Assert.Single((output + error).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(words, line, StringComparison.Ordinal);
        Assert.Equal(79, code);
        AssertNotIn("the message", line);
        Assert.False(Directory.Exists(folder["s"]));
    }

    private static bool Says(string health, string state, string words) =>
        health.Contains($"\"state\":\"{state}\"", StringComparison.Ordinal) && health.Contains(words, StringComparison.Ordinal);

    private static IEnumerable<string> CommandLines() => Directory.GetDirectories("/proc").Select(process =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    });

    private Setup NewSetup(string config, params string[] options) =>
        Setup.Kafka(secure.Bootstrap, KafkaCluster.NewTopic(), ["--kafka-config", config, .. options]);

    private static void Require()
    {
        Environments.RequireTool("setfattr", "attr");
        Environments.RequireFuse();
        Environments.RequireRoot();
    }
}
