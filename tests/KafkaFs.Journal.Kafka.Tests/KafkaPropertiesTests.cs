using Confluent.Kafka;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>Which librdkafka properties a user may set, and what our own settings make of a topic's limits.</summary>
public sealed class KafkaPropertiesTests
{
    [Theory]
    [InlineData("acks")]
    [InlineData("enable.idempotence")]
    [InlineData("allow.auto.create.topics")]
    [InlineData("auto.offset.reset")]
    [InlineData("isolation.level")]
    [InlineData("Enable.Auto.Commit")]
    [InlineData("group.id")]
    [InlineData("dotnet.producer.enable.background.poll")]
    public async Task APropertyThatTheGuaranteesStandOnIsRefused(string key)
    {
        Dictionary<string, string> properties = new() { [key] = "1" };
        Assert.Contains($"{key} may not be set", Assert.Single(KafkaProperties.Check(properties)), StringComparison.Ordinal);
        KafkaJournalOptions options = new() { BootstrapServers = "127.0.0.1:1", Topic = "t", Properties = properties };
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(
            () => new KafkaJournalProvider(options, NullLogger.Instance).OpenAsync(true, default));
        Assert.Contains(key, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no.such.property", "1")]
    [InlineData("socket.timeout.ms", "soon")]
    [InlineData("fetch.min.bytes", "-5")]
    [InlineData("group.protocol", "consumer")]
    public void AnUnknownPropertyOrValueIsNamed(string key, string value) =>
        Assert.Contains(key, Assert.Single(KafkaProperties.Check(new Dictionary<string, string> { [key] = value })), StringComparison.Ordinal);

    [Fact]
    public void OrdinaryPropertiesAreNoProblem()
    {
        Assert.Empty(KafkaProperties.Check(new Dictionary<string, string>()));
        Assert.Empty(KafkaProperties.Check(new Dictionary<string, string>
        {
            ["security.protocol"] = "SASL_SSL",
            ["sasl.mechanism"] = "SCRAM-SHA-256",
            ["sasl.username"] = "u",
            ["sasl.password"] = "p",
            ["linger.ms"] = "5",
            ["fetch.wait.max.ms"] = "100",
            ["compression.type"] = "zstd",
        }));
    }

    [Fact]
    public void ASecretIsNeverInTheWords() =>
        Assert.DoesNotContain("hidden", Assert.Single(KafkaProperties.Check(new Dictionary<string, string> { ["sasl.passwort"] = "hidden" })), StringComparison.Ordinal);

    [Theory]
    [InlineData("sasl.password")]
    [InlineData("sasl_password")]
    [InlineData("ssl.key.password")]
    [InlineData("ssl.keystore.password")]
    [InlineData("ssl.key.pem")]
    [InlineData("sasl.oauthbearer.client.secret")]
    [InlineData("sasl.oauthbearer.config")]
    [InlineData("sasl.oauthbearer.assertion.private.key.pem")]
    [InlineData("sasl.oauthbearer.assertion.private.key.passphrase")]
    public void PasswordsAndPrivateKeysAreSecrets(string key) => Assert.True(KafkaProperties.IsSecret(key));

    [Theory]
    [InlineData("sasl.username")]
    [InlineData("ssl.ca.pem")]
    [InlineData("ssl.certificate.pem")]
    [InlineData("ssl.key.location")]
    [InlineData("security.protocol")]
    public void WhatIsNoSecretMayBeSeen(string key) => Assert.False(KafkaProperties.IsSecret(key));

    [Theory]
    [InlineData("sasl_password", "sasl.password")]
    [InlineData("sasl.password", "sasl.password")]
    [InlineData("log_level", "log_level")]
    public void AnEnvironmentVariableSpellsDotsAsUnderscores(string key, string name) => Assert.Equal(name, KafkaProperties.Name(key));

    // A property of each kind with a value that librdkafka refuses.
    [Theory]
    [InlineData("ssl.key.pem")]
    [InlineData("ssl.keystore.password", "ssl.keystore.location", "/none")]
    [InlineData("sasl.oauthbearer.config", "sasl.mechanism", "OAUTHBEARER")]
    public void WhatLibrdkafkaSaysOfASecretDoesNotHoldIt(string key, string? with = null, string? value = null)
    {
        Dictionary<string, string> properties = new() { ["security.protocol"] = "SASL_SSL", [key] = "gR7-qZx" };
        properties[with ?? "sasl.username"] = value ?? "u";
        Assert.All(KafkaProperties.Check(properties), problem => Assert.DoesNotContain("gR7-qZx", problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(64_512)]
    [InlineData(8 * 1024 * 1024)]
    [InlineData(999_998_976)]
    [InlineData(int.MaxValue)]
    public void ClientsTakeTheSettingsOfAnyLimit(int maxRecordBytes)
    {
        KafkaJournalOptions options = new() { BootstrapServers = "", Topic = "t" };
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(KafkaClientSettings.Producer(options, maxRecordBytes)).Build();
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(KafkaClientSettings.Consumer(options, maxRecordBytes)).Build();
        Assert.NotEmpty(producer.Name + consumer.Name);
    }
}
