using KafkaFs.Hosting.Configuration;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace KafkaFs.Hosting.Tests.Configuration;

public sealed class SettingsReportTests
{
    [Fact]
    public void EachSettingIsShownWithItsOriginAndSecretsAreHidden()
    {
        IReadOnlyList<SettingsReport.Row> rows = SettingsReport.Of(HostRole.Slave,
        [
            Layer("one.json", ("KafkaFs:DataRoot", "/a"), ("KafkaFs:Journal:Kafka:Properties:sasl.password", "gR7"), ("KafkaFs:Journal:Kafka:Properties:sasl.username", "u")),
            Layer("the environment", ("KAFKAFS:DATAROOT", "/b"), ("KafkaFs:Nonsense", "1"), ("Logging:LogLevel:Default", "Debug")),
        ]);
        Assert.Contains(new("KafkaFs:DataRoot", "/b", "the environment"), rows);
        Assert.Contains(new("KafkaFs:Ownership", "auto", "default"), rows);
        Assert.Contains(new("KafkaFs:Journal:Kafka:Topic", "-", "-"), rows);
        Assert.Contains(new("KafkaFs:Journal:Kafka:Properties:sasl.password", "(hidden)", "one.json"), rows);
        Assert.Contains(new("KafkaFs:Journal:Kafka:Properties:sasl.username", "u", "one.json"), rows);
        Assert.Contains(new("KafkaFs:Nonsense", "1", "the environment"), rows);
        Assert.Contains(new("Logging:LogLevel:Default", "Debug", "the environment"), rows);
        Assert.DoesNotContain(rows, row => row.Key.StartsWith("KafkaFs:Mount", StringComparison.Ordinal) || row.Value.Contains("gR7", StringComparison.Ordinal));
    }

    private static SettingsLayer Layer(string origin, params (string Key, string Value)[] pairs) =>
        new(origin, new ConfigurationBuilder().AddInMemoryCollection(pairs.ToDictionary(pair => pair.Key, pair => (string?)pair.Value)).Build());
}
