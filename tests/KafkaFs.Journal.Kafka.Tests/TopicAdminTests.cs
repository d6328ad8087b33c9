using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>What the provider makes of the brokers' answers about a topic: an answer for a topic is never "no broker answers".</summary>
public sealed class TopicAdminTests
{
    [Fact]
    public async Task TheLoserOfARaceToCreateGoesOn() =>
        await Admin(new() { Create = _ => ErrorCode.TopicAlreadyExists }).CreateAsync(3);

    [Theory]
    [InlineData(ErrorCode.InvalidConfig)]
    [InlineData(ErrorCode.PolicyViolation)]
    public async Task AClusterThatRefusesLongRecordsGivesItsOwnLimit(ErrorCode error)
    {
        List<TopicSpecification> wanted = [];
        await Admin(new()
        {
            Create = topic =>
            {
                wanted.Add(topic);
                return topic.Configs.ContainsKey("max.message.bytes") ? error : ErrorCode.NoError;
            },
        }).CreateAsync(3);
        Assert.Equal(2, wanted.Count);
        Assert.Equal("-1", wanted[1].Configs["retention.ms"]);
    }

    [Fact]
    public async Task AClusterThatRefusesOtherSettingsIsAskedForThoseWithoutWhichNoTopicIsAJournal()
    {
        List<TopicSpecification> wanted = [];
        await Admin(new()
        {
            Create = topic =>
            {
                wanted.Add(topic);
                return topic.Configs.ContainsKey("unclean.leader.election.enable") ? ErrorCode.PolicyViolation : ErrorCode.NoError;
            },
        }).CreateAsync(3);
        Assert.Equal(["cleanup.policy", "retention.bytes", "retention.ms"], wanted[2].Configs.Keys.Order());
    }

    [Theory]
    [InlineData(ErrorCode.InvalidReplicationFactor, "3 replicas")]
    [InlineData(ErrorCode.PolicyViolation, "topic 'the-topic'")]
    public async Task ATopicThatTheClusterDoesNotGiveIsRefusedInClearWords(ErrorCode error, string words)
    {
        JournalRefusedException refused =
            await Assert.ThrowsAsync<JournalRefusedException>(() => Admin(new() { Create = _ => error }).CreateAsync(3));
        Assert.Equal(JournalRefusal.Settings, refused.Refusal);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNotAllowedIsNamed()
    {
        TopicAdmin denied = Admin(new()
        {
            Create = _ => ErrorCode.TopicAuthorizationFailed,
            Describe = () => (ErrorCode.TopicAuthorizationFailed, new Uuid(0, 0)),
        });
        JournalRefusedException create = await Assert.ThrowsAsync<JournalRefusedException>(() => denied.CreateAsync(1));
        Assert.Equal(JournalRefusal.Forbidden, create.Refusal);
        Assert.Contains("Create on topic 'the-topic'", create.Message, StringComparison.Ordinal);
        JournalRefusedException describe = await Assert.ThrowsAsync<JournalRefusedException>(denied.FindAsync);
        Assert.Equal(JournalRefusal.Forbidden, describe.Refusal);
        Assert.Contains("Describe on topic 'the-topic'", describe.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SettingsThatMayNotBeReadAreAWarningOnly() =>
        Assert.InRange(await LimitAsync(new() { Configs = () => (ErrorCode.TopicAuthorizationFailed, []) }), 1_000_000, 1_048_588);

    [Fact]
    public async Task AnUnknownTopicIsNoneAndSilenceIsNoAnswer()
    {
        Assert.Null(await Admin(new() { Describe = () => (ErrorCode.UnknownTopicOrPart, new Uuid(0, 0)) }).FindAsync());
        await Assert.ThrowsAsync<JournalUnavailableException>(
            Admin(new() { Describe = () => throw new KafkaException(ErrorCode.Local_TimedOut) }).FindAsync);
        await Assert.ThrowsAsync<JournalUnavailableException>(
            Admin(new() { Describe = () => (ErrorCode.LeaderNotAvailable, new Uuid(0, 0)) }).FindAsync);
    }

    // Met after an election, with the high watermark not known yet: taken for an end, it made a replica refuse its own log.
    [Theory]
    [InlineData(0, -1001)]
    [InlineData(-1001, -1001)]
    [InlineData(-1, 5)]
    public async Task G4_AnEndThatTheLeaderDoesNotKnowYetIsNoAnswer(long first, long next)
    {
        TopicPartitionInfo partition = FakeTopicClient.Made<TopicPartitionInfo>(("Replicas", new List<Node>()));
        TopicAdmin admin = Admin(new()
        {
            Describe = () => (ErrorCode.NoError, new Uuid(0, 1)),
            Partition = partition,
            Configs = () => (ErrorCode.NoError, []),
            Offsets = (first, next, null),
        });
        await Assert.ThrowsAsync<JournalUnavailableException>(admin.LookAsync);
    }

    [Fact]
    public async Task ATopicForShortRecordsIsRefusedByName()
    {
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => LimitAsync(MaxMessageBytes("65535")));
        Assert.Equal(JournalRefusal.Settings, refused.Refusal);
        Assert.Contains("max.message.bytes=65535", refused.Message, StringComparison.Ordinal);
        Assert.Equal(64_512, await LimitAsync(MaxMessageBytes("65536")));
    }

    [Theory]
    [InlineData("2147483647")]
    [InlineData("9999999999")]
    public async Task AnyGreatLimitOfATopicIsCutToWhatClientsTake(string limit) =>
        Assert.InRange(await LimitAsync(MaxMessageBytes(limit)), 900_000_000, 1_000_000_000);

    private static FakeTopicClient MaxMessageBytes(string value) =>
        new() { Configs = () => (ErrorCode.NoError, new Dictionary<string, string> { ["max.message.bytes"] = value }) };

    private static Task<int> LimitAsync(FakeTopicClient answers)
    {
        TopicPartitionInfo partition = FakeTopicClient.Made<TopicPartitionInfo>(("Replicas", new List<Node>()));
        return Admin(answers).CheckAsync(FakeTopicClient.Made<TopicDescription>(("Partitions", new List<TopicPartitionInfo> { partition })));
    }

    private static TopicAdmin Admin(FakeTopicClient answers)
    {
        KafkaJournalOptions options = new() { BootstrapServers = "broker:1", Topic = "the-topic" };
        return new TopicAdmin(answers, options, new KafkaTrouble(NullLogger.Instance, options), NullLogger.Instance);
    }
}
