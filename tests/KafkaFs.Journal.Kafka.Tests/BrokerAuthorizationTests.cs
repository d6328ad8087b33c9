using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Kafka;
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
    private readonly RecordedWarnings _log = new();

    private KafkaJournalProvider Provider => new(
        new KafkaJournalOptions
        {
            BootstrapServers = File.ReadAllText(_cluster.InFolder("bootstrap.secure")).Trim(),
            Topic = _topic,
            GroupId = "the-group",
            Properties = new Dictionary<string, string>
            {
                ["security.protocol"] = "SASL_SSL",
                ["sasl.mechanism"] = "PLAIN",
                ["sasl.username"] = "kafkafs",
                ["sasl.password"] = "secret",
                ["ssl.ca.location"] = _cluster.InFolder("tls/ca.pem"),
            },
        },
        _log);

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

        JournalUnavailableException unread = Assert.Throws<JournalUnavailableException>(() => journal.Probe(0, default));
        Assert.Contains($"do not allow Read on topic '{_topic}'", unread.Message, StringComparison.Ordinal);
        Assert.Equal(JournalRefusal.Forbidden, Assert.IsType<JournalRefusedException>(unread.InnerException).Refusal);
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new();
        await TroubleAsync(journal, $"do not allow Read on topic '{_topic}'", () => Assert.False(reader.Read(batch, TimeSpan.FromMilliseconds(100))));
        await GrantAsync(AclOperation.Read);
        await UntilAsync(() => reader.Read(batch, TimeSpan.FromMilliseconds(100)));
        Assert.Equal(0, batch[0].Offset);
    }

    [Fact]
    public async Task SettingsUnverified_IsWarnedOfUntilTheyMayBeRead()
    {
        await GrantAsync(AclOperation.Create);
        await GrantAsync(AclOperation.Write);
        await GrantAsync(AclOperation.Read);
        using IJournal journal = await Provider.OpenAsync(true, default);
        LogFacts found = journal.Look(default);
        Assert.True(found.AreSettingsDenied);
        Assert.Null(found.MaxRecordBytes);
        Assert.Null(RecoveryTable.Judge(new KnownLog(), found).Finding);
        Assert.Equal(
            $"settings of topic '{_topic}' unverified: DescribeConfigs is denied",
            Assert.Single(RecoveryTable.Judge(new KnownLog(), found).Warnings, warning => warning.Row == LogRow.SettingsUnverified).Words);
        await GrantAsync(AclOperation.DescribeConfigs);
        await UntilAsync(() => !journal.Look(default).AreSettingsDenied);
    }

    [Fact]
    public async Task WithoutARightToTheGroupThereIsOneWarningAndWithItTheLagIsSeen()
    {
        await GrantAsync(AclOperation.All);
        using IJournal journal = await Provider.OpenAsync(true, default);
        RecordingListener listener = new();
        using IJournalAppender appender = journal.OpenAppender(0, listener);
        appender.TryAppend(new byte[] { 1 }, 1);
        await listener.WaitAsync(1);
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new();
        await UntilAsync(() => reader.Read(batch, TimeSpan.FromMilliseconds(100)));
        journal.NoteApplied(1);
        await UntilAsync(() => GroupWarnings.Length > 0);
        Assert.Null(journal.Trouble);
        Assert.NotNull(journal.Probe(1, TestContext.Current.CancellationToken).TailHash);

        await GrantAsync(AclOperation.All, ResourceType.Group, "the-group");
        await UntilAsync(() => GroupOffsets.Committed(_cluster.Bootstrap, "the-group", _topic) == 1);
        Assert.Single(GroupWarnings);
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
            Assert.True(attempt < 2400, "It did not happen in time.");
            await Task.Delay(50);
        }
    }

    private string[] GroupWarnings => [.. _log.Lines.Where(line => line.Contains("on group 'the-group'", StringComparison.Ordinal))];

    private async Task GrantAsync(AclOperation operation, ResourceType type = ResourceType.Topic, string? name = null)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _cluster.Bootstrap }).Build();
        await admin.CreateAclsAsync([new AclBinding
        {
            Pattern = new ResourcePattern { Type = type, Name = name ?? _topic, ResourcePatternType = ResourcePatternType.Literal },
            Entry = new AccessControlEntry { Principal = "User:kafkafs", Host = "*", Operation = operation, PermissionType = AclPermissionType.Allow },
        }]);
        await Task.Delay(500);
    }
}
