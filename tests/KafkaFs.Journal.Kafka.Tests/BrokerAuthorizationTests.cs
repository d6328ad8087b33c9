using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>A broker that allows only what is granted: each right that is missing is named, and none of them ends a reader.</summary>
[Trait("Tier", "broker")]
public sealed class BrokerAuthorizationTests : IDisposable
{
    private const string Configuration = """
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
        super.users=User:ANONYMOUS
        """;

    private readonly KafkaCluster _cluster = KafkaCluster.StartOwn(Configuration, "--secure");
    private readonly string _topic = KafkaCluster.NewTopic();

    private KafkaJournalProvider Provider => new(
        new KafkaJournalOptions
        {
            BootstrapServers = File.ReadAllText(_cluster.InFolder("bootstrap.secure")).Trim(),
            Topic = _topic,
            ClientId = "the-group",
            Properties = new Dictionary<string, string>
            {
                ["security.protocol"] = "SASL_SSL",
                ["sasl.mechanism"] = "PLAIN",
                ["sasl.username"] = "kafkafs",
                ["sasl.password"] = "secret",
                ["ssl.ca.location"] = _cluster.InFolder("tls/ca.pem"),
            },
        },
        NullLogger.Instance);

    [Fact]
    public async Task EachMissingRightIsNamed()
    {
        await ForbiddenAsync("Describe on topic");
        await GrantAsync(AclOperation.Describe);
        await ForbiddenAsync("Create on topic");
        await GrantAsync(AclOperation.Create);
        using IJournal journal = await Provider.OpenAsync(true, default);

        // A producer that may write nowhere gets no id and is dead: the right alone does not help it.
        RecordingListener denied = new(), allowed = new();
        using (IJournalAppender appender = journal.OpenAppender(0, denied))
        {
            appender.TryAppend(new byte[] { 1 }, 1);
            await UntilAsync(() => denied.Failures.Count > 0);
            Assert.Contains($"do not allow Write on topic '{_topic}'", denied.Failures[0], StringComparison.Ordinal);
            Assert.Contains($"do not allow Write on topic '{_topic}'", journal.Trouble, StringComparison.Ordinal);
        }

        await GrantAsync(AclOperation.Write);
        using (IJournalAppender appender = journal.OpenAppender(0, allowed))
        {
            Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
            Assert.Equal(AppendStatus.Placed, (await allowed.WaitAsync(1))[0].Result.Status);
        }

        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new();
        await TroubleAsync(journal, $"do not allow Read on topic '{_topic}'", () => Assert.False(reader.Read(batch, TimeSpan.FromMilliseconds(100))));
        await GrantAsync(AclOperation.Read);
        await UntilAsync(() => reader.Read(batch, TimeSpan.FromMilliseconds(100)));
        Assert.Equal(0, batch[0].Offset);
    }

    public void Dispose() => _cluster.Dispose();

    private async Task ForbiddenAsync(string words)
    {
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Provider.OpenAsync(true, default));
        Assert.Equal(JournalRefusal.Forbidden, refused.Refusal);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    private static Task TroubleAsync(IJournal journal, string words, Action? meanwhile = null) => UntilAsync(() =>
    {
        meanwhile?.Invoke();
        return journal.Trouble?.Contains(words, StringComparison.Ordinal) == true;
    });

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 600, "It did not happen in time.");
            await Task.Delay(50);
        }
    }

    private async Task GrantAsync(AclOperation operation)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _cluster.Bootstrap }).Build();
        await admin.CreateAclsAsync([new AclBinding
        {
            Pattern = new ResourcePattern { Type = ResourceType.Topic, Name = _topic, ResourcePatternType = ResourcePatternType.Literal },
            Entry = new AccessControlEntry { Principal = "User:kafkafs", Host = "*", Operation = operation, PermissionType = AclPermissionType.Allow },
        }]);
        await Task.Delay(500);
    }
}
