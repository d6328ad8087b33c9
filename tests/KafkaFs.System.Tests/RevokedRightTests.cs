using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>A right that is taken away while hosts run: they are stalled in words that name it, and go on by themselves when it is granted again.</summary>
[Trait("Tier", "broker")]
public sealed class RevokedRightTests : IDisposable
{
    private const string Configuration = """
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
        super.users=User:ANONYMOUS
        """;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly KafkaCluster _cluster;
    private readonly Setup _setup;

    public RevokedRightTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _cluster = KafkaCluster.StartOwn(Configuration, "--secure");
        _setup = Setup.Kafka(
            File.ReadAllText(_cluster.InFolder("bootstrap.secure")).Trim(), _topic, "--property", "security.protocol=SASL_SSL", "--property", "sasl.mechanism=PLAIN",
            "--property", "sasl.username=kafkafs", "--property", $"ssl.ca.location={_cluster.InFolder("tls/ca.pem")}");
        _setup.Environment["KafkaFs__Journal__Kafka__Properties__sasl_password"] = "secret";
    }

    [Fact]
    public async Task WriteIsNamedAndCallsWaitAndReadIsNamedByASlave()
    {
        await GrantAsync(AclOperation.Describe, AclOperation.DescribeConfigs, AclOperation.Create, AclOperation.Read, AclOperation.Write);
        HostUnderTest master = await _setup.Master().ReadyAsync(), slave = await _setup.Slave().ReadyAsync();
        await RevokeAsync(AclOperation.Write);
        Task<string> call = Task.Run(() => ToolProcess.Shell($"mkdir {_setup.Mount}/waits"));
        await StalledAsync(master, $"do not allow Write on topic '{_topic}'");
        Assert.False(call.IsCompleted);
        await slave.ReadyAsync();
        await GrantAsync(AclOperation.Write);
        await call.WaitAsync(s_limit);
        await master.ReadyAsync();

        await RevokeAsync(AclOperation.Read);
        await StalledAsync(slave, $"do not allow Read on topic '{_topic}'");

        // It ends a start.
        HostUnderTest other = _setup.Slave("other", log: "other");
        Assert.Equal(79, other.WaitForExit());
        Assert.Contains($"do not allow Read on topic '{_topic}'", other.LogOfThisRun, StringComparison.Ordinal);
        await GrantAsync(AclOperation.Read);
        await slave.ReadyAsync();
        await master.ReadyAsync();
        ToolProcess.Shell($"mkdir {_setup.Mount}/after");
        await _setup.EqualAsync(master, slave);
        Assert.Equal((0, 0), (slave.Stop(), master.Stop()));
    }

    public void Dispose()
    {
        _setup.Dispose();
        _cluster.Dispose();
    }

    private static async Task StalledAsync(HostUnderTest host, string words)
    {
        string health = "";
        for (int attempt = 0; !(health.Contains("Stalled", StringComparison.Ordinal) && health.Contains(words, StringComparison.Ordinal)); attempt++)
        {
            Assert.True(attempt < 600, $"It is not stalled by that: {health}\n{host.Log}");
            await Task.Delay(100);
            health = Plain(await host.AskAsync("/health/ready"));
        }
    }

    // JSON writes apostrophes as escapes.
    private static string Plain(string json) => json.Replace("\\u0027", "'", StringComparison.Ordinal);

    private async Task GrantAsync(params AclOperation[] operations)
    {
        using IAdminClient admin = Admin();
        await admin.CreateAclsAsync(operations.Select(operation => new AclBinding
        {
            Pattern = new ResourcePattern { Type = ResourceType.Topic, Name = _topic, ResourcePatternType = ResourcePatternType.Literal },
            Entry = new AccessControlEntry { Principal = "User:kafkafs", Host = "*", Operation = operation, PermissionType = AclPermissionType.Allow },
        }));
    }

    private async Task RevokeAsync(AclOperation operation)
    {
        using IAdminClient admin = Admin();
        await admin.DeleteAclsAsync([new AclBindingFilter
        {
            PatternFilter = new ResourcePatternFilter { Type = ResourceType.Topic, Name = _topic, ResourcePatternType = ResourcePatternType.Literal },
            EntryFilter = new AccessControlEntryFilter { Principal = "User:kafkafs", Operation = operation, PermissionType = AclPermissionType.Allow },
        }]);
    }

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _cluster.Bootstrap }).Build();
}
