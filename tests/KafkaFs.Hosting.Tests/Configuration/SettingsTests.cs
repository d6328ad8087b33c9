using KafkaFs.Hosting.Configuration;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
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
    public void TheReserveIsANumberOfBytes()
    {
        Assert.Null(Bind().ReserveBytes);
        Assert.Equal(5_000_000_000, Bind(("ReserveBytes", "5000000000")).ReserveBytes);
        Refused("KafkaFs:ReserveBytes = '-1': a number of bytes is wanted", ("ReserveBytes", "-1"));
        Refused("'1G'", ("ReserveBytes", "1G"));
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

    [Fact]
    public void PathsAreComparedAsTheyReallyAre()
    {
        using TemporaryFolder folder = new("/var/tmp");
        Directory.CreateDirectory(folder["mnt"]);
        Directory.CreateSymbolicLink(folder["link"], folder["mnt"]);
        Refused("inside one another", ("Mount:Mountpoint", folder["mnt"]), ("DataRoot", folder["link/not/yet"]));
        Refused("inside one another", ("Mount:Mountpoint", folder["link"]), ("DataRoot", folder["mnt"]));
    }

    [Theory]
    [InlineData("/mnt/x/j.db", "Mount:Mountpoint")]
    [InlineData("/var/lib/kafkafs/m/j.db", "DataRoot")]
    public void TheJournalFileLiesNeitherInTheMountNorInTheDataRoot(string file, string key) =>
        Refused(key, ("Journal:Provider", "embedded"), ("Journal:Embedded:File", file));

    [Theory]
    [InlineData("https://127.0.0.1:9464")]
    [InlineData("http://127.0.0.1:9464/metrics")]
    [InlineData("http://storage.example:9464")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("127.0.0.1:9464")]
    public void OnlyPlainHttpAtAnAddressIsServed(string url) => Refused($"'{url}'", ("Http:Urls", "http://127.0.0.1:1;" + url));

    [Theory]
    [InlineData("http://localhost:9464")]
    [InlineData("http://[::1]:9464/")]
    [InlineData("http://0.0.0.0:9464;http://[::]:9465")]
    [InlineData("NONE")]
    public void AddressesAreTaken(string urls) => Bind(("Http:Urls", urls));

    [Theory]
    [InlineData("acks")]
    [InlineData("Enable.Idempotence")]
    [InlineData("allow.auto.create.topics")]
    [InlineData("auto.offset.reset")]
    [InlineData("isolation.level")]
    [InlineData("enable.auto.commit")]
    public void PropertiesThatHoldUpTheGuaranteesAreNobodys(string property) =>
        Refused($"Properties:{property} may not be set", ($"Journal:Kafka:Properties:{property}", "x"));

    [Fact]
    public void ASlavePassesOverTheMastersKeysSoThatBothMayShareAFile()
    {
        HostSettings settings = Bind(HostRole.Slave, ("Mount:ReaderThreads", "many"), ("Mount:AllowOther", "true"), ("ReserveBytes", "lots"), ("DataRoot", "/mnt/x/below"));
        Assert.Equal(("", "http://127.0.0.1:9465"), (settings.Mountpoint, settings.HttpUrls));
        Assert.Throws<SettingsException>(() => Bind(HostRole.Slave, ("Mount:Mountpont", "/x")));
    }

    [Fact]
    public void ALogLevelThatIsNoneIsASettingToo()
    {
        Dictionary<string, string?> settings = new(s_valid) { ["Logging:LogLevel:KafkaFs"] = "Loud", ["KafkaFs:Ownership"] = "mine" };
        SettingsException exception = Assert.Throws<SettingsException>(
            () => HostSettingsBinder.Bind(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), HostRole.Master));
        Assert.Equal(2, exception.Errors.Count);
        Assert.Contains(exception.Errors, error => error.StartsWith("Logging:LogLevel:KafkaFs = 'Loud'", StringComparison.Ordinal));
    }

    private static void Refused(string words, params (string Key, string Value)[] changes)
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => Bind(changes));
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    private static HostSettings Bind(params (string Key, string Value)[] changes) => Bind(HostRole.Master, changes);

    private static HostSettings Bind(HostRole role, params (string Key, string Value)[] changes)
    {
        Dictionary<string, string?> settings = new(s_valid);
        foreach ((string key, string value) in changes)
        {
            settings["KafkaFs:" + key] = value;
        }

        return HostSettingsBinder.Bind(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), role);
    }
}
