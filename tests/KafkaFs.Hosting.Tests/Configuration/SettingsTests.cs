using KafkaFs.Hosting.Configuration;
using KafkaFs.Replica.Tree;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace KafkaFs.Hosting.Tests.Configuration;

public sealed class SettingsTests
{
    private static readonly Dictionary<string, string?> s_valid = new()
    {
        ["KafkaFs:DataRoot"] = "/var/lib/kafkafs/m",
        ["KafkaFs:Mount:Mountpoint"] = "/mnt/x",
        ["KafkaFs:Journal:Provider"] = "kafka",
        ["KafkaFs:Journal:Kafka:BootstrapServers"] = "localhost:9092",
        ["KafkaFs:Journal:Kafka:Topic"] = "projects",
    };

    [Fact]
    public void ValidSettingsAreBound()
    {
        HostSettings settings = Bind(("Journal:Kafka:Properties:security.protocol", "SSL"), ("Ownership", "namespace"));
        Assert.Equal("projects", settings.Kafka!.Topic);
        Assert.Equal("SSL", settings.Kafka.Properties["security.protocol"]);
        Assert.Equal(TreeOwnership.Namespace, settings.Ownership);
        Assert.Equal("http://127.0.0.1:9464", settings.HttpUrls);
    }

    [Fact]
    public void EverythingThatIsWrongIsReportedAtOnce()
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => Bind(
            ("DataRoot", ""), ("Mount:ReaderThreads", "many"), ("Journal:Kafka:Topic", "a b"), ("Mount:Mountpont", "/x"), ("Http:Urls", "here")));
        Assert.Equal(5, exception.Errors.Count);
        Assert.Contains(exception.Errors, error => error.Contains("KafkaFs:DataRoot is missing", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.Contains("'many'", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.Contains("'a b'", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.Contains("did you mean KafkaFs:Mount:Mountpoint", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.Contains("'here'", StringComparison.Ordinal));
    }

    [Fact]
    public void AServiceMustNameItsJournal() => Refused("Journal:Provider is missing", ("Journal:Provider", ""));

    [Fact]
    public void TwoJournalsContradictEachOther() => Refused("contradicts", ("Journal:Embedded:File", "/tmp/j.db"));

    [Theory]
    [InlineData("/mnt/x/data")]
    [InlineData("/mnt")]
    [InlineData("/mnt/x")]
    public void DataRootAndMountpointMustNotContainEachOther(string dataRoot) => Refused("inside one another", ("DataRoot", dataRoot));

    private static void Refused(string words, params (string Key, string Value)[] changes)
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => Bind(changes));
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    private static HostSettings Bind(params (string Key, string Value)[] changes)
    {
        Dictionary<string, string?> settings = new(s_valid);
        foreach ((string key, string value) in changes)
        {
            settings["KafkaFs:" + key] = value;
        }

        return HostSettingsBinder.Bind(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), HostRole.Master);
    }
}
